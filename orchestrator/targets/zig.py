"""The ``zig`` toolchain: compiles for macOS (and later Linux) targets on any host.

The compiler, the libc headers and the ``libSystem`` stub come from the ``ziglang`` package; what
Apple's SDK has beyond them and builds ask for, the SDK overlay (``targets/sdk``) adds.
"""

from __future__ import annotations

import importlib.metadata
import shutil
from functools import cache
from typing import TYPE_CHECKING

import msgspec

from orchestrator.errors import MissingSDKError, ToolchainBrokenError
from orchestrator.files import cache_directory
from orchestrator.model import Check, Needs, Platform, ToolchainIdentity
from orchestrator.targets.apple_tools import write_apple_tools
from orchestrator.targets.facts import platform_facts
from orchestrator.targets.flags import COMMON, HOST_PATHS, MACOS
from orchestrator.targets.kit import kit_digest, read_pyconfig, write_kit
from orchestrator.targets.pyconfig import target_pyconfig
from orchestrator.targets.sdk.overlay import write_overlay, zig_folder
from orchestrator.targets.sdk.realsdk import real_sdk
from orchestrator.targets.sdk.symbols import available_symbols
from orchestrator.targets.wrapper import WrapperSpec

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.targets.toolchain import Host, Kit, KitRequest

LIBSYSTEM = "/usr/lib/libSystem.B.dylib"
_HEADERS = ("lib/libc/include/any-darwin-any", "lib/include")

# The overlay's framework stubs; every other framework needs a real SDK.
OVERLAY_FRAMEWORKS = frozenset({"Accelerate", "vecLib"})

_COMPILE = (
    # zig instruments undefined behaviour in unoptimised code, and then wants its runtime.
    "-fno-sanitize=undefined",
    # Debug information stays in the object files; making it costs a fifth of the time.
    "-g0",
    # Apple's driver protects stacks by default; zig's does not.
    "-fstack-protector",
    # Apple's compact unwind can't express asynchronous tables: with them every function would
    # carry an __eh_frame entry as well, a tenth of a C++ module.
    "-fno-asynchronous-unwind-tables",
    "-funwind-tables",
    # An error by default since clang 21; Apple's clang warns, and old C relies on that.
    "-Wno-error=incompatible-pointer-types",
)


