import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from orchestrator.cli.doctor import doctor
from orchestrator.model import Check, Interpreter, Needs, Platform, Route, ToolchainIdentity
from orchestrator.targets.doctor import Diagnosis, diagnose
from orchestrator.targets.tags import parse_platform
from orchestrator.targets.toolchain import Host, Kit, KitRequest, Toolchain

LINUX = Host(os="linux", arch="x86_64")
MACOS = parse_platform("macos")
MACOS_14 = parse_platform("macosx_14_0_arm64")
RUNNING = Interpreter(major=sys.version_info.major, minor=sys.version_info.minor)
ABSENT = Interpreter(major=3, minor=99)
GOOD = Check(name="compiler", status="ok", found="here")
ODD = Check(name="helper", status="warning", found="old", fix="update helper")
GONE = Check(name="SDK", status="missing", found="nowhere", fix="fetch sdk")


class FakeToolchain:
    """Stands for a compiler in any state: a machine has but one of them."""

    name = "fake"

    def __init__(self, *checks: Check, oldest: tuple[int, int] = (11, 0)) -> None:
        self._checks = checks
        self._oldest = oldest

    def builds(self, platform: Platform) -> bool:
        return platform.os == "macos" and platform.minimum >= self._oldest

    def route(self, platform: Platform) -> Route:
        raise NotImplementedError

    def checks(self, platform: Platform, needs: Needs) -> tuple[Check, ...]:
        assert self.builds(platform)
        assert needs == Needs()  # doctor asks for no package in particular
        return self._checks

    def identity(self) -> ToolchainIdentity:
        raise NotImplementedError

    def prepare(self, request: KitRequest) -> Kit:
        raise NotImplementedError


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ORCHESTRATE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def diagnosis(
    toolchains: Sequence[Toolchain],
    platforms: Sequence[Platform] = (MACOS,),
    interpreters: Sequence[Interpreter] = (RUNNING,),
    host: Host = LINUX,
) -> Diagnosis:
    return diagnose(host, toolchains, platforms, interpreters)


def find(seen: Diagnosis, name: str) -> Check:
    return next(
        check for section in seen.sections for check in section.checks if check.name == name
    )


@pytest.mark.parametrize(
    ("toolchains", "buildable"),
    [
        ([FakeToolchain(GOOD)], True),
        ([FakeToolchain(GOOD, ODD)], True),
        ([FakeToolchain(GOOD, GONE)], False),
        ([FakeToolchain(GONE), FakeToolchain(GOOD)], True),
        ([], False),
    ],
    ids=["all there", "a warning", "something missing", "another will do", "none"],
)
def test_a_platform_needs_one_toolchain_with_nothing_missing(
    toolchains: list[Toolchain], buildable: bool
):
    assert diagnosis(toolchains).platforms == {MACOS.tag: buildable}


def test_each_platform_is_judged_by_itself():
    seen = diagnosis([FakeToolchain(GOOD, oldest=(14, 0))], [MACOS, MACOS_14])
    assert seen.platforms == {MACOS.tag: False, MACOS_14.tag: True}
    assert find(seen, "toolchain").found == "none builds for this platform on linux x86_64"


@pytest.mark.parametrize(
    ("interpreters", "buildable"), [((RUNNING, ABSENT), True), ((ABSENT,), False), ((), False)]
)
def test_one_interpreter_is_enough(interpreters: tuple[Interpreter, ...], buildable: bool):
    seen = diagnosis([FakeToolchain(GOOD)], interpreters=interpreters)
    assert seen.platforms == {MACOS.tag: buildable}


def test_an_interpreter_that_is_not_there_has_a_remedy():
    check = find(diagnosis([], interpreters=(ABSENT,)), "python 3.99")
    assert (check.status, check.fix) == ("missing", "uv python install 3.99")


def test_an_intel_python_on_apple_silicon_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    python = tmp_path / "python3.99"
    changes = "facts.update(minor=99, machine='x86_64')"
    python.write_text(
        f'#!/bin/sh\n{sys.executable} "$@" | {sys.executable} -c "import json, sys;'
        f'facts = json.load(sys.stdin); {changes}; print(json.dumps(facts))"\n'
    )
    python.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    mac = Host(os="macos", arch="arm64")
    check = find(diagnosis([], interpreters=(ABSENT,), host=mac), "python 3.99")
    assert check.status == "warning"
    assert check.fix == "uv python install cpython-3.99-macos-aarch64"


def test_a_cache_that_cannot_be_written_stops_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "file").touch()
    monkeypatch.setenv("ORCHESTRATE_CACHE", str(tmp_path / "file" / "cache"))
    seen = diagnosis([FakeToolchain(GOOD)])
    assert find(seen, "cache folder").status == "missing"
    assert seen.platforms == {MACOS.tag: False}


def test_looking_writes_nothing_but_what_interpreters_said(cache: Path):
    diagnosis([FakeToolchain(GOOD)])
    assert [path.name for path in cache.iterdir()] == ["interpreters"]


def test_git_is_only_missed_by_git_requirements(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    seen = diagnosis([FakeToolchain(GOOD)])
    assert find(seen, "git").status == "warning"
    assert find(seen, "git").fix == "sudo apt install git"
    assert seen.platforms == {MACOS.tag: True}


def test_rosetta_is_mentioned():
    host = Host(os="macos", arch="arm64", translated=True)
    assert find(diagnosis([], host=host), "host").found == "macos arm64, under Rosetta"


# --- the command ------------------------------------------------------------------------------


@pytest.fixture
def out_of_reach(monkeypatch: pytest.MonkeyPatch) -> str:
    """A platform that this machine can't build for."""
    if sys.platform == "darwin":
        return "manylinux_2_28_aarch64"
    monkeypatch.setenv("SDKROOT", "/nowhere/MacOSX.sdk")
    return MACOS.tag


def test_the_table_is_readable_in_80_columns(monkeypatch: pytest.MonkeyPatch, out_of_reach: str):
    monkeypatch.setenv("COLUMNS", "80")
    result = CliRunner().invoke(doctor, ["--platform", out_of_reach])
    assert result.exit_code == 3
    assert max(len(line) for line in result.stdout.splitlines()) <= 80
    assert f"Wheels for {out_of_reach} can't be built here." in result.stdout
    assert f"python 3.{sys.version_info.minor}" in result.stdout


def test_json_is_one_object(out_of_reach: str):
    arguments = ["--json", "--platform", out_of_reach, "--python", RUNNING.version]
    result = CliRunner().invoke(doctor, arguments)
    seen = msgspec.json.decode(result.stdout, type=Diagnosis)
    assert result.exit_code == 3
    assert seen.platforms == {out_of_reach: False}
    assert find(seen, f"python {RUNNING.version}").status == "ok"
