"""Python for musl, compiled here: three minutes of processor time, so it must be asked for.

``ORCHESTRATE_TEST_MUSL=1 scripts/test tests/emulator/test_musl.py``
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.emulator.environment import make_environment
from orchestrator.emulator.runtime import find_runtime
from orchestrator.model import Target
from orchestrator.targets.host import run_command, this_host
from orchestrator.targets.tags import parse_interpreter, parse_platform

pytestmark = [
    pytest.mark.emulator,
    pytest.mark.network,
    pytest.mark.toolchain,
    pytest.mark.skipif(
        not os.environ.get("ORCHESTRATE_TEST_MUSL"), reason="slow; set ORCHESTRATE_TEST_MUSL=1"
    ),
]


def test_wheels_for_musl_run(tmp_path: Path):
    setup = ("emulator", "setup", "--platform", "musllinux")
    subprocess.run([sys.executable, "-m", "orchestrator.cli", *setup], check=True)
    interpreter = parse_interpreter("3.11")
    target = Target(platform=parse_platform("musllinux_1_2_aarch64"), interpreter=interpreter)
    runtime = find_runtime(target, this_host())
    assert runtime is not None
    environment = make_environment(runtime, tmp_path / "environment")
    import uv  # noqa: PLC0415

    install = (uv.find_uv_bin(), "pip", "install", *environment.uv_target)
    wheels = ("--only-binary=:all:", "markupsafe", "pygments")
    subprocess.run([*install, *wheels], check=True)
    environment.own_scripts()
    code = "import ctypes, zlib, markupsafe._speedups as module; print(module.__file__)"
    answer = run_command((str(environment.python), "-c", code))
    assert answer.text.endswith(".cpython-311-aarch64-linux-musl.so"), answer
    script = run_command((str(environment.directory / "bin" / "pygmentize"), "-V"))
    assert script.text.startswith("Pygments version"), script
