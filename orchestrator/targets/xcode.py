"""The ``xcode`` toolchain: Apple's own compiler and SDK, on a Mac.

Nothing here could be run on a Mac while it was written: it was tested against programs that
answer with words published elsewhere (``tests/data/apple``), and CI runs it on Apple Silicon.
"""

from __future__ import annotations

import sys
import sysconfig
from functools import cached_property
from pathlib import Path

import msgspec

from orchestrator.errors import MissingSDKError, OrchestratorError, ToolchainBrokenError
from orchestrator.model import Check, Flags, Needs, Platform, Route, ToolchainIdentity
from orchestrator.targets import xcode_kit, xcode_words
from orchestrator.targets.host import Answer, Run, run_command
from orchestrator.targets.kit import kit_digest
from orchestrator.targets.toolchain import Host, Kit, KitRequest

_XCRUN = ("xcrun", "--sdk", "macosx")


class XcodeToolchain:
    """Xcode or the Command Line Tools, whichever ``xcode-select`` has selected.

    Args:
        host: This machine.
        run: Runs Apple's tools.
        python_platform: What the running Python was built for, as ``sysconfig`` says it.
    """

    def __init__(
        self, host: Host, *, run: Run = run_command, python_platform: str | None = None
    ) -> None:
        self._host = host
        self._run = run
        self._python_platform = python_platform or sysconfig.get_platform()

    @property
    def name(self) -> str:
        """``xcode``."""
        return "xcode"

    def builds(self, platform: Platform) -> bool:
        """Whether this is a Mac and the platform macOS."""
        return self._host.os == platform.os == "macos"

    def route(self, platform: Platform) -> Route:
        """Native on Apple Silicon, outside Rosetta."""
        return "cross" if self._is_cross(platform) else "native"

    def checks(self, platform: Platform, needs: Needs) -> tuple[Check, ...]:
        """Looks at the tools, the SDK, and what on this Mac would spoil a build."""
        if self._developer_folder.status:
            # Any other of Apple's tools would now open a dialog that offers to install them.
            return (_complaint("developer folder", self._developer_folder),)
        return (
            Check(name="developer folder", status="ok", found=self._developer_folder.text),
            self._check_sdk(platform, needs),
            self._check_clang(),
            self._check_command_line_tools(),
            self._check_python(),
            *self._check_homebrew(),
            *self._check_frameworks(needs),
        )

    def identity(self) -> ToolchainIdentity:
        """Names the versions of clang, of the SDK, of the Command Line Tools, and of the kit."""
        if self._developer_folder.status:  # nothing else may be asked then: see checks
            return ToolchainIdentity(name=self.name, versions={})
        versions = {
            "kit": kit_digest(),
            "clang": xcode_words.parse_clang_version(self._clang.text),
            "sdk": self._sdk_version.text,
            "command-line-tools": xcode_words.parse_receipt_version(self._receipt.text),
        }
        return ToolchainIdentity(
            name=self.name, versions={key: value for key, value in versions.items() if value}
        )

    def prepare(self, request: KitRequest) -> Kit:
        """Writes the kit of one build into ``request.directory``.

        Raises:
            ToolchainBrokenError: The tools, the SDK or its version are not what is needed.
            MissingSDKError: The SDK has not got a framework that a recipe needs.
        """
        platform, settings = request.target.platform, request.settings
        tools = msgspec.structs.replace(settings.needs, frameworks=())
        _refuse_missing(self.checks(platform, tools), ToolchainBrokenError)
        _refuse_missing(self._check_frameworks(settings.needs), MissingSDKError)
        kit, flags = request.directory, settings.flags
        cross = self._is_cross(platform)
        pkg_config = kit / "pkgconfig"
        pkg_config.mkdir()
        toolchain_file = kit / "toolchain.cmake"
        toolchain_file.write_text(xcode_kit.cmake_toolchain(platform, cross=cross))
        env = xcode_kit.environment(platform, Path(self._sdk_path.text)) | {
            "CMAKE_TOOLCHAIN_FILE": str(toolchain_file),
            "PKG_CONFIG_LIBDIR": str(pkg_config),
            "PKG_CONFIG_PATH": "",
        }
        meson_file = None
        if cross:
            env["host_alias"] = "aarch64-apple-darwin"  # what autoconf's --host sets
            meson_file = kit / "meson-cross.ini"
            meson_file.write_text(xcode_kit.meson_cross_file(platform, pkg_config))
        if flags == Flags():
            return Kit(env=env, meson_cross_file=meson_file)
        wrappers, log = kit / "bin", kit / "wrapper.log"
        xcode_kit.write_wrappers(wrappers, flags, log, _XCRUN)
        env |= {"CC": str(wrappers / "cc"), "CXX": str(wrappers / "c++")}
        return Kit(env=env, path=(wrappers,), meson_cross_file=meson_file, log=log)

    def _is_cross(self, platform: Platform) -> bool:
        return self._host.translated or self._host.arch != platform.arch

    # --- what the tools say, asked once ---------------------------------------------------

    @cached_property
    def _developer_folder(self) -> Answer:
        return self._run(("xcode-select", "-p"))

    @cached_property
    def _sdk_path(self) -> Answer:
        return self._run((*_XCRUN, "--show-sdk-path"))

    @cached_property
    def _sdk_version(self) -> Answer:
        return self._run((*_XCRUN, "--show-sdk-version"))

    @cached_property
    def _clang(self) -> Answer:
        return self._run((*_XCRUN, "clang", "--version"))

    @cached_property
    def _receipt(self) -> Answer:
        return self._run(("pkgutil", "--pkg-info=com.apple.pkg.CLTools_Executables"))

    # --- checks ---------------------------------------------------------------------------

    def _check_sdk(self, platform: Platform, needs: Needs) -> Check:
        for answer in (self._sdk_path, self._sdk_version):
            if answer.status:
                return _complaint("macOS SDK", answer)
        wanted = max(platform.minimum, needs.minimum_macos or (0, 0))
        version = xcode_words.parse_sdk_version(self._sdk_version.text)
        if version is None or version < wanted:
            return Check(
                name="macOS SDK",
                status="missing",
                found=f"{self._sdk_version.text or 'unknown'}, but {wanted[0]}.{wanted[1]} is"
                " the oldest that will do",
                fix=xcode_words.UPDATE_TOOLS,
            )
        found = f"{self._sdk_version.text} in {self._sdk_path.text}"
        return Check(name="macOS SDK", status="ok", found=found)

    def _check_clang(self) -> Check:
        if self._clang.status:
            return _complaint("clang", self._clang)
        version = xcode_words.parse_clang_version(self._clang.text)
        return Check(name="clang", status="ok", found=version or "of unknown version")

    def _check_command_line_tools(self) -> Check:
        name = "command line tools"
        if version := xcode_words.parse_receipt_version(self._receipt.text):
            return Check(name=name, status="ok", found=version)
        if "CommandLineTools" not in self._developer_folder.text:
            return Check(name=name, status="ok", found="not needed beside Xcode")
        # Apple's updates have been seen to lose the receipt and keep the tools.
        return Check(
            name=name,
            status="warning",
            found="selected, but no receipt says which version",
            fix=f"sudo rm -rf {self._developer_folder.text} && {xcode_words.INSTALL_TOOLS}",
        )

    def _check_python(self) -> Check:
        """Under Rosetta builds are slow and cross; a native Python is the remedy."""
        built_for = self._python_platform.rpartition("-")[2]
        if self._host.arch != "arm64" or not (self._host.translated or built_for == "x86_64"):
            return Check(name="python", status="ok", found=f"built for {built_for}")
        if built_for == "x86_64":
            found = "built for x86_64 on an arm64 Mac; it runs under Rosetta"
            version = f"{sys.version_info.major}.{sys.version_info.minor}"
            fix = f"uv python install cpython-{version}-macos-aarch64"
        else:
            found = f"built for {built_for}, but started under Rosetta"
            fix = "arch -arm64 $SHELL"
        return Check(name="python", status="warning", found=found, fix=fix)

    def _check_homebrew(self) -> tuple[Check, ...]:
        prefix = self._run(("brew", "--prefix")).text
        if not prefix:
            return ()
        if self._host.arch == "arm64" and prefix == "/usr/local":
            return (
                Check(
                    name="homebrew",
                    status="warning",
                    found="Intel's, in /usr/local, where clang looks for libraries by itself",
                    fix='export PATH="/opt/homebrew/bin:$PATH"',
                ),
            )
        return (Check(name="homebrew", status="ok", found=prefix),)

    def _check_frameworks(self, needs: Needs) -> tuple[Check, ...]:
        folder = Path(self._sdk_path.text) / "System/Library/Frameworks"
        return tuple(
            Check(name=f"framework {name}", status="ok", found="in the macOS SDK")
            if (folder / f"{name}.framework").is_dir()
            else Check(
                name=f"framework {name}",
                status="missing",
                found="not in the macOS SDK",
                fix=xcode_words.UPDATE_TOOLS,
            )
            for name in needs.frameworks
        )


def _complaint(name: str, answer: Answer) -> Check:
    found, fix = xcode_words.explain_complaint(answer.stderr or answer.stdout)
    return Check(name=name, status="missing", found=found, fix=fix)


def _refuse_missing(checks: tuple[Check, ...], error: type[OrchestratorError]) -> None:
    for check in checks:
        if check.status == "missing":
            raise error(f"xcode: {check.name}: {check.found}.", hint=f"Run `{check.fix}`.")
