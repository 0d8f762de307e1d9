"""From what a user names to the steps that build it: a plan without a closure."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from orchestrator.errors import AmbiguousSourceError, NoSdistError, OrchestratorError
from orchestrator.model import Failure, Plan, PlanStep, Target, Value
from orchestrator.pipeline.perform import tell_failure
from orchestrator.pipeline.workshop import Located, failure_of
from orchestrator.plan.graph import make_plan
from orchestrator.plan.libraries import in_order
from orchestrator.report.unforeseen import unforeseen
from orchestrator.resolve.index import Found, find
from orchestrator.resolve.select import uploaded_on, wheels_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from orchestrator.model import Interpreter, Request, Step
    from orchestrator.pipeline.workshop import Workshop

# Threads that ask the index; it answers several at once.
_ASKING = 8


class Planned(Value):
    """What is built of some requests, and those of which nothing can be."""

    plan: Plan
    failed: tuple[Failure, ...] = ()


def plan_requests(
    requests: Sequence[Request], targets: Sequence[Target], workshop: Workshop
) -> Planned:
    """Plans requests for targets; what can't be found is told of, and does not stop the others."""
    jobs = [(request, target) for request in requests for target in targets]

    def plan(job: tuple[Request, Target]) -> tuple[PlanStep, ...] | Failure:
        return _planned(*job, workshop)

    if len(jobs) == 1:
        results = [plan(jobs[0])]
    else:
        with ThreadPoolExecutor(max_workers=_ASKING) as pool:
            try:
                results = list(pool.map(plan, jobs))
            except KeyboardInterrupt:
                workshop.processes.stop()
                raise
    steps = [step for found in results if not isinstance(found, Failure) for step in found]
    return Planned(
        plan=make_plan(_unambiguous(steps)),
        failed=tuple(found for found in results if isinstance(found, Failure)),
    )


def _planned(
    request: Request, target: Target, workshop: Workshop
) -> tuple[PlanStep, ...] | Failure:
    label = f"{request.text} for {target}"
    try:
        return _steps(request, target, workshop)
    except Exception as error:  # noqa: BLE001 (a bug with one must not lose the others)
        known = error if isinstance(error, OrchestratorError) else unforeseen(error, what=label)
        tell_failure(workshop.emit, label, known)
        return failure_of(known, name=request.name or request.text)


def _steps(request: Request, target: Target, workshop: Workshop) -> tuple[PlanStep, ...]:
    """The step of a request, behind those of the libraries that it needs."""
    try:
        found = _find(request, target.interpreter, workshop)
    except NoSdistError as refusal:
        from orchestrator.pipeline.redirect import redirect_for  # noqa: PLC0415 (seldom)

        step = redirect_for(workshop, request, target, refusal)
        return (PlanStep(step=step, roots=(request.text,)),)
    wheels = wheels_for(found.source.version, found.files)
    pure = any(wheel.tags[2] == "any" for wheel in wheels)
    located = Located(
        source=found.source,
        binaries=None if not wheels else not pure,
        released=uploaded_on(found.source, found.files),
    )
    survey = workshop.surveyor.survey(located, target)
    step = survey.planned.step
    return (
        *(_library(library) for library in in_order(step.libraries)),
        PlanStep(
            step=step,
            needs=_labels(step.libraries),
            roots=(request.text,),
            binaries=located.binaries,
            released=located.released,
            notes=survey.planned.notes,
            requires=survey.requires,
        ),
    )


def _library(step: Step) -> PlanStep:
    return PlanStep(step=step, needs=_labels(step.libraries), served=True)


def _labels(steps: Iterable[Step]) -> tuple[str, ...]:
    return tuple(step.label for step in steps)


def _find(request: Request, interpreter: Interpreter, workshop: Workshop) -> Found:
    if request.kind == "index":
        found = find(request, workshop.configuration, interpreter)
        if found.source.digest:
            return found
    # Archives and git: a tenth of a second that the answer from the wheelhouse can do without.
    from orchestrator.build.sources import pin  # noqa: PLC0415

    return pin(request, workshop.configuration, interpreter, workshop.watch)


def _unambiguous(steps: Sequence[PlanStep]) -> Sequence[PlanStep]:
    """The steps, of which no two make the same of different sources.

    Raises:
        AmbiguousSourceError: Two do.
    """
    known: dict[str, PlanStep] = {}
    for item in steps:
        other = known.setdefault(item.step.label, item)
        if other.step.fingerprint != item.step.fingerprint:
            raise AmbiguousSourceError(
                f"{item.step.label} is asked for twice, of different sources: "
                f"{', '.join(other.roots)} and {', '.join(item.roots)}."
            )
    return steps
