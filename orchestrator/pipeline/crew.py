"""Who does the steps of a plan: this process, or the workers of a cluster (``pipeline.cluster``).

Either way a step is a call that an executor of ``concurrent.futures`` makes.
"""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Protocol

from orchestrator.model import PlanStep, Published, StepResult
from orchestrator.pipeline.folder import remove_abandoned
from orchestrator.pipeline.perform import Performance
from orchestrator.plan import scheduler
from orchestrator.plan.scheduler import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from orchestrator.model import Step
    from orchestrator.pipeline.workshop import Workshop

Report = scheduler.Event | StepResult | BaseException
"""What a crew tells: what happened, how a step ended, or why all is over."""

_HERE = "here"
_FETCHES = 2
# Steps that are prepared while others compile.
_AHEAD = 2
# Threads wait for compilers, the network, other runs: they may be many.
_MOST_THREADS = 128


class Crew(Protocol):
    """Does steps."""

    @property
    def workers(self) -> tuple[Worker, ...]:
        """Who is there at the beginning."""

    def needed(self, step: Step) -> tuple[str, ...]:
        """Names of the resources that a worker must have to do a step."""

    def begin(self, steps: Sequence[PlanStep], put: Callable[[Report], None]) -> None:
        """Makes itself ready.

        Args:
            steps: That will be done, those that come first in front.
            put: Told of everything that happens, by any thread.
        """

    def prepare(self, work: PlanStep, worker: str, needs: Mapping[str, Published]) -> None:
        """Does of a step what needs no CPU, sometime."""

    def start(self, work: PlanStep, worker: str, cpus: int, needs: Mapping[str, Published]) -> None:
        """Begins a step; how it ends is told."""

    def stop(self) -> None:
        """Ends all that is being done, at once."""

    def close(self) -> None:
        """Waits for the end of what is being done, and leaves nothing behind."""


def crew_of(workshop: Workshop) -> Crew:
    """Who does the steps of a run, by its options.

    Raises:
        ClusterError: There is no such cluster, or nobody in it who could do anything.
    """
    if not workshop.options.cluster:
        return Here(workshop)
    from orchestrator.pipeline.cluster import Cluster  # noqa: PLC0415 (an extra)

    return Cluster(workshop.options.cluster, workshop)


def check_crew(workshop: Workshop) -> None:
    """Finds out that a cluster is not there before anything is planned.

    Raises:
        ClusterError: There is no such cluster, or nobody in it who could do anything.
    """
    if workshop.options.cluster:
        crew_of(workshop).close()


class Here:
    """This process: steps run in threads, and what they compile in processes of its own.

    While some compile, sources are fetched in the order in which they will be needed.
    """

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._put: Callable[[Report], None] = lambda _: None
        self._performances: dict[str, Performance] = {}
        self._fetched: dict[str, Future[None]] = {}
        self._pool = ThreadPoolExecutor(_MOST_THREADS, thread_name_prefix="step")
        self._fetcher = ThreadPoolExecutor(_FETCHES, thread_name_prefix="fetch")

    @property
    def workers(self) -> tuple[Worker, ...]:
        """This process alone."""
        cpus = os.cpu_count() or 1
        worker = Worker(
            name=_HERE,
            cpus=cpus,
            jobs=self._workshop.options.jobs or cpus,
            memory=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
            ahead=_AHEAD,
        )
        return (worker,)

    def needed(self, step: Step) -> tuple[str, ...]:  # noqa: ARG002 (what is lacking says the step)
        """Nothing: steps are planned for this machine."""
        return ()

    def begin(self, steps: Sequence[PlanStep], put: Callable[[Report], None]) -> None:
        """Removes what killed runs left, and begins to fetch sources, but for the first."""
        remove_abandoned()
        self._put = put
        for work in steps[1:]:
            step = work.step
            if step.kind != "redirect" and step.source.kind in {"index", "url"}:
                self._fetched[step.label] = self._fetcher.submit(self._fetch, work)

    def prepare(self, work: PlanStep, worker: str, needs: Mapping[str, Published]) -> None:  # noqa: ARG002 (there is one)
        """Prepares a step."""
        self._pool.submit(self._prepare, work, needs)

    def start(
        self,
        work: PlanStep,
        worker: str,  # noqa: ARG002 (there is one)
        cpus: int,
        needs: Mapping[str, Published],
    ) -> None:
        """Begins a step."""
        future = self._pool.submit(self._perform, work, cpus, needs)
        future.add_done_callback(self._put_result)

    def stop(self) -> None:
        """Kills what is being compiled."""
        self._workshop.processes.stop()

    def close(self) -> None:
        """Waits for steps, and removes their folders."""
        for executor in (self._fetcher, self._pool):
            executor.shutdown(wait=True, cancel_futures=True)
        for performance in self._performances.values():
            performance.close()

    def _put_result(self, future: Future[StepResult]) -> None:
        if not future.cancelled():
            self._put(future.exception() or future.result())

    def _prepare(self, work: PlanStep, needs: Mapping[str, Published]) -> None:
        self._wait_for_source(work)
        self._performance(work).prepare(needs)

    def _perform(self, work: PlanStep, cpus: int, needs: Mapping[str, Published]) -> StepResult:
        self._wait_for_source(work)
        label = work.step.label
        return self._performance(work).run(
            cpus,
            needs,
            compiled=lambda: self._put(scheduler.Compiled(step=label)),
            blocked=lambda: self._put(scheduler.Blocked(step=label)),
        )

    def _performance(self, work: PlanStep) -> Performance:
        performance = Performance(self._workshop, work)
        return self._performances.setdefault(work.step.label, performance)

    def _fetch(self, work: PlanStep) -> None:
        from orchestrator.build.fetch import fetch  # noqa: PLC0415 (only when built)

        fetch(work.step.source, self._workshop.configuration, self._workshop.watch)

    def _wait_for_source(self, work: PlanStep) -> None:
        """Lets a download end that has begun; what failed is told by the step itself."""
        future = self._fetched.get(work.step.label)
        if future and not future.cancel():
            wait([future])
