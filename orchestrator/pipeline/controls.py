"""When a wheel fails its test: the two controls that tell what is to blame, and the error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from orchestrator.emulator.runtime import find_runtime
from orchestrator.errors import (
    InterruptedBuildError,
    OrchestratorError,
    WheelTestCrashedError,
    WheelTestFailedError,
    WheelTestHungError,
)
from orchestrator.model import Outcome, Platform, ProofRun, Target
from orchestrator.pipeline.exhibit import imports_only
from orchestrator.prove.installation import Bench
from orchestrator.prove.prove import Exhibit, Proving, prove
from orchestrator.prove.verdict import Control, Refutation, judge
from orchestrator.targets.toolchain import Host

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    BuildForHost = Callable[[Target, Path], Path]
    """Builds the same source for a target, below a folder of its own; returns the wheel."""

# A compiler for another machine says little of a libc: any that a wheel may ask for will do.
_HOST_GLIBC = (2, 28)
_ERRORS: dict[Outcome, type[WheelTestFailedError]] = {
    "failed": WheelTestFailedError,
    "crashed": WheelTestCrashedError,
    "hung": WheelTestHungError,
}


class Suspicion(msgspec.Struct, frozen=True, kw_only=True):
    """A wheel that failed, and what its controls need.

    Attributes:
        target: What it was built for.
        host: This machine.
        exhibit: As it was run.
        bench: Where it was run.
        proving: How that ended.
        official: ``name==version`` on the index; empty where its source is from elsewhere.
        build: Builds its source again; None where the source is not known.
    """

    target: Target
    host: Host
    exhibit: Exhibit
    bench: Bench
    proving: Proving
    official: str
    build: BuildForHost | None


def refute(suspicion: Suspicion, failed: ProofRun) -> Refutation:
    """Runs the controls, and puts together what is known of the failure."""
    # Only what failed is run again, on the CPU model that it failed on.
    plan = suspicion.exhibit.plan if failed.command else imports_only(suspicion.exhibit.plan)
    exhibit = msgspec.structs.replace(suspicion.exhibit, plan=plan, cpus=(failed.cpu,))
    platform = host_platform(suspicion.target.platform, suspicion.host)
    verdict = judge(
        _official(suspicion, exhibit),
        _built_for_host(suspicion, exhibit, platform),
        emulated=platform is not None,
    )
    proving = suspicion.proving
    return Refutation(runs=proving.runs, details=proving.details, verdict=verdict)


def error_of(
    label: str, failed: ProofRun, refutation: Refutation, *, aside: str, log: Path
) -> WheelTestFailedError:
    """The error of a wheel that did not pass its test.

    Args:
        label: Names the wheel.
        failed: The run.
        refutation: What is known of it.
        aside: What was done with the wheel, as the end of a sentence; may be empty.
        log: Of the run.
    """
    cpu = f", CPU {failed.cpu}" if failed.cpu else ""
    where = f" ({failed.runner}{cpu})" if failed.runner else ""
    return _ERRORS[failed.outcome](
        f"{label}: {failed.reason}{where}{aside}",
        log=str(log),
        details=(*refutation.details, *refutation.verdict.lines()),
    )


def host_platform(platform: Platform, host: Host) -> Platform | None:
    """The platform of wheels for this host that is most like another; None if that is this host's.

    Only Linux hosts run what is not their own.
    """
    if host.os != "linux" or (platform.os, platform.arch) == ("linux", host.arch):
        return None
    minimum = platform.minimum if platform.libc == "glibc" else _HOST_GLIBC
    return Platform(os="linux", arch=host.arch, minimum=minimum, libc="glibc")


def _official(suspicion: Suspicion, exhibit: Exhibit) -> Control:
    if not suspicion.official:
        return Control(reason="its source is not the index's")
    # Not those of the wheelhouse: the wheel in question may be among them.
    official = msgspec.structs.replace(exhibit, requirement=suspicion.official, find_links=())
    return _control(suspicion.official, official, suspicion.bench, "control-official")


def _built_for_host(suspicion: Suspicion, exhibit: Exhibit, platform: Platform | None) -> Control:
    if platform is None:
        return Control(reason="it was built for this host")
    if suspicion.build is None:
        return Control(reason="its source is not known")
    target = Target(platform=platform, interpreter=suspicion.target.interpreter)
    runtime = find_runtime(target, suspicion.host)
    if runtime is None:
        return Control(reason=f"nothing here runs {target}")
    bench = msgspec.structs.replace(suspicion.bench, runtime=runtime)
    suspicion.bench.on_line(f"control: building for {target}")
    try:
        wheel = suspicion.build(target, bench.directory.with_name("control-host-wheels"))
    except InterruptedBuildError:
        raise
    except OrchestratorError as error:
        return Control(reason=f"can't be built for {target}: {error.code} {error.message}")
    native = msgspec.structs.replace(exhibit, requirement=str(wheel), cpus=())
    return _control(wheel.name, native, bench, "control-host")


def _control(wheel: str, exhibit: Exhibit, bench: Bench, folder: str) -> Control:
    bench.on_line(f"control: running {wheel}")
    proving = prove(
        exhibit, msgspec.structs.replace(bench, directory=bench.directory.with_name(folder))
    )
    if not proving.runs:
        return Control(wheel=wheel, reason="; ".join(proving.notes))
    last = proving.runs[-1]
    return Control(wheel=wheel, outcome=last.outcome, reason=last.reason)
