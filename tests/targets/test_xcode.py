import configparser
import shlex
import subprocess
import sysconfig
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.errors import MissingSDKError, ToolchainBrokenError
from orchestrator.model import BuildSettings, Check, Flags, HostPython, Interpreter, Needs, Target
from orchestrator.targets import xcode_kit, xcode_words
from orchestrator.targets.kit import kit_digest
from orchestrator.targets.tags import parse_platform
from orchestrator.targets.toolchain import Host, Kit, KitRequest
from orchestrator.targets.xcode import XcodeToolchain

APPLE = Path(__file__).parent.parent / "data" / "apple"
MACOS_11 = parse_platform("macosx_11_0_arm64")
SILICON = Host(os="macos", arch="arm64")
INTEL = Host(os="macos", arch="x86_64")
ROSETTA = Host(os="macos", arch="arm64", translated=True)


class Mac:
    """Programs on PATH that answer as Apple's do (tests/data/apple), which this machine lacks."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.calls = folder / "calls.txt"
        self.sdk = folder / "MacOSX.sdk"
        for framework in ("Accelerate", "CoreFoundation"):
            path = self.sdk / "System/Library/Frameworks" / f"{framework}.framework"
            path.mkdir(parents=True)
        monkeypatch.setenv("PATH", f"{self.bin}:/usr/bin:/bin")
        self.answers("xcode-select", "xcode-select-clt.txt")
        self.answers("pkgutil", "pkgutil-clt.txt")
        self.xcrun()

    def answers(self, tool: str, file: str, status: int = 0) -> None:
        """The tool prints a recorded text: on stdout, or on stderr when it fails."""
        stream = "" if status == 0 else " >&2"
        text = shlex.quote(str(APPLE / file))
        self.script(tool, f"cat {text}{stream}\nexit {status}\n")

    def xcrun(self, version: str = "sdk-version.txt", clang: str = "clang-15-clt.txt") -> None:
        self.script(
            "xcrun",
            f"""case "$*" in
  "--sdk macosx --show-sdk-path") echo {shlex.quote(str(self.sdk))} ;;
  "--sdk macosx --show-sdk-version") cat {shlex.quote(str(APPLE / version))} ;;
  "--sdk macosx clang --version") cat {shlex.quote(str(APPLE / clang))} ;;
  "--sdk macosx clang"*) shift 3; printf '%s\\n' "$@" ;;
  *) echo "unexpected: $*" >&2; exit 64 ;;
