import platform
import sys
from pathlib import Path
from typing import Literal

import pytest

from orchestrator.emulator.environment import make_environment
from orchestrator.emulator.runtime import find_runtime, is_emulated, runs_natively
from orchestrator.emulator.setup import needs_emulator
from orchestrator.errors import EmulatorSetupError
from orchestrator.model import Interpreter, Platform, Target
from orchestrator.targets.host import run_command, this_host
from orchestrator.targets.tags import parse_platform
from orchestrator.targets.toolchain import Host

MAC = Host(os="macos", arch="arm64")
PC = Host(os="linux", arch="x86_64")
SERVER = Host(os="linux", arch="aarch64")
LINUX, MACOS = parse_platform("linux"), parse_platform("macos")
MUSL = parse_platform("musllinux_1_2_aarch64")
RUNNING = Interpreter(major=sys.version_info[0], minor=sys.version_info[1])

glibc_linux = pytest.mark.skipif(
    sys.platform != "linux" or platform.libc_ver()[0] != "glibc", reason="needs Linux with glibc"
)


@glibc_linux
def test_this_machine_runs_its_own_wheels():
    own = parse_platform(f"manylinux_2_28_{platform.machine()}")
    assert runs_natively(own, this_host())
    runtime = find_runtime(Target(platform=own, interpreter=RUNNING), this_host())
    assert runtime is not None
    assert (runtime.proof, runtime.runner, runtime.cpus) == ("executed", "", ("",))


@glibc_linux
@pytest.mark.parametrize(("libc", "minimum"), [("glibc", (2, 99)), ("musl", (1, 2))])
def test_not_wheels_of_another_c_library(libc: Literal["glibc", "musl"], minimum: tuple[int, int]):
    other = Platform(os="linux", arch=platform.machine(), minimum=minimum, libc=libc)
    assert not runs_natively(other, this_host())


@glibc_linux
def test_a_native_environment(tmp_path: Path):
    own = parse_platform(f"manylinux_2_28_{platform.machine()}")
    runtime = find_runtime(Target(platform=own, interpreter=RUNNING), this_host())
    assert runtime is not None
    environment = make_environment(runtime, tmp_path / "environment")
    answer = run_command((str(environment.python), "-c", "import sys; print(sys.prefix)"))
    assert answer.text == str(environment.directory)
    assert environment.site_packages.is_dir()


def test_nothing_runs_where_nothing_is_set_up():
    target = Target(platform=LINUX, interpreter=Interpreter(major=3, minor=11))
    assert find_runtime(target, PC) is None
    assert find_runtime(target, MAC) is None
    assert find_runtime(Target(platform=MACOS, interpreter=target.interpreter), PC) is None


def test_only_foreign_linux_is_emulated():
    assert is_emulated(LINUX, PC)
    assert is_emulated(MUSL, PC)
    assert not is_emulated(LINUX, MAC)
    assert not is_emulated(LINUX, SERVER)
    assert not is_emulated(MACOS, PC)


def test_a_mac_is_told_what_it_runs():
    with pytest.raises(EmulatorSetupError, match="A Mac runs macOS wheels itself"):
        needs_emulator(LINUX, MAC)


def test_macos_is_not_emulated():
    with pytest.raises(EmulatorSetupError, match="macosx_11_0_arm64"):
        needs_emulator(MACOS, PC)
