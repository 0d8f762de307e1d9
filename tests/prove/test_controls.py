"""The controls, run on this machine: wheels of Python stand for what compilers made."""

from collections.abc import Callable
from pathlib import Path

import pytest
from small_wheels import CRASHING, HOST, TARGET, native_bench, write_wheel

from orchestrator.errors import BackendFailedError, WheelTestCrashedError
from orchestrator.model import Platform, Target
from orchestrator.pipeline.controls import Suspicion, error_of, host_platform, refute
from orchestrator.prove.prove import Exhibit, prove
from orchestrator.prove.verdict import Refutation
from orchestrator.targets.toolchain import Host

ELSEWHERE = Target(
    platform=Platform(os="linux", arch="riscv64", minimum=(2, 28), libc="glibc"),
    interpreter=TARGET.interpreter,
)
FINE = {"tiny.py": ""}
BAD = {"tiny.py": CRASHING}


def refuted(
    tmp_path: Path,
    *,
    official: dict[str, str] | None,
    build: Callable[[Target, Path], Path] | None,
    target: Target = ELSEWHERE,
) -> Refutation:
    """Ours crashes; how do the others fare?"""
    index = tmp_path / "index"
    index.mkdir()
    if official:
        write_wheel(index, official)
    ours = write_wheel(tmp_path / "ours", BAD)
    bench = native_bench(tmp_path, find_links=(index,))
    exhibit = Exhibit(requirement=str(ours), imports=("tiny",), find_links=(ours.parent,))
    proving = prove(exhibit, bench)
    assert proving.failed
    suspicion = Suspicion(
        target=target,
        host=HOST,
        exhibit=exhibit,
        bench=bench,
        proving=proving,
        official="tiny==1.0",
        build=build,
    )
    return refute(suspicion, proving.failed)


@pytest.mark.parametrize(
    ("official", "host", "suspect"),
    [(FINE, FINE, "port"), (FINE, BAD, "compiler"), (BAD, FINE, "emulator"), (BAD, BAD, "source")],
)
def test_both_controls_leave_one_suspect(
    tmp_path: Path, official: dict[str, str], host: dict[str, str], suspect: str
) -> None:
    asked = []

    def build(target: Target, folder: Path) -> Path:
        asked.append(str(target))
        return write_wheel(folder, host)

    refutation = refuted(tmp_path, official=official, build=build)
    assert asked == [f"cp311-manylinux_2_28_{HOST.arch}"]
    assert refutation.verdict.suspects == (suspect,)
    (run,) = refutation.runs
    assert run.reason == "import of tiny: Segmentation fault"


def test_a_control_that_can_t_be_run_says_why(tmp_path: Path) -> None:
    def build(target: Target, folder: Path) -> Path:
        raise BackendFailedError("it does not compile here")

    verdict = refuted(tmp_path, official=None, build=build).verdict
    assert verdict.official.outcome is None
    assert "tiny" in verdict.official.reason
    assert "BLD002 it does not compile here" in verdict.host.reason


def test_a_wheel_of_this_machine_is_not_built_again(tmp_path: Path) -> None:
    verdict = refuted(tmp_path, official=FINE, build=None, target=TARGET).verdict
    assert verdict.suspects == ("compiler",)
    assert verdict.host.reason == "it was built for this host"


def test_the_error_tells_all(tmp_path: Path) -> None:
    refutation = refuted(tmp_path, official=FINE, build=None)
    log = tmp_path / "log"
    error = error_of("tiny", refutation.runs[-1], refutation, aside="; kept aside", log=log)
    assert isinstance(error, WheelTestCrashedError)
    assert error.message == "tiny: import of tiny: Segmentation fault; kept aside"
    assert any("in read_nowhere" in line for line in error.details)
    assert "control: official wheel: passed" in error.details
    assert error.exit_status == 4


def test_what_stands_for_this_host() -> None:
    musl = Platform(os="linux", arch="aarch64", minimum=(1, 2), libc="musl")
    mac = Platform(os="macos", arch="arm64", minimum=(11, 0))
    x86 = Host(os="linux", arch="x86_64")
    arm = Host(os="linux", arch="aarch64")
    found = host_platform(musl, x86)
    assert found
    assert found.tag == "manylinux_2_28_x86_64"
    assert host_platform(musl, arm) is None
    assert host_platform(mac, Host(os="macos", arch="arm64")) is None
