"""A plan cut into jobs: what is connected stays together unless it is too much for one machine.

Whatever the cut, every step is in one job, behind those it needs: they are in the same job, or in
jobs that this one waits for.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from orchestrator.model import PlanStep, Value

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from orchestrator.model import Platform

# What a job takes before it builds: a machine, Pythons, orchestrator. A step of unknown duration
# counts as much.
SECONDS_TO_START = 60.0
# Less work than this is not worth another machine.
SECONDS_WORTH_A_JOB = 900.0
# A part may be this much above its share before it is cut.
_TOLERANCE = 1.25
# The oldest of GitHub's machines with Apple silicon that runs what is for the macOS named.
_MACOS_RUNNERS = {15: "macos-15", 26: "macos-26"}
_LINUX_RUNNERS = {"aarch64": "ubuntu-24.04-arm", "x86_64": "ubuntu-24.04"}


class Job(Value):
    """What one machine builds.

    Attributes:
        name: Identifies it in the workflow, e.g. ``macos-15-2``.
        runner: Label of the machine.
        steps: Each behind those it needs; libraries are not among them.
        needs: Names of the jobs that must be done before.
        seconds: Estimated.
    """

    name: str
    runner: str
    steps: tuple[PlanStep, ...]
    needs: tuple[str, ...] = ()
    seconds: float = 0.0


_Part = list[PlanStep]


def cut(steps: Sequence[PlanStep], most: int) -> tuple[Job, ...]:
    """The jobs of a plan, each behind those it needs.

    Args:
        steps: Of the plan, in its order.
        most: Jobs for each kind of machine that there may be at a time.
    """
    libraries = {item.step.label: item for item in steps if item.step.kind == "library"}
    machines: dict[str, _Part] = defaultdict(list)
    for item in steps:
        if item.step.kind != "library":
            machines[runner_for(item.step.target.platform)].append(item)
    return tuple(
        job
        for runner in sorted(machines)
        for job in _jobs_of(machines[runner], runner, libraries, most)
    )


def runner_for(platform: Platform) -> str:
    """The label of the machine of GitHub's that runs what is built for a platform."""
    if platform.os == "linux":
        return _LINUX_RUNNERS[platform.arch]
    fitting = (name for version, name in _MACOS_RUNNERS.items() if version >= platform.minimum[0])
    return next(fitting, _MACOS_RUNNERS[max(_MACOS_RUNNERS)])


def _jobs_of(
    steps: _Part, runner: str, libraries: Mapping[str, PlanStep], most: int
) -> Iterator[Job]:
    total = _weight(steps, libraries)
    share = total / max(1, min(most, math.ceil(total / SECONDS_WORTH_A_JOB)))
    parts: list[_Part] = []
    for component in _components(steps, libraries):
        if _weight(component, libraries) > share * _TOLERANCE:
            parts += _chains(component)
        else:
            parts.append(component)
    packed = _packed(parts, share, libraries)
    if len(packed) > most:  # so entangled that cutting would make too many
        packed = _packed(list(_components(steps, libraries)), share, libraries)
    order = {item.step.label: number for number, item in enumerate(steps)}
    where: dict[str, str] = {}
    for number, part in enumerate(packed, 1):
        name = f"{runner.replace('.', '_')}-{number}"
        needed = {need for item in part for need in item.needs if need in order}
        jobs = dict.fromkeys(where[need] for need in sorted(needed) if need in where)
        where |= {item.step.label: name for item in part}
        yield Job(
            name=name,
            runner=runner,
            steps=tuple(sorted(part, key=lambda item: order[item.step.label])),
            needs=tuple(jobs),
            seconds=_weight(part, libraries),
        )


def _seconds(item: PlanStep) -> float:
    return item.seconds or SECONDS_TO_START


def _weight(part: Iterable[PlanStep], libraries: Mapping[str, PlanStep]) -> float:
    """Seconds of its steps, and of the libraries that they need, each of which is built once."""
    part = tuple(part)
    needed = {need for item in part for need in item.needs if need in libraries}
    return sum(map(_seconds, part)) + sum(_seconds(libraries[need]) for need in needed)


def _components(steps: _Part, libraries: Collection[str]) -> Iterator[_Part]:
    """What is connected by needs, or by libraries that are needed together."""
    own = {item.step.label for item in steps} | set(libraries)
    root: dict[str, str] = {}

    def find(label: str) -> str:
        while root.setdefault(label, label) != label:
            label = root[label]
        return label

    for item in steps:
        for need in item.needs:
            if need in own:
                root[find(need)] = find(item.step.label)
    groups: dict[str, _Part] = defaultdict(list)
    for item in steps:
        groups[find(item.step.label)].append(item)
    yield from groups.values()


def _chains(component: _Part) -> list[_Part]:
    """A component cut where ways part or meet: what remains together are chains."""
    labels = {item.step.label for item in component}
    needs = {item.step.label: [need for need in item.needs if need in labels] for item in component}
    users = Counter(need for found in needs.values() for need in found)
    chains: dict[str, _Part] = {}
    for item in component:
        own = needs[item.step.label]
        continues = len(own) == 1 and users[own[0]] == 1
        chain = chains[own[0]] if continues else []
        chain.append(item)
        chains[item.step.label] = chain
    return list({id(chain): chain for chain in chains.values()}.values())


def _packed(parts: Sequence[_Part], share: float, libraries: Mapping[str, PlanStep]) -> list[_Part]:
    """Parts that could run at the same time, joined until each is about one share of the work.

    Parts of one level need none of each other, so that no two jobs can come to wait for each other.
    """
    levels = _levels(parts)
    packed: list[_Part] = []
    for level in sorted(set(levels)):
        group = [part for part, own in zip(parts, levels, strict=True) if own == level]
        group.sort(key=lambda part: -_weight(part, libraries))
        weight = sum(_weight(part, libraries) for part in group)
        bins: list[_Part] = [[] for _ in range(max(1, min(len(group), round(weight / share))))]
        for part in group:
            min(bins, key=lambda found: _weight(found, libraries)).extend(part)
        packed += bins
    return packed


def _levels(parts: Sequence[_Part]) -> list[int]:
    """How many parts must be done one after the other before each; needed ones come first."""
    where = {item.step.label: number for number, part in enumerate(parts) for item in part}
    levels: list[int] = []
    for number, part in enumerate(parts):
        needed = {where[need] for item in part for need in item.needs if need in where}
        levels.append(max((levels[other] + 1 for other in needed - {number}), default=0))
    return levels
