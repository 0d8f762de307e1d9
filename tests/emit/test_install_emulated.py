"""The RUN lines of an emitted Dockerfile, run with arm64 wheels and an emulated arm64 Python.

What stands in for the base image is the emulator's Python; uv is this machine's own, so the one
line that installs it is left out. The project's dependencies are one that has an arm64 wheel on
the index, and one that orchestrate builds.
"""

import platform
import subprocess
import sys
from pathlib import Path

import pytest
from stand_in import Container

from orchestrator.emit.design import Wish, design_for
from orchestrator.emit.dockerfile import dockerfile
from orchestrator.emulator.setup import Setup, set_up
from orchestrator.process import Processes
from orchestrator.targets.tags import parse_interpreter, parse_platform

pytestmark = [
    pytest.mark.network,
    pytest.mark.toolchain,
    pytest.mark.emulator,
    pytest.mark.skipif(sys.platform != "linux", reason="qemu-user runs on Linux"),
    pytest.mark.skipif(platform.machine() == "aarch64", reason="there test_install.py runs it"),
]

PYTHON = parse_interpreter("3.11")
PROJECT = """\
[project]
name = "checksums"
version = "1"
requires-python = ">=3.11"
dependencies = ["crcmod==1.7", "msgpack"]
"""
MAIN = """\
import platform
import crcmod._crcfunext, crcmod.predefined, msgpack._cmsgpack
crc = crcmod.predefined.mkCrcFun("crc-32")(b"x")
print(platform.machine(), msgpack.unpackb(msgpack.packb([crc])))
"""


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """The base image's: Python, emulated, and uv."""
    wanted = Setup(
        interpreters=(PYTHON,),
        libc="glibc",
        processes=Processes(),
        on_step=lambda _: None,
        on_line=lambda _: None,
    )
    (root,) = set_up(wanted)
    folder = tmp_path / "programs"
    folder.mkdir()
    for name in ("python3", "python3.11"):
        (folder / name).symlink_to(root.python)
    (folder / "uv").symlink_to(Path(sys.executable).with_name("uv"))
    return folder


def test_arm64_wheels_of_index_and_wheelhouse_run(tmp_path: Path, programs: Path):
    project = tmp_path / "app"
    project.mkdir()
    (project / "pyproject.toml").write_text(PROJECT)
    (project / "main.py").write_text(MAIN)
    programs_folder = Path(sys.executable).parent
    build = ("build", "crcmod==1.7", "--platform", "linux", "--wheelhouse", "wheelhouse")
    for command in (("uv", "lock", "--quiet"), ("orchestrate", *build)):
        subprocess.run(
            command,
            executable=programs_folder / command[0],
            cwd=project,
            check=True,
            capture_output=True,
        )
    wish = Wish(
        folder=project,
        platform=parse_platform("linux"),
        usual=PYTHON,
        wheelhouse=project / "wheelhouse",
    )
    design = design_for(wish)
    assert [pin.name for pin in design.pins] == ["crcmod"]
    container = Container(project, tmp_path / "root", programs, "arm64")
    container.build(dockerfile(design), skip="^pip install")
    assert container.start() == "aarch64 [2363233923]\n"
    (info,) = (container.folder / "opt/venv").glob("lib/*/site-packages/msgpack-*.dist-info/WHEEL")
    assert "_aarch64" in info.read_text()
