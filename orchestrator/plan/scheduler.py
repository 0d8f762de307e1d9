"""Which step of a plan is done next, and where: a state machine without clock, process or thread.

Events go in, instructions come out. Nothing waits for a round to end: whenever something ends, the
ready step with the **longest remaining path** starts, on the worker that has most CPUs free, if
its jobs, CPUs, memory and resources allow. An event costs O(log n) comparisons for n steps.

CPUs are handed out when a step starts, by what is known then: a step on whose path more remains
than a CPU's share of all work gets as many as bring its path down to that, and CPUs that nobody
else could use are given away; so a lone big build has all of them, and each of many small ones
has one.
"""

from __future__ import annotations

import bisect
import math
from typing import TYPE_CHECKING

from orchestrator.model import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

LOSSES = 3
"""How often a step may lose its worker before it counts as failed."""


class Task(Value):
    """What the scheduler knows of a step.

    Attributes:
        name: Of the step; unique.
        needs: Names of those that must have succeeded before.
        seconds: Estimated time on one CPU.
        cpus: That it can keep busy; 0: not known, so one is counted, and it is told of all that
            nobody else could use.
        memory: Bytes that it needs; 0: not known, and taken for nothing.
        resources: That its worker must have, e.g. ``macos-arm64``.
    """

    name: str
    needs: tuple[str, ...] = ()
    seconds: float = 1.0
    cpus: int = 1
    memory: int = 0
    resources: tuple[str, ...] = ()


class Worker(Value):
    """What can do steps, and how much at once.

    Attributes:
        name: Unique.
        cpus: That steps share.
        jobs: Steps that may compile at once.
        memory: Bytes that steps share; 0: not bounded.
        resources: That it has.
        ahead: Ready steps that it prepares while others compile.
    """

    name: str
    cpus: int
    jobs: int
    memory: int = 0
    resources: tuple[str, ...] = ()
    ahead: int = 0


# --- instructions -------------------------------------------------------------------------------


class Prepare(Value):
    """Do of a step what needs no CPU: it will soon be started there."""

    step: str
    worker: str


class Start(Value):
    """Do a step, with so many CPUs until it has been compiled."""

    step: str
    worker: str
    cpus: int


class Skip(Value):
    """A step will not be tried, because another one failed."""

    step: str
    because: str


class Refuse(Value):
    """A step failed without having been done."""

    step: str
    reason: str


Instruction = Prepare | Start | Skip | Refuse


# --- events ---------------------------------------------------------------------------------------


class Compiled(Value):
    """A step needs its CPUs and memory no longer, but has not ended."""

    step: str


class Blocked(Value):
    """Somebody else is doing a step, which needs nothing here until that is over."""

    step: str


class Succeeded(Value):
    """A step is done; what needs it can be."""

    step: str


class Failed(Value):
    """A step can't be done."""

    step: str


class Lost(Value):
    """The process that did a step is gone."""

    step: str


class Joined(Value):
    """There is a worker more."""

    worker: Worker


class Left(Value):
    """A worker is gone, with all that it was doing."""

    worker: str


Event = Compiled | Blocked | Succeeded | Failed | Lost | Joined | Left


