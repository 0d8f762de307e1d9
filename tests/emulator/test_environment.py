"""An environment that uv can't look into: the emulated Python for musl."""

import sys
from pathlib import Path

import pytest

from orchestrator.emulator.environment import Environment, make_environment
from orchestrator.emulator.runtime import Runtime
from orchestrator.model import Interpreter

RUNNING = Interpreter(major=sys.version_info[0], minor=sys.version_info[1])


def environment(folder: Path, *, uv_platform: str) -> Environment:
    root = folder / "root"
    runtime = Runtime(
        proof="emulated",
        python=root / "usr" / "bin" / f"python{RUNNING.version}",
        version=f"{RUNNING.version}.2",
        interpreter=RUNNING,
        root=root,
        qemu=folder / "qemu-aarch64",
        runner="qemu-aarch64 7.2.22",
        uv_platform=uv_platform,
    )
    return make_environment(runtime, folder / "environment")


def test_the_layout_is_a_virtual_environments(tmp_path: Path):
    made = environment(tmp_path, uv_platform="")
    assert made.python.readlink() == made.runtime.python
    assert made.site_packages.is_dir()
    assert f"home = {made.runtime.python.parent}\n" in (made.directory / "pyvenv.cfg").read_text()


def test_uv_looks_into_it(tmp_path: Path):
    made = environment(tmp_path, uv_platform="")
    assert made.uv_target == ("--python", str(made.python))


def test_or_is_told_what_it_installs_for(tmp_path: Path):
    made = environment(tmp_path, uv_platform="aarch64-unknown-linux-musl")
    flag, python, *rest = made.uv_target
    assert flag == "--python"
    assert Path(python).is_file()  # one of this machine
    assert rest == [
        *("--prefix", str(made.directory)),
        *("--python-platform", "aarch64-unknown-linux-musl"),
    ]


@pytest.mark.parametrize(
    ("uv_platform", "starts"), [("", "/host/python3.11"), ("aarch64-unknown-linux-musl", "{own}")]
)
def test_scripts_start_the_environments_python(tmp_path: Path, uv_platform: str, starts: str):
    made = environment(tmp_path, uv_platform=uv_platform)
    script = made.directory / "bin" / "tool"
    script.write_text("#!/host/python3.11\nprint('#!/host/python3.11')\n")
    shell = made.directory / "bin" / "other"
    shell.write_bytes(b"#!/bin/sh\nexit\xff\n")
    made.own_scripts()
    first = starts.format(own=made.python)
    assert script.read_text() == f"#!{first}\nprint('#!/host/python3.11')\n"
    assert shell.read_bytes() == b"#!/bin/sh\nexit\xff\n"
