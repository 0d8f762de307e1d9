"""How long a plan takes by its estimates: the scheduler before a pretended clock."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from orchestrator.model import Value
from orchestrator.plan.scheduler import Scheduler, Start, Succeeded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from orchestrator.plan.scheduler import Task, Worker


class Turn(Value):
    """One step of a simulated run: where, on how many CPUs, from when to when (seconds)."""

    step: str
    worker: str
    cpus: int
    began: float
    ended: float


def simulate(
    tasks: Sequence[Task], workers: Iterable[Worker], actual: Mapping[str, float] | None = None
) -> tuple[Turn, ...]:
    """Runs a plan in which nothing fails, and steps get faster with every CPU they have.

    Args:
        tasks: With their estimates.
        workers: That do them.
        actual: Seconds on one CPU that steps turn out to take; those of the estimates where
            they are not named.

    Returns:
        In the order of their ends. A task that fits no worker is missing, and all that needs it.
    """
    estimates = {task.name: task.seconds for task in tasks}
    seconds = estimates | dict(actual or {})
    scheduler = Scheduler(tasks, workers)
    turns: list[Turn] = []
    running: list[tuple[float, int, Turn]] = []
    now, instructions = 0.0, scheduler.start()
    while True:
        for instruction in instructions:
            if isinstance(instruction, Start):
                ended = now + seconds[instruction.step] / instruction.cpus
                turn = Turn(
                    step=instruction.step,
                    worker=instruction.worker,
                    cpus=instruction.cpus,
                    began=now,
                    ended=ended,
                )
                heapq.heappush(running, (ended, len(turns) + len(running), turn))
        if not running:
            return tuple(turns)
        now, _, turn = heapq.heappop(running)
        turns.append(turn)
        instructions = scheduler.handle(Succeeded(step=turn.step))


def makespan(turns: Iterable[Turn]) -> float:
    """Seconds from the first start to the last end."""
    return max((turn.ended for turn in turns), default=0.0)