class ZigToolchain:
    """Implements ``Toolchain`` with the zig of the ``ziglang`` package."""

    name = "zig"

    def __init__(self, host: Host) -> None:
        self.host = host

    def builds(self, platform: Platform) -> bool:
        """MacOS targets, off a Mac."""
        return platform.os == "macos" and self.host.os != "macos"

    def identity(self) -> ToolchainIdentity:
        """The versions of zig, of this folder's own rules, and of a real SDK where one is given.

        Raises:
            ToolchainBrokenError: There is no zig, or ``SDKROOT`` names no SDK.
        """
        zig_folder()
        versions = {"zig": importlib.metadata.version("ziglang"), "kit": kit_digest()}
        if sdk := real_sdk():
            versions["MacOSX.sdk"] = sdk.version
        return ToolchainIdentity(name=self.name, versions=versions)

    def checks(self, platform: Platform, needs: Needs) -> tuple[Check, ...]:  # noqa: ARG002
        """That zig is there, and that a real SDK is where the recipe needs one."""
        try:
            zig_folder()
        except ToolchainBrokenError as error:
            return (Check(name="zig", status="missing", found=error.message, fix=error.hint),)
        version = importlib.metadata.version("ziglang")
        found = [Check(name="zig", status="ok", found=f"ziglang {version}")]
        try:
            sdk = real_sdk()
        except ToolchainBrokenError as error:
            return (
                *found,
                Check(name="SDKROOT", status="missing", found=error.message, fix=error.hint),
            )
        lacking = sorted(set(needs.frameworks) - OVERLAY_FRAMEWORKS)
        if sdk:
            found.append(Check(name="macOS SDK", status="ok", found=f"{sdk.path} ({sdk.version})"))
        elif lacking:
            found.append(
                Check(
                    name="macOS SDK",
                    status="missing",
                    found=f"no SDK; needed for {', '.join(lacking)}",
                    fix="export SDKROOT=/path/to/MacOSX.sdk",
                )
            )
        else:
            found.append(
                Check(
                    name="macOS SDK",
                    status="ok",
                    found="overlay (libSystem, libc++, Accelerate; SDKROOT not set)",
                )
            )
        return tuple(found)

    def prepare(self, request: KitRequest) -> Kit:
        """Writes the wrappers, the twin of the interpreter, and the SDK overlay's flags."""
        zig = zig_folder()
        platform, needs = request.target.platform, request.settings.needs
        facts, sdk = platform_facts(platform), real_sdk()
        lacking = sorted(set(needs.frameworks) - OVERLAY_FRAMEWORKS)
        if lacking and sdk is None:
            raise MissingSDKError(
                f"The recipe needs frameworks that only Apple's SDK holds: {', '.join(lacking)}."
            )
        overlay = write_overlay(cache_directory() / "sdk", platform, sdk)
        log = request.directory / "wrapper.log"
        spec = WrapperSpec(
            zig=str(zig / "zig"),
            target=facts.zig,
            env={
                **overlay.env,
                # What zig builds once (compiler-rt) is shared; what a build compiles is its own.
                "ZIG_GLOBAL_CACHE_DIR": str(cache_directory() / "zig"),
                "ZIG_LOCAL_CACHE_DIR": str(request.directory / "zig"),
            },
            rules=(*HOST_PATHS, *MACOS, *COMMON),
            include_from="",
            include_to="",
            compile_flags=(
                *_COMPILE,
                # assert() and __FILE__ must not name a folder that differs from build to build.
                f"-ffile-prefix-map={request.directory.parent}=/build",
                # Meson reads the framework folders off the preprocessor.
                *(flag for flag in overlay.link_flags if flag.startswith("-F")),
            ),
            link_flags=overlay.link_flags,
            cxx_flags=overlay.cxx_flags,
            # Inline functions come once for each file that uses them. Apple's linker keeps one
            # copy; zig's keeps all of them unless it is told to drop what nothing refers to.
            cxx_link_flags=(*overlay.cxx_link_flags, "-Wl,-dead_strip"),
            flags=request.settings.flags,
            log=str(log),
            macho=True,
        )
        pyconfig, sysroot = _pyconfig(request, zig), str(overlay.root)
        kit = write_kit(request, facts, spec, pyconfig=pyconfig, sysroot=sysroot)
        write_apple_tools(kit.path[0], facts, sdk=sysroot, sdk_version=overlay.sdk_version)
        env = {**kit.env, **_rust_env(request, kit), "SDKROOT": sysroot}
        return msgspec.structs.replace(kit, env=env)


def _pyconfig(request: KitRequest, zig: Path) -> str:
    platform = request.target.platform
    text = read_pyconfig(request.python.include)
    symbols = available_symbols(LIBSYSTEM, platform.minimum) or frozenset()
    functions = {name.removeprefix("_").partition("$")[0] for name in symbols}
    return target_pyconfig(text, platform_facts(platform), _headers(zig), functions)


@cache
def _headers(zig: Path) -> frozenset[str]:
    """Names of the target's headers, at most one folder deep: what configure asks for."""
    names: set[str] = set()
    for part in _HEADERS:
        folder = zig / part
        for pattern in ("*.h", "*/*.h"):
            names.update(path.relative_to(folder).as_posix() for path in folder.glob(pattern))
    return frozenset(names)


def _rust_env(request: KitRequest, kit: Kit) -> dict[str, str]:
    """What cargo, cc-rs and PyO3 need to know to compile for macOS.

    Build scripts and procedural macros run here, so their linker is the host's own ``cc``,
    which the wrappers shadow on PATH.
    """
    tools, native = kit.path[0], shutil.which("cc") or "cc"
    host = f"{request.python.machine}-unknown-linux-gnu"
    return {
        "CARGO_BUILD_TARGET": "aarch64-apple-darwin",
        "CARGO_TARGET_AARCH64_APPLE_DARWIN_LINKER": str(tools / "cc"),
        "CC_aarch64_apple_darwin": str(tools / "cc"),
        "CXX_aarch64_apple_darwin": str(tools / "c++"),
        f"CARGO_TARGET_{host.upper().replace('-', '_')}_LINKER": native,
        f"CC_{host.replace('-', '_')}": native,
        "PYO3_CROSS_LIB_DIR": kit.env["PYTHONPATH"],
        "PYO3_CROSS_PYTHON_VERSION": request.target.interpreter.version,
    }