esac
""",
        )

    def script(self, tool: str, body: str) -> None:
        log = f"echo {tool} >> {shlex.quote(str(self.calls))}\n"
        (self.bin / tool).write_text(f"#!/bin/sh\n{log}{body}")
        (self.bin / tool).chmod(0o755)


@pytest.fixture
def mac(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    return Mac(tmp_path, monkeypatch)


def toolchain(host: Host = SILICON, python: str = "macosx-11.0-arm64") -> XcodeToolchain:
    return XcodeToolchain(host, python_platform=python)


def check(
    name: str, chain: XcodeToolchain, needs: Needs | None = None, tag: str = MACOS_11.tag
) -> Check:
    checks = {each.name: each for each in chain.checks(parse_platform(tag), needs or Needs())}
    return checks[name]


def request_for(
    folder: Path,
    *,
    tag: str = MACOS_11.tag,
    flags: Flags = Flags(),  # noqa: B008  (frozen)
    needs: Needs = Needs(),  # noqa: B008
) -> KitRequest:
    interpreter = Interpreter(major=3, minor=11)
    python = HostPython(
        executable=Path("/usr/bin/python3.11"),
        version="3.11.9",
        interpreter=interpreter,
        include=Path("/usr/include/python3.11"),
        machine="arm64",
        config_vars={},
    )
    folder.mkdir()
    return KitRequest(
        directory=folder,
        target=Target(platform=parse_platform(tag), interpreter=interpreter),
        python=python,
        environment_python=Path("/env/bin/python"),
        settings=BuildSettings(flags=flags, needs=needs),
    )


# --- which platforms ----------------------------------------------------------------------


def test_it_builds_for_macos_on_a_mac_and_nothing_else():
    linux = Host(os="linux", arch="x86_64")
    assert toolchain(SILICON).builds(MACOS_11)
    assert toolchain(INTEL).builds(MACOS_11)
    assert not toolchain(linux).builds(MACOS_11)
    assert not toolchain(SILICON).builds(parse_platform("manylinux_2_28_aarch64"))


# --- checks ---------------------------------------------------------------------------------


def test_a_mac_with_the_command_line_tools_has_all_it_needs(mac: Mac):
    checks = toolchain().checks(MACOS_11, Needs(frameworks=("Accelerate",)))
    assert {each.status for each in checks} == {"ok"}
    assert not any(each.fix for each in checks)
    found = {each.name: each.found for each in checks}
    assert found["developer folder"] == "/Library/Developer/CommandLineTools"
    assert found["clang"] == "15.0.0 (clang-1500.3.9.4)"
    assert found["command line tools"] == "15.3.0.0.1.1708646388"
    assert found["macOS SDK"].startswith("14.4 in ")


def test_without_tools_nothing_is_run_that_would_open_a_dialog(mac: Mac):
    mac.answers("xcode-select", "xcode-select-none.txt", status=2)
    (only,) = toolchain().checks(MACOS_11, Needs(frameworks=("Accelerate",)))
    assert (only.status, only.fix) == ("missing", "xcode-select --install")
    assert mac.calls.read_text().split() == ["xcode-select"]


@pytest.mark.parametrize(
    ("file", "fix"),
    [
        ("license-sudo.txt", "sudo xcodebuild -license accept"),
        ("license-prompt.txt", "sudo xcodebuild -license accept"),
        ("license-old.txt", "sudo xcodebuild -license accept"),
        ("xcrun-invalid-path.txt", "xcode-select --install"),
        ("xcrun-gone.txt", "sudo xcode-select --reset"),
        ("xcrun-no-sdk.txt", "sudo xcode-select --reset"),
        (
            "xcodebuild-needs-xcode.txt",
            "sudo xcode-select --switch /Applications/Xcode.app/Contents/Developer",
        ),
    ],
)
def test_each_complaint_of_the_tools_has_its_remedy(mac: Mac, tmp_path: Path, file: str, fix: str):
    mac.answers("xcrun", file, status=69)
    for name in ("macOS SDK", "clang"):
        broken = check(name, toolchain())
        assert (broken.status, broken.fix) == ("missing", fix)
    with pytest.raises(ToolchainBrokenError) as caught:
        toolchain().prepare(request_for(tmp_path / "kit"))
    assert fix in caught.value.hint


def test_a_license_question_on_stdout_is_understood_too(mac: Mac):
    text = shlex.quote(str(APPLE / "license-prompt.txt"))
    mac.script("xcrun", f"cat {text}\nread answer || exit 69\n")
    assert check("clang", toolchain()).fix == "sudo xcodebuild -license accept"


@pytest.mark.parametrize(
    ("needs", "tag", "status"),
    [
        (Needs(), "macosx_11_0_arm64", "ok"),
        (Needs(), "macosx_14_0_arm64", "ok"),
        (Needs(minimum_macos=(13, 3)), "macosx_14_0_arm64", "ok"),
        (Needs(minimum_macos=(14, 5)), "macosx_15_0_arm64", "missing"),
        (Needs(), "macosx_15_0_arm64", "missing"),
        (Needs(minimum_macos=(15, 0)), "macosx_11_0_arm64", "missing"),
    ],
)
def test_the_sdk_must_be_as_new_as_the_recipe_and_the_tag_ask(
    mac: Mac, needs: Needs, tag: str, status: str
):
    sdk = check("macOS SDK", toolchain(), needs, tag)
    assert sdk.status == status
    assert bool(sdk.fix) == (status == "missing")


def test_an_sdk_version_with_three_numbers(mac: Mac):
    mac.xcrun(version="sdk-version-three.txt")
    assert "10.15.4, but 11.0" in check("macOS SDK", toolchain()).found


def test_a_lost_receipt_is_only_a_warning(mac: Mac):
    mac.answers("pkgutil", "pkgutil-none.txt", status=1)
    tools = check("command line tools", toolchain())
    assert tools.status == "warning"
    assert tools.fix.endswith("xcode-select --install")


def test_beside_xcode_the_command_line_tools_are_not_needed(mac: Mac):
    mac.answers("xcode-select", "xcode-select-xcode.txt")
    mac.answers("pkgutil", "pkgutil-none.txt", status=1)
    mac.xcrun(clang="clang-17-xcode.txt")
    assert check("command line tools", toolchain()).status == "ok"
    assert check("clang", toolchain()).found == "17.0.0 (clang-1700.0.13.5)"


@pytest.mark.parametrize(
    ("host", "built_for", "status", "fix"),
    [
        (SILICON, "macosx-11.0-arm64", "ok", ""),
        (SILICON, "macosx-10.9-universal2", "ok", ""),
        (INTEL, "macosx-10.9-x86_64", "ok", ""),
        (ROSETTA, "macosx-10.9-x86_64", "warning", "uv python install cpython-"),
        (SILICON, "macosx-10.9-x86_64", "warning", "uv python install cpython-"),
        (ROSETTA, "macosx-10.9-universal2", "warning", "arch -arm64 "),
    ],
)
def test_a_python_that_is_not_native(mac: Mac, host: Host, built_for: str, status: str, fix: str):
    python = check("python", toolchain(host, built_for))
    assert python.status == status
    assert python.fix.startswith(fix)
    assert bool(python.fix) == bool(fix)


@pytest.mark.parametrize(
    ("host", "prefix", "status"),
    [
        (SILICON, "/opt/homebrew", "ok"),
        (SILICON, "/usr/local", "warning"),
        (ROSETTA, "/usr/local", "warning"),
        (INTEL, "/usr/local", "ok"),
    ],
)
def test_homebrew_of_the_wrong_architecture(mac: Mac, host: Host, prefix: str, status: str):
    mac.script("brew", f'[ "$*" = "--prefix" ] && echo {prefix}\n')
    homebrew = check("homebrew", toolchain(host))
    assert homebrew.status == status
    assert ("/opt/homebrew/bin" in homebrew.fix) == (status == "warning")


def test_no_homebrew_is_nothing_to_speak_of(mac: Mac):
    names = [each.name for each in toolchain().checks(MACOS_11, Needs())]
    assert "homebrew" not in names


def test_a_framework_that_the_sdk_has_not_got(mac: Mac, tmp_path: Path):
    needs = Needs(frameworks=("Accelerate", "Nonsense"))
    assert check("framework Accelerate", toolchain(), needs).status == "ok"
    assert check("framework Nonsense", toolchain(), needs).status == "missing"
    with pytest.raises(MissingSDKError, match="framework Nonsense"):
        toolchain().prepare(request_for(tmp_path / "kit", needs=needs))


# --- identity -------------------------------------------------------------------------------


def test_identity_names_the_versions_that_matter(mac: Mac):
    assert toolchain().identity().versions == {
        "kit": kit_digest(),
        "clang": "15.0.0 (clang-1500.3.9.4)",
        "sdk": "14.4",
        "command-line-tools": "15.3.0.0.1.1708646388",
    }


def test_identity_opens_no_dialog_either(mac: Mac):
    mac.answers("xcode-select", "xcode-select-none.txt", status=2)
    assert toolchain().identity().versions == {}
    assert mac.calls.read_text().split() == ["xcode-select"]


def test_each_tool_is_asked_once(mac: Mac):
    chain = toolchain()
    chain.checks(MACOS_11, Needs())
    before = mac.calls.read_text()
    chain.identity()
    assert mac.calls.read_text() == before


# --- the kit --------------------------------------------------------------------------------


def test_the_kit_says_the_target_in_every_tools_words(mac: Mac, tmp_path: Path):
    kit = toolchain().prepare(request_for(tmp_path / "kit"))
    assert kit.env["SDKROOT"] == str(mac.sdk)
    assert kit.env["MACOSX_DEPLOYMENT_TARGET"] == "11.0"
    assert kit.env["ARCHFLAGS"] == "-arch arm64"
    assert kit.env["_PYTHON_HOST_PLATFORM"] == "macosx-11.0-arm64"
    assert kit.env["CMAKE_OSX_ARCHITECTURES"] == "arm64"
    for name in ("CFLAGS", "CXXFLAGS", "LDFLAGS"):
        assert kit.env[name] == "-arch arm64"
    assert (kit.path, kit.meson_cross_file, kit.log) == ((), None, None)
    assert "CC" not in kit.env
    assert "host_alias" not in kit.env


def test_pkg_config_sees_no_package_manager(mac: Mac, tmp_path: Path):
    env = toolchain().prepare(request_for(tmp_path / "kit")).env
    assert list(Path(env["PKG_CONFIG_LIBDIR"]).iterdir()) == []
    assert env["PKG_CONFIG_PATH"] == ""


@pytest.mark.parametrize("host", [INTEL, ROSETTA], ids=["intel", "rosetta"])
def test_another_host_architecture_is_a_cross_build(mac: Mac, tmp_path: Path, host: Host):
    kit = toolchain(host).prepare(request_for(tmp_path / "kit"))
    assert kit.env["host_alias"] == "aarch64-apple-darwin"
    assert kit.meson_cross_file is not None
    parsed = configparser.ConfigParser()
    parsed.read(kit.meson_cross_file)
    assert parsed["host_machine"]["cpu_family"] == "'aarch64'"
    assert parsed["binaries"]["cpp"] == "['c++', '-arch', 'arm64']"
    assert parsed["properties"]["pkg_config_libdir"] == f"'{tmp_path}/kit/pkgconfig'"
    assert "CMAKE_SYSTEM_PROCESSOR arm64" in Path(kit.env["CMAKE_TOOLCHAIN_FILE"]).read_text()


def test_a_newer_platform(mac: Mac, tmp_path: Path):
    env = toolchain().prepare(request_for(tmp_path / "kit", tag="macosx_14_0_arm64")).env
    assert env["MACOSX_DEPLOYMENT_TARGET"] == "14.0"
    assert env["_PYTHON_HOST_PLATFORM"] == "macosx-14.0-arm64"


def compile_with(kit: Kit, *arguments: str) -> list[str]:
    """What reaches clang."""
    command = [kit.env["CC"], *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout.splitlines()


def test_dropped_flags_do_not_reach_the_compiler(mac: Mac, tmp_path: Path):
    flags = Flags(compile_drop=("-march=*", "-DX='a b'"), link_drop=("-lgomp",))
    kit = toolchain().prepare(request_for(tmp_path / "kit", flags=flags))
    assert kit.path == (tmp_path / "kit" / "bin",)
    kept = ["-c", "-O2", "a b.c", "-DY='a b'", "$HOME", "*"]
    assert compile_with(kit, *kept, "-march=native", "-DX='a b'") == kept
    assert compile_with(kit, "-o", "a", "a.o", "-lgomp", "-march=x") == ["-o", "a", "a.o"]
    assert kit.log is not None
    assert kit.log.read_text().splitlines() == [
        "-march=native: the recipe says so",
        "-DX='a b': the recipe says so",
        "-lgomp: the recipe says so",
        "-march=x: the recipe says so",
    ]


@pytest.mark.parametrize(
    ("arguments", "added"),
    [
        (["-c", "a.c", "-O2"], ["-O3", "-DA=b c"]),
        (["-E", "-"], ["-O3", "-DA=b c"]),
        (["-o", "a", "a.o", "-lz"], ["-lextra"]),
        (["a.c"], ["-O3", "-DA=b c", "-lextra"]),
        (["--version"], []),
        (["-v"], []),
    ],
)
def test_added_flags_come_behind_the_packages_own(
    mac: Mac, tmp_path: Path, arguments: list[str], added: list[str]
):
    flags = Flags(compile_add=("-O3", "-DA=b c"), link_add=("-lextra",))
    kit = toolchain().prepare(request_for(tmp_path / "kit", flags=flags))
    mac.script("xcrun", "shift 3; printf '%s\\n' \"$@\"\n")
    assert compile_with(kit, *arguments) == [*arguments, *added]


def test_cmake_looks_past_package_managers(tmp_path: Path):
    homebrew = tmp_path / "homebrew"
    (homebrew / "include").mkdir(parents=True)
    (homebrew / "include" / "leak.h").touch()
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.25)\nproject(x NONE)\n"
        f"list(APPEND CMAKE_SYSTEM_PREFIX_PATH {homebrew})\n"
        'find_path(FOUND leak.h)\nmessage("FOUND=${FOUND}")\n'
    )
    text = xcode_kit.cmake_toolchain(MACOS_11, cross=False)
    assert "/opt/homebrew" in text
    scripts = Path(sysconfig.get_path("scripts"))
    ninja = ("-G", "Ninja", f"-DCMAKE_MAKE_PROGRAM={scripts / 'ninja'}")

    def configure(name: str, toolchain_text: str) -> str:
        file = tmp_path / f"{name}.cmake"
        file.write_text(toolchain_text)
        command = (scripts / "cmake", *ninja, "-S", tmp_path, "-B", tmp_path / name)
        done = subprocess.run(
            (*command, f"-DCMAKE_TOOLCHAIN_FILE={file}"), check=True, capture_output=True, text=True
        )
        return done.stderr

    assert f"FOUND={homebrew}" in configure("plain", text)
    hidden = text.replace("/opt/homebrew", str(homebrew))
    assert "FOUND=FOUND-NOTFOUND" in configure("hidden", hidden)


# --- words ----------------------------------------------------------------------------------


@given(st.text())
def test_unknown_words_are_quoted_and_never_break(text: str):
    found, fix = xcode_words.explain_complaint(text)
    assert found
    assert fix
    xcode_words.parse_clang_version(text)
    xcode_words.parse_sdk_version(text)
    xcode_words.parse_receipt_version(text)


def test_unknown_words_are_shown():
    assert xcode_words.explain_complaint("\nzsh: killed\nmore")[0] == "zsh: killed"


@pytest.mark.parametrize(
    ("file", "version"),
    [
        ("clang-15-clt.txt", "15.0.0 (clang-1500.3.9.4)"),
        ("clang-17-xcode.txt", "17.0.0 (clang-1700.0.13.5)"),
        ("clang-21-clt.txt", "21.0.0 (clang-2100.1.1.101)"),
    ],
)
def test_clang_versions(file: str, version: str):
    assert xcode_words.parse_clang_version((APPLE / file).read_text()) == version


def test_a_clang_that_is_not_apples():
    assert xcode_words.parse_clang_version("Homebrew clang version 19.1.7\nTarget: x") == "19.1.7"


@given(st.integers(0, 99), st.integers(0, 99), st.integers(0, 99))
def test_sdk_versions(major: int, minor: int, patch: int):
    assert xcode_words.parse_sdk_version(f"{major}.{minor}\n") == (major, minor)
    assert xcode_words.parse_sdk_version(f"{major}.{minor}.{patch}") == (major, minor)
    assert xcode_words.parse_sdk_version(f"{major}") == (major, 0)
    assert xcode_words.parse_sdk_version(f"macosx{major}.{minor}") is None


def test_receipts():
    read = {name: (APPLE / f"pkgutil-{name}.txt").read_text() for name in ("clt-groups", "none")}
    assert xcode_words.parse_receipt_version(read["clt-groups"]) == "14.2.0.0.1.1668646533"
    assert xcode_words.parse_receipt_version(read["none"]) == ""
