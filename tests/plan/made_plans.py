"""Plans made by chance, for the scheduler's tests and its benchmark."""

from __future__ import annotations

import math
import random

from orchestrator.plan.scheduler import Task


def seconds_of_builds(chance: random.Random) -> float:
    """As builds take: most of them seconds, a few of them a hundred times as long."""
    return math.exp(chance.gauss(2.0, 1.2))


def layered(seed: int, steps: int = 1000, layers: int = 10) -> tuple[Task, ...]:
    """A plan in layers of about equal size; each step needs one to three of the layer below."""
    chance = random.Random(seed)
    names = [f"step-{number}" for number in range(steps)]
    size = math.ceil(steps / layers)
    tasks = []
    for number, name in enumerate(names):
        layer = number // size
        below = names[(layer - 1) * size : layer * size] if layer else []
        needs = chance.sample(below, min(chance.randint(1, 3), len(below)))
        tasks.append(Task(name=name, needs=tuple(needs), seconds=seconds_of_builds(chance)))
    return tuple(tasks)


def scattered(seed: int, steps: int = 1000) -> tuple[Task, ...]:
    """A plan without layers: each step needs up to three of any that come before it."""
    chance = random.Random(seed)
    return tuple(
        Task(
            name=f"step-{number}",
            needs=tuple(
                f"step-{need}"
                for need in chance.sample(range(number), min(number, chance.randint(0, 3)))
            ),
            seconds=seconds_of_builds(chance),
        )
        for number in range(steps)
    )


def mistaken(tasks: tuple[Task, ...], seed: int) -> dict[str, float]:
    """What the steps really take, where estimates are off by a factor of up to about three."""
    chance = random.Random(seed)
    return {task.name: task.seconds * math.exp(chance.gauss(0, 0.5)) for task in tasks}
