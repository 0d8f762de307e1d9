"""How long a plan will take, by its estimates. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.model import Value
from orchestrator.plan.graph import still_to_do
from orchestrator.plan.scheduler import Task, Worker
from orchestrator.plan.simulation import makespan, simulate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.model import Plan, PlanStep

# What a step is taken to need of which nothing is known.
_UNKNOWN_SECONDS = 30.0


class Outlook(Value):
    """How long a plan will take.

    Attributes:
        jobs: Steps that may compile at once, on as many CPUs.
        steps: That are to be done.
        cached: That are done.
        critical_path: Seconds of the longest chain of steps that need each other, each on as many
            CPUs as it can use.
        cpu_seconds: Of all steps together.
        seconds: From the start to the end.
    """

    jobs: int
    steps: int
    cached: int
    critical_path: float
    cpu_seconds: float
    seconds: float


def outlook(plan: Plan, jobs: int) -> Outlook:
    """Runs a plan before a pretended clock.

    Args:
        plan: With estimates.
        jobs: Steps that may compile at once, on as many CPUs.
    """
    steps = still_to_do(plan)
    tasks = _tasks(steps)
    turns = simulate(tasks, [Worker(name="here", cpus=jobs, jobs=jobs)])
    return Outlook(
        jobs=jobs,
        steps=len(steps),
        cached=sum(1 for item in plan.steps if item.cached),
        critical_path=round(_critical_path(tasks, jobs), 1),
        cpu_seconds=round(sum(task.seconds for task in tasks), 1),
        seconds=round(makespan(turns), 1),
    )


def _tasks(steps: Sequence[PlanStep]) -> list[Task]:
    labels = {item.step.label for item in steps}
    return [
        Task(
            name=item.step.label,
            needs=tuple(need for need in item.needs if need in labels),
            seconds=item.seconds or _UNKNOWN_SECONDS,
            cpus=max(1, item.cpus),
            memory=item.memory,
        )
        for item in steps
    ]


def _critical_path(tasks: Sequence[Task], cpus: int) -> float:
    ends: dict[str, float] = {}
    for task in tasks:  # each behind what it needs
        began = max((ends[need] for need in task.needs), default=0.0)
        ends[task.name] = began + task.seconds / min(task.cpus, cpus)
    return max(ends.values(), default=0.0)