class _Place:
    """A worker, and what is free of it."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self.cpus = worker.cpus
        self.jobs = worker.jobs
        self.memory = worker.memory
        self.running = 0  # compiling, or ending
        self.prepared: set[str] = set()

    def needed(self, task: Task) -> int:
        """The memory that a task takes here; one that needs more than there is, takes it all."""
        return min(task.memory, self.worker.memory)

    def roomy(self, task: Task) -> bool:
        """Whether it has the memory that a task needs, were all of it free."""
        return not self.worker.memory or task.memory <= self.worker.memory

    def suits(self, task: Task) -> bool:
        """Whether the task could be done here at all."""
        return set(task.resources) <= set(self.worker.resources)

    @property
    def open(self) -> bool:
        """Whether anything may start; those that are ending must not pile up."""
        return self.cpus > 0 and self.jobs > 0 and self.running < 2 * self.worker.jobs

    def beside(self, task: Task) -> int:
        """The memory with which another may start without keeping a waiting task waiting longer."""
        return (self.worker.memory - self.needed(task)) // self.worker.cpus


class _Running(Value):
    worker: str
    cpus: int = 0
    memory: int = 0
    compiling: bool = False
    counted: bool = True


class _Shape(Value):
    """What tasks have in common that fit the same workers: resources, size of memory."""

    resources: tuple[str, ...]
    memory: int


class Scheduler:
    """Schedules one plan.

    Args:
        tasks: In any order.
        workers: That are there from the start.
        fail_fast: Whether the first failure is the end of all that has not started.

    Raises:
        ValueError: A task needs one that is not there, or there is a cycle.
    """

    def __init__(
        self, tasks: Sequence[Task], workers: Iterable[Worker], *, fail_fast: bool = False
    ) -> None:
        self._tasks = {task.name: task for task in tasks}
        self._users: dict[str, list[str]] = {task.name: [] for task in tasks}
        self._missing = {task.name: len(set(task.needs)) for task in tasks}
        for task in tasks:
            for need in set(task.needs):
                self._users[need].append(task.name)
        self.paths: Mapping[str, float] = longest_paths(self._tasks, self._users)
        self._order = {task.name: -number for number, task in enumerate(tasks)}
        # Of each shape, sorted: the next one is the last.
        self._ready: dict[_Shape, list[tuple[float, int, str]]] = {}
        self._waiting = set(self._tasks)  # neither running nor ended
        self._running: dict[str, _Running] = {}
        self._losses: dict[str, int] = {}
        self._work = sum(task.seconds for task in tasks)
        self._count = 0  # ready
        self._fail_fast = fail_fast
        self._over = ""  # the failure after which nothing starts
        self._places = {worker.name: _Place(worker) for worker in workers}
        for name, missing in self._missing.items():
            if missing == 0:
                self._make_ready(name)

    @property
    def done(self) -> bool:
        """Whether every step has ended or will not be tried."""
        return not self._waiting and not self._running

    def remaining(self) -> float:
        """Seconds that no schedule of what has not ended can beat: its paths, and all its work."""
        cpus = sum(place.worker.cpus for place in self._places.values()) or 1
        paths = (self.paths[name] for name in (*self._running, *self._waiting))
        return max(max(paths, default=0.0), self._work / cpus)

    def start(self) -> tuple[Instruction, ...]:
        """The first instructions."""
        return tuple(self._next())

    def handle(self, event: Event) -> tuple[Instruction, ...]:
        """Takes note of an event; returns what is to be done now."""
        instructions: list[Instruction] = []
        match event:
            case Compiled(step=step):
                self._release(step)
            case Blocked(step=step):
                self._release(step, blocked=True)
            case Succeeded(step=step):
                self._succeed(step)
            case Failed(step=step):
                self._end(step)
                instructions += self._without(step)
            case Lost(step=step):
                instructions += self._lose(step)
            case Joined(worker=worker):
                self._places[worker.name] = _Place(worker)
            case Left(worker=name):
                instructions += self._leave(name)
        return (*instructions, *self._next())

    # --- what is ready ----------------------------------------------------------------------

    def _make_ready(self, name: str) -> None:
        task = self._tasks[name]
        # Powers of two: few lists, however many sizes there are.
        shape = _Shape(resources=task.resources, memory=task.memory.bit_length())
        entry = (self.paths[name], self._order[name], name)
        bisect.insort(self._ready.setdefault(shape, []), entry)
        self._count += 1

    def _take(self, shape: _Shape) -> Task:
        name = self._ready[shape].pop()[2]
        if not self._ready[shape]:
            del self._ready[shape]
        self._count -= 1
        return self._tasks[name]

    def _heads(self) -> Iterator[tuple[_Shape, Task]]:
        """The first task of every shape, those with most behind them first."""
        for shape, ready in sorted(self._ready.items(), key=lambda item: item[1][-1], reverse=True):
            yield shape, self._tasks[ready[-1][2]]

    # --- what starts --------------------------------------------------------------------------

    def _next(self) -> Iterator[Instruction]:
        while started := self._start_one():
            yield started
        if not self._running:
            yield from self._refuse_homeless()
        yield from self._prepare()

    def _start_one(self) -> Start | None:
        reserved: dict[str, int] = {}
        for shape, task in self._heads():
            suitable = self._suitable(task)
            place = max(
                (place for place in suitable if self._fits(task, place, reserved)),
                key=lambda place: place.cpus,
                default=None,
            )
            if place:
                self._take(shape)
                return self._started(task, place)
            for place in suitable:
                if place.open:
                    reserved.setdefault(place.worker.name, place.beside(task))
        return None

    def _suitable(self, task: Task) -> list[_Place]:
        """Where a task could be done: with the memory that it needs, where anybody has that."""
        able = [place for place in self._places.values() if place.suits(task)]
        return [place for place in able if place.roomy(task)] or able

    def _fits(self, task: Task, place: _Place, reserved: Mapping[str, int]) -> bool:
        memory = place.needed(task)
        allowed = min(place.memory, reserved.get(place.worker.name, place.memory))
        return place.open and memory <= allowed

    def _started(self, task: Task, place: _Place) -> Start:
        idle = max(0, place.cpus - 1 - self._count)  # beside this one, and all that is ready
        told = min(task.cpus or place.cpus, place.cpus, max(self._share(task), 1 + idle))
        held = told
        if task.cpus == 0:
            held, told = 1, 1 + idle
        memory = place.needed(task)
        place.cpus -= held
        place.jobs -= 1
        place.memory -= memory
        place.running += 1
        for other in self._places.values():
            other.prepared.discard(task.name)
        self._waiting.discard(task.name)
        worker = place.worker.name
        self._running[task.name] = _Running(worker=worker, cpus=held, memory=memory, compiling=True)
        return Start(step=task.name, worker=worker, cpus=told)

    def _share(self, task: Task) -> int:
        """CPUs that bring the task's path down to the time that all work takes at best."""
        every = sum(place.worker.cpus for place in self._places.values())
        if self._work <= 0:
            return 1
        return max(1, math.ceil(self.paths[task.name] * every / self._work - 1e-9))

    def _prepare(self) -> Iterator[Prepare]:
        """Names what will be started next, where workers prepare."""
        for place in self._places.values():
            wanted = place.worker.ahead - len(place.prepared)
            if wanted <= 0 or not self._count:
                continue
            nexts = (
                entry for ready in self._ready.values() for entry in ready[-place.worker.ahead :]
            )
            for _, _, name in sorted(nexts, reverse=True)[: place.worker.ahead]:
                if wanted and name not in place.prepared and place.suits(self._tasks[name]):
                    wanted -= 1
                    place.prepared.add(name)
                    yield Prepare(step=name, worker=place.worker.name)

    def _refuse_homeless(self) -> Iterator[Refuse | Skip]:
        """Nothing runs and nothing started: what is ready fits no worker that is there."""
        while self._ready:
            shape, task = next(self._heads())
            self._take(shape)
            self._waiting.discard(task.name)
            resources = ", ".join(task.resources) or "anything"
            yield Refuse(step=task.name, reason=f"no worker has {resources}")
            yield from self._without(task.name)

    # --- what ended ---------------------------------------------------------------------------

    def _release(self, step: str, *, blocked: bool = False) -> None:
        """Takes a step's CPUs, job and memory back; a blocked one does not count at all."""
        run = self._running[step]
        place = self._places.get(run.worker)
        if place:
            place.cpus += run.cpus
            place.jobs += run.compiling
            place.memory += run.memory
            place.running -= blocked and run.counted
        self._running[step] = _Running(worker=run.worker, counted=run.counted and not blocked)

    def _stop(self, step: str) -> None:
        self._release(step, blocked=True)
        del self._running[step]

    def _end(self, step: str) -> None:
        self._stop(step)
        self._work -= self._tasks[step].seconds

    def _succeed(self, step: str) -> None:
        self._end(step)
        for user in self._users[step]:
            self._missing[user] -= 1
            if self._missing[user] == 0 and user in self._waiting:
                self._make_ready(user)

    def _leave(self, worker: str) -> Iterator[Instruction]:
        self._places.pop(worker, None)
        for step in [step for step, run in self._running.items() if run.worker == worker]:
            yield from self._lose(step)

    def _lose(self, step: str) -> Iterator[Instruction]:
        self._losses[step] = self._losses.get(step, 0) + 1
        self._stop(step)
        if self._losses[step] < LOSSES and not self._over:
            self._waiting.add(step)
            self._make_ready(step)
            return
        self._work -= self._tasks[step].seconds
        if self._over:
            yield Skip(step=step, because=self._over)
            return
        yield Refuse(step=step, reason=f"its worker was lost {LOSSES} times")
        yield from self._without(step)

    def _without(self, failed: str) -> Iterator[Skip]:
        """What will not be tried after a failure: what needs the step, or all."""
        if self._fail_fast:
            self._over = self._over or failed
            self._ready.clear()
            self._count = 0
            doomed = sorted(self._waiting, key=self._order.__getitem__, reverse=True)
        else:
            doomed = list(self._behind(failed))
        for name in doomed:
            self._waiting.discard(name)
            self._work -= self._tasks[name].seconds
            yield Skip(step=name, because=failed)

    def _behind(self, failed: str) -> Iterator[str]:
        stack, seen = [failed], {failed}
        while stack:
            for user in self._users[stack.pop()]:
                if user in self._waiting and user not in seen:
                    seen.add(user)
                    stack.append(user)
                    yield user


def longest_paths(
    tasks: Mapping[str, Task], users: Mapping[str, Sequence[str]]
) -> dict[str, float]:
    """Seconds from the start of each task to the end of the last that waits for it.

    Raises:
        ValueError: There is a cycle.
    """
    waiting = {name: len(behind) for name, behind in users.items()}
    ended = [name for name, count in waiting.items() if count == 0]
    paths: dict[str, float] = {}
    while ended:
        name = ended.pop()
        behind = max((paths[user] for user in users[name]), default=0.0)
        paths[name] = tasks[name].seconds + behind
        for need in set(tasks[name].needs):
            waiting[need] -= 1
            if waiting[need] == 0:
                ended.append(need)
    if len(paths) < len(tasks):
        cycle = sorted(tasks.keys() - paths.keys())
        raise ValueError(f"steps need each other: {', '.join(cycle)}")
    return paths
