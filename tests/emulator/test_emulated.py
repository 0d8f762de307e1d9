"""What runs in an environment of the emulated Python 3.11 is as on an arm64 machine."""

import os
import signal
import subprocess
import sysconfig
from pathlib import Path

import pytest

from orchestrator.emulator.environment import Environment, make_environment
from orchestrator.emulator.runtime import Runtime

pytestmark = pytest.mark.emulator

PROCESSES = """\
import multiprocessing, platform, subprocess, sys

def square(number):
    return number * number, platform.machine()

if __name__ == "__main__":
    for method in ("fork", "spawn", "forkserver"):
        with multiprocessing.get_context(method).Pool(2) as pool:
            assert pool.map(square, [2, 3]) == [(4, "aarch64"), (9, "aarch64")], method
    code = "import platform, sys; print(platform.machine(), sys.prefix)"
    here = f"aarch64 {sys.prefix}\\n"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert child.stdout == here, child
    child = subprocess.run(f"python -c '{code}'", shell=True, capture_output=True, text=True)
    assert child.stdout == here, child
    print("all right")
"""
# Calls ldadd w1, w2, [x0]; mov w0, w2; ret. The first is of ARMv8.1 (LSE).
ATOMIC_ADD = """\
import ctypes, mmap, struct
page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
page.write(struct.pack("<3I", 0xB8210002, 0x2A0203E0, 0xD65F03C0))
address = ctypes.addressof(ctypes.c_char.from_buffer(page))
value = ctypes.c_int(40)
add = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int)(address)
print(add(ctypes.addressof(value), 2), value.value)
"""


def run(*command: str | Path, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def said(*command: str | Path, cwd: Path, **env: str) -> str:
    done = run(*command, cwd=cwd, **env)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def environment(emulated_311: Runtime, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    # Paths with spaces and quotes happen; launchers are shell scripts.
    return make_environment(emulated_311, tmp_path_factory.mktemp("it's emulated") / "environment")


def test_the_runtime_says_what_it_is(emulated_311: Runtime):
    assert emulated_311.proof == "emulated"
    assert emulated_311.version.startswith("3.11.")
    assert emulated_311.runner.startswith("qemu-aarch64 ")
    assert emulated_311.cpus == ("max", "cortex-a57")


def test_the_interpreter_is_the_environments(environment: Environment, tmp_path: Path):
    code = "import platform, sys; print(platform.machine()); print(sys.executable); print(sys.path)"
    machine, executable, path = said(environment.python, "-c", code, cwd=tmp_path).splitlines()
    assert machine == "aarch64"
    assert executable == str(environment.python)
    assert str(environment.site_packages) in path


def test_variables_for_the_hosts_python_do_not_reach_it(environment: Environment, tmp_path: Path):
    code = "import ssl, ctypes, sqlite3; print('imported')"
    host = {
        "PYTHONHOME": sysconfig.get_config_var("prefix"),
        "LD_PRELOAD": "/nonexistent.so",
        "LD_LIBRARY_PATH": sysconfig.get_config_var("LIBDIR"),
    }
    assert said(environment.python, "-c", code, cwd=tmp_path, **host).endswith("imported")


def test_children_are_emulated_too(environment: Environment, tmp_path: Path):
    (tmp_path / "processes.py").write_text(PROCESSES)
    path = f"{environment.directory}/bin:{os.environ['PATH']}"
    assert said(environment.python, "processes.py", cwd=tmp_path, PATH=path) == "all right"


def test_the_venv_module_makes_environments(environment: Environment, tmp_path: Path):
    said(environment.python, "-m", "venv", "--without-pip", "inner", cwd=tmp_path)
    code = "import platform, sys; print(platform.machine(), sys.prefix)"
    inner = tmp_path / "inner"
    assert said(inner / "bin" / "python", "-c", code, cwd=tmp_path) == f"aarch64 {inner}"


@pytest.mark.network
def test_the_hosts_uv_installs_wheels_of_the_target(environment: Environment, tmp_path: Path):
    import uv  # noqa: PLC0415

    install = (uv.find_uv_bin(), "pip", "install", "--python", environment.python)
    said(*install, "--only-binary=:all:", "markupsafe", "pygments", cwd=tmp_path)
    code = "import markupsafe._speedups as module; print(module.__file__)"
    assert said(environment.python, "-c", code, cwd=tmp_path).endswith("-aarch64-linux-gnu.so")
    # A console script starts the emulated Python by its first line.
    script = environment.directory / "bin" / "pygmentize"
    assert said(script, "-V", cwd=tmp_path).startswith("Pygments version")


def test_an_old_cpu_does_not_know_new_instructions(environment: Environment, tmp_path: Path):
    newest = run(environment.python, "-c", ATOMIC_ADD, cwd=tmp_path, QEMU_CPU="max")
    assert newest.stdout == "40 42\n", newest.stderr
    oldest = run(environment.python, "-c", ATOMIC_ADD, cwd=tmp_path, QEMU_CPU="cortex-a57")
    assert oldest.returncode == -signal.SIGILL, oldest.stdout + oldest.stderr
