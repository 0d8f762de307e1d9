"""A plan carried out: the scheduler decides, a crew does, reports go to whoever watches.

One thread takes events and gives instructions.
"""

from __future__ import annotations

import time
from queue import SimpleQueue
from typing import TYPE_CHECKING

import msgspec

from orchestrator.errors import RefusedStepError
from orchestrator.model import (
    BuildReport,
    Failure,
    Progress,
    Published,
    PublishedWheel,
    Skipped,
    StepResult,
    StepSkipped,
)
from orchestrator.pipeline.crew import crew_of
from orchestrator.pipeline.estimating import with_estimates, write_down
from orchestrator.pipeline.perform import tell_failure
from orchestrator.pipeline.workshop import failure_of
from orchestrator.plan import scheduler
from orchestrator.plan.graph import still_to_do
from orchestrator.plan.scheduler import Scheduler, Task

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from orchestrator.model import Plan, PlanStep
    from orchestrator.pipeline.crew import Crew, Report
    from orchestrator.pipeline.workshop import Workshop

# What a step is taken to need of which nothing is known.
_UNKNOWN_SECONDS = 30.0
_PROGRESS_SECONDS = 1.0


def run(
    plan: Plan, workshop: Workshop, known: Mapping[str, PublishedWheel] | None = None
) -> BuildReport:
    """Does all steps of a plan that the wheelhouse lacks.

    A failure takes what needs the step, and nothing else, unless the options say ``fail_fast``.

    Args:
        plan: Whose steps are done.
        workshop: Of the run.
        known: What steps have made that were done and told of before, by their labels.

    Raises:
        ClusterError: The cluster is not there, or no longer.
        KeyboardInterrupt: Nothing is left behind but logs.
    """
    done: dict[str, Published] = dict(known or {})
    for item in plan.steps:
        if item.step.label not in done and (made := workshop.kept(item.step)):
            done[item.step.label] = made
    lacking = list(still_to_do(_with_cached(plan, done)))
    if lacking:
        lacking = list(with_estimates(lacking, workshop.ledger))
    return _Run(plan, lacking, done, workshop, crew_of(workshop)).run()


class _Run:
    def __init__(
        self,
        plan: Plan,
        lacking: list[PlanStep],
        done: dict[str, Published],
        workshop: Workshop,
        crew: Crew,
    ) -> None:
        self._plan = plan
        self._workshop = workshop
        self._done = done
        self._lacking = {item.step.label: item for item in lacking}
        self._total = len(self._lacking) + sum(item.step.label in done for item in plan.steps)
        self._failed: dict[str, Failure] = {}
        self._skipped: list[Skipped] = []
        self._events: SimpleQueue[Report] = SimpleQueue()
        self._told, self._told_at = -1, 0.0
        self._crew = crew
        self._scheduler = Scheduler(
            [self._task(item) for item in lacking],
            crew.workers,
            fail_fast=workshop.options.fail_fast,
        )

    def run(self) -> BuildReport:
        try:
            if self._lacking:
                paths = self._scheduler.paths
                order = sorted(self._lacking, key=lambda label: -paths[label])
                self._crew.begin([self._lacking[label] for label in order], self._events.put)
                self._loop()
        except BaseException:
            self._crew.stop()
            raise
        finally:
            self._crew.close()
        return self._report()

    def _task(self, item: PlanStep) -> Task:
        return Task(
            name=item.step.label,
            needs=tuple(need for need in item.needs if need not in self._done),
            seconds=item.seconds or _UNKNOWN_SECONDS,
            cpus=item.cpus,
            memory=item.memory,
            resources=self._crew.needed(item.step),
        )

    def _loop(self) -> None:
        self._obey(self._scheduler.start())
        while not self._scheduler.done:
            event = self._events.get()
            if isinstance(event, BaseException):
                raise event
            if isinstance(event, StepResult):
                event = self._ended(event)
            self._obey(self._scheduler.handle(event))
            if len(self._plan.steps) > 1:
                self._tell_progress()

    # --- what the scheduler wants ---------------------------------------------------------------

    def _obey(self, instructions: Iterable[scheduler.Instruction]) -> None:
        for instruction in instructions:
            label = instruction.step
            work = self._lacking[label]
            needs = {need: self._done[need] for need in work.needs if need in self._done}
            match instruction:
                case scheduler.Prepare(worker=worker):
                    self._crew.prepare(work, worker, needs)
                case scheduler.Start(worker=worker, cpus=cpus):
                    self._crew.start(work, worker, cpus, needs)
                case scheduler.Skip(because=because):
                    self._skipped.append(Skipped(step=label, because=because))
                    self._workshop.emit(StepSkipped(step=label, because=because))
                case scheduler.Refuse(reason=reason):
                    self._refuse(label, reason)

    # --- what came of it ------------------------------------------------------------------------

    def _ended(self, result: StepResult) -> scheduler.Event:
        label = result.step.label
        write_down(result, self._workshop.ledger)
        if isinstance(result.result, Failure):
            self._failed[label] = result.result
            return scheduler.Failed(step=label)
        self._done[label] = result.result
        return scheduler.Succeeded(step=label)

    def _refuse(self, label: str, reason: str) -> None:
        source = self._lacking[label].step.source
        error = RefusedStepError(f"{label} was not done: {reason}.")
        tell_failure(self._workshop.emit, label, error)
        self._failed[label] = failure_of(error, name=source.name, version=source.version)

    def _tell_progress(self) -> None:
        ended = len(self._done) + len(self._failed) + len(self._skipped)
        now = time.monotonic()
        if ended == self._told or now - self._told_at < _PROGRESS_SECONDS:
            return
        self._told, self._told_at = ended, now
        known = all(item.seconds for item in self._lacking.values())
        seconds = self._scheduler.remaining() if known else None
        total = self._total
        self._workshop.emit(Progress(ended=ended, total=total, seconds=seconds))

    def _report(self) -> BuildReport:
        labels = [item.step.label for item in self._plan.steps]
        return BuildReport(
            wheels=tuple(
                made
                for label in labels
                if isinstance(made := self._done.get(label), PublishedWheel)
            ),
            failed=tuple(self._failed[label] for label in labels if label in self._failed),
            wheelhouse=self._workshop.wheelhouse.directory,
            skipped=tuple(self._skipped),
        )


def _with_cached(plan: Plan, done: Mapping[str, Published]) -> Plan:
    """The plan as the wheelhouse is now."""
    names = {label: made.path.name for label, made in done.items()}
    return msgspec.structs.replace(
        plan,
        steps=tuple(
            msgspec.structs.replace(item, cached=names.get(item.step.label, ""))
            for item in plan.steps
        ),
    )
