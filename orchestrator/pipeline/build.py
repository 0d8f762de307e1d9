"""``orchestrate build``: what is asked for as a plan, and the plan carried out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.errors import InterruptedBuildError
from orchestrator.pipeline.crew import check_crew
from orchestrator.pipeline.requests import plan_requests
from orchestrator.pipeline.run import run
from orchestrator.pipeline.workshop import BuildOptions, Emit, Workshop
from orchestrator.resolve.requests import classify

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.model import BuildReport, PublishedWheel, Request
    from orchestrator.resolve.inputs import Inputs


def build(
    requirements: Sequence[str], options: BuildOptions, emit: Emit, *, deps: bool
) -> BuildReport:
    """Builds wheels of the named requirements for every target, then what else they need.

    The named ones are built whatever wheels there are of them elsewhere. Their metadata says
    whether they need anything; if so, what their closure lacks is built too.

    Args:
        requirements: As the user wrote them.
        options: Of the run.
        emit: Told of every event.
        deps: Whether their closure counts.

    Raises:
        OrchestratorError: The input is wrong, before anything is built.
        InterruptedBuildError: Ctrl-C; nothing is left behind but logs.
    """
    requests = [classify(text, Path.cwd()) for text in dict.fromkeys(requirements)]
    workshop = Workshop(options, emit)
    check_crew(workshop)
    try:
        planned = plan_requests(requests, options.targets, workshop)
        report = run(planned.plan, workshop)
        needy = _needy(requests, report.wheels) if deps else ()
        if planned.failed or report.failed or not needy:
            return report.joined(failed=planned.failed)
        from orchestrator.pipeline.whole import build_whole, inputs_of  # noqa: PLC0415 (seldom)

        return build_whole(inputs_of(needy), workshop, planned.plan, report.wheels)
    except KeyboardInterrupt:
        raise _interrupted() from None


def build_closure(inputs: Inputs, options: BuildOptions, emit: Emit) -> BuildReport:
    """Builds all that the closures of some inputs lack.

    Args:
        inputs: As read.
        options: Of the run.
        emit: Told of every event.

    Raises:
        OrchestratorError: The input is wrong, before anything is built.
        InterruptedBuildError: Ctrl-C; nothing is left behind but logs.
    """
    from orchestrator.pipeline.whole import build_whole  # noqa: PLC0415 (see above)

    workshop = Workshop(options, emit, index=inputs.options)
    check_crew(workshop)
    try:
        return build_whole(inputs, workshop)
    except KeyboardInterrupt:
        raise _interrupted() from None


def _interrupted() -> InterruptedBuildError:
    return InterruptedBuildError("Interrupted; build folders were removed.")


def _needy(requests: Sequence[Request], wheels: Sequence[PublishedWheel]) -> tuple[str, ...]:
    """The requirements whose wheels need something, as the user wrote them."""
    in_need = {wheel.record.name for wheel in wheels if _requires(wheel)}
    indexed = {request.name: request for request in requests if request.kind == "index"}
    texts = [request.text for name, request in indexed.items() if name in in_need or request.extras]
    if in_need - indexed.keys():
        texts += [request.text for request in requests if request.kind != "index"]
    return tuple(texts)


def _requires(wheel: PublishedWheel) -> bool:
    """Whether a wheel's metadata names requirements beside those of its extras."""
    metadata = wheel.path.with_name(f"{wheel.path.name}.metadata")
    with metadata.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            if not line.strip():
                return False  # the headers are over
            if line.startswith("Requires-Dist:") and "extra" not in line.partition(";")[2]:
                return True
    return False
