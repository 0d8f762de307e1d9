"""A plan carried out: the scheduler decides, an executor does, reports go to whoever watches.

One thread takes events and gives instructions. Steps run in threads of a ``concurrent.futures``
executor, and what they compile in processes of its own. While some compile, sources are fetched in
the order in which they will be needed, and the steps that will be next are prepared.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
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
from orchestrator.pipeline.estimating import with_estimates, write_down
from orchestrator.pipeline.folder import remove_abandoned
from orchestrator.pipeline.perform import Performance, tell_failure
from orchestrator.pipeline.workshop import failure_of
from orchestrator.plan import scheduler
from orchestrator.plan.graph import still_to_do
from orchestrator.plan.scheduler import Scheduler, Task, Worker

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from orchestrator.model import Plan, PlanStep
    from orchestrator.pipeline.workshop import Workshop

_HERE = "here"
_FETCHES = 2
# Steps that are prepared while others compile.
_AHEAD = 2
# Threads wait for compilers, the network, other runs: they may be many.
_MOST_THREADS = 128
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
        KeyboardInterrupt: Nothing is left behind but logs.
    """
    done: dict[str, Published] = dict(known or {})
    for item in plan.steps:
        if item.step.label not in done and (made := workshop.kept(item.step)):
            done[item.step.label] = made
    lacking = list(still_to_do(_with_cached(plan, done)))
    if lacking:
        lacking = list(with_estimates(lacking, workshop.ledger))
    return _Run(plan, lacking, done, workshop).run()


class _Run:
    def __init__(
        self,
        plan: Plan,
        lacking: list[PlanStep],
        done: dict[str, Published],
        workshop: Workshop,
    ) -> None:
        options = workshop.options
        self._plan = plan
        self._workshop = workshop
        self._done = done
        self._lacking = {item.step.label: item for item in lacking}
        self._total = len(self._lacking) + sum(item.step.label in done for item in plan.steps)
        self._failed: dict[str, Failure] = {}
        self._skipped: list[Skipped] = []
        self._events: SimpleQueue[scheduler.Event | StepResult | BaseException] = SimpleQueue()
        self._performances: dict[str, Performance] = {}
        self._fetched: dict[str, Future[None]] = {}
        self._told, self._told_at = -1, 0.0
        cpus = os.cpu_count() or 1
        worker = Worker(
            name=_HERE,
            cpus=cpus,
            jobs=options.jobs or cpus,
            memory=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
            ahead=_AHEAD,
        )
        tasks = [_task(item, done) for item in lacking]
        self._scheduler = Scheduler(tasks, [worker], fail_fast=options.fail_fast)
        threads = min(_MOST_THREADS, len(lacking) + _AHEAD)
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="step")
        self._fetcher = ThreadPoolExecutor(max_workers=_FETCHES, thread_name_prefix="fetch")

    def run(self) -> BuildReport:
        if self._lacking:
            remove_abandoned()
            try:
                self._fetch_all()
                self._loop()
            except BaseException:
                self._workshop.processes.stop()
                raise
            finally:
                for executor in (self._fetcher, self._pool):
                    executor.shutdown(wait=True, cancel_futures=True)
                for performance in self._performances.values():
                    performance.close()
        return self._report()

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
            match instruction:
                case scheduler.Prepare():
                    self._pool.submit(self._prepare, label)
                case scheduler.Start(cpus=cpus):
                    future = self._pool.submit(self._perform, label, cpus)
                    future.add_done_callback(self._put_result)
                case scheduler.Skip(because=because):
                    self._skipped.append(Skipped(step=label, because=because))
                    self._workshop.emit(StepSkipped(step=label, because=because))
                case scheduler.Refuse(reason=reason):
                    self._refuse(label, reason)

    def _put_result(self, future: Future[StepResult]) -> None:
        if not future.cancelled():
            self._events.put(future.exception() or future.result())

    def _prepare(self, label: str) -> None:
        self._wait_for_source(label)
        self._performance(label).prepare(self._needs(label))

    def _perform(self, label: str, cpus: int) -> StepResult:
        self._wait_for_source(label)
        return self._performance(label).run(
            cpus,
            self._needs(label),
            compiled=lambda: self._events.put(scheduler.Compiled(step=label)),
            blocked=lambda: self._events.put(scheduler.Blocked(step=label)),
        )

    def _performance(self, label: str) -> Performance:
        performance = Performance(self._workshop, self._lacking[label])
        return self._performances.setdefault(label, performance)

    def _needs(self, label: str) -> dict[str, Published]:
        return {need: self._done[need] for need in self._lacking[label].needs}

    # --- sources ------------------------------------------------------------------------------

    def _fetch_all(self) -> None:
        """Fetches sources in the order in which they will be needed, but for the first."""
        paths = self._scheduler.paths
        for label in sorted(self._lacking, key=lambda label: -paths[label])[1:]:
            step = self._lacking[label].step
            if step.kind != "redirect" and step.source.kind in {"index", "url"}:
                self._fetched[label] = self._fetcher.submit(self._fetch, label)

    def _fetch(self, label: str) -> None:
        from orchestrator.build.fetch import fetch  # noqa: PLC0415 (only when built)

        source = self._lacking[label].step.source
        fetch(source, self._workshop.configuration, self._workshop.watch)

    def _wait_for_source(self, label: str) -> None:
        """Lets a download end that has begun; what failed is told by the step itself."""
        future = self._fetched.get(label)
        if future and not future.cancel():
            wait([future])

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


def _task(item: PlanStep, done: dict[str, Published]) -> Task:
    return Task(
        name=item.step.label,
        needs=tuple(need for need in item.needs if need not in done),
        seconds=item.seconds or _UNKNOWN_SECONDS,
        cpus=item.cpus,
        memory=item.memory,
    )
