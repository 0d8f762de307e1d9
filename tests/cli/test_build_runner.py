"""``orchestrate build --runner cibuildwheel``: where it can run, and what becomes of its wheels.

Neither a Mac nor a container engine is here: cibuildwheel and docker are stand-ins, which leave
what theirs would.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from command_line import ROOT

from tests.repair.linux_wheels import write_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from command_line import CommandLine, Outcome

TINY = ROOT / "tests" / "binaries" / "linux" / "tiny.so"
TAG = "cp311-cp311-manylinux_2_28_aarch64"
WHEEL = f"demo-1.0-{TAG}.whl"
MODULE = "tiny.cpython-311-aarch64-linux-gnu.so"
CIBUILDWHEEL = """\
#!/bin/sh
echo "cibuildwheel $*"
[ "$CIBW_CONTAINER_ENGINE" = docker ] && [ -f source/pyproject.toml ] || exit 9
while [ "$1" != --output-dir ]; do shift; done
mkdir -p "$2" && cp {wheels}/*.whl "$2"
"""


@pytest.fixture
def project(command_line: CommandLine) -> str:
    """A repository that machines can fetch."""
    folder = command_line.folder / "demo"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "x"\n'
        '[project]\nname = "demo"\nversion = "1.0"\n'
    )
    git = ("git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-C", str(folder))
    for arguments in (("init", "-q"), ("add", "."), ("commit", "-qm", "demo")):
        subprocess.run([*git, *arguments], check=True)
    return f"git+file://{folder}"


def program(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    (folder / name).chmod(0o755)


def build(command_line: CommandLine, *arguments: str) -> Outcome:
    command_line.env["PATH"] = f"{command_line.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return command_line.build("--runner", "cibuildwheel", "--platform", "linux", *arguments)


@pytest.fixture
def stand_ins(command_line: CommandLine) -> Path:
    """The folder of the wheels that the stand-in leaves."""
    wheels = command_line.folder / "made"
    wheels.mkdir()
    own = command_line.folder / "bin"
    program(own, "docker", "#!/bin/sh\n")
    program(own, "cibuildwheel", CIBUILDWHEEL.format(wheels=wheels))
    return wheels


def test_its_wheel_is_verified_and_published(
    command_line: CommandLine, project: str, stand_ins: Path
):
    write_wheel(stand_ins, TAG, {MODULE: TINY.read_bytes()})
    outcome = build(command_line, project)
    assert outcome.status == 0, outcome.out + outcome.err
    assert command_line.published() == [WHEEL, f"{WHEEL}.metadata"]
    record = command_line.record(WHEEL)
    assert record["toolchain"]["name"] == "cibuildwheel"
    assert record["route"] == "native"
    (log,) = (command_line.wheelhouse / ".logs").glob("*.log")
    assert "--only cp311-manylinux_aarch64" in log.read_text()
    again = build(command_line, project)
    assert again.summary["wheels"][0]["cached"] is True


def test_a_wheel_for_another_machine_is_kept_aside(
    command_line: CommandLine, project: str, stand_ins: Path
):
    intel = TINY.with_name("intel.so").read_bytes()
    write_wheel(stand_ins, TAG, {MODULE: intel})
    outcome = build(command_line, project)
    assert outcome.status == 4
    assert outcome.problem["code"] == "VRF001"
    assert command_line.published() == []


def test_what_it_says_when_it_fails(command_line: CommandLine, project: str, stand_ins: Path):
    outcome = build(command_line, project)  # there is no wheel to leave
    assert outcome.status == 1
    assert outcome.problem["code"] == "BLD002"
    assert "cibuildwheel failed" in outcome.problem["message"]


@pytest.mark.skipif(sys.platform == "darwin", reason="a Mac can")
def test_macos_wheels_need_a_mac(command_line: CommandLine, project: str):
    outcome = command_line.build(project, "--runner", "cibuildwheel")
    assert outcome.status == 3
    assert outcome.problem["code"] == "EMT012"
    assert "on a Mac only" in outcome.problem["message"]


def test_linux_wheels_need_a_container_engine(command_line: CommandLine, project: str):
    for name in ("docker", "podman"):
        program(command_line.folder / "bin", name, "#!/bin/sh\nexit 1\n")
    outcome = build(command_line, project)
    assert outcome.status == 3
    assert outcome.problem["code"] == "EMT012"
    assert "neither docker nor podman answers" in outcome.problem["message"]
