"""The scheduler, driven through thousands of pretended builds."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_plans import layered, mistaken, scattered

from orchestrator.plan.scheduler import (
    LOSSES,
    Blocked,
    Compiled,
    Failed,
    Joined,
    Left,
    Lost,
    Prepare,
    Refuse,
    Scheduler,
    Skip,
    Start,
    Succeeded,
    Task,
    Worker,
)
from orchestrator.plan.simulation import makespan, simulate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.plan.scheduler import Event, Instruction

GB = 10**9


def here(cpus: int, *, jobs: int = 0, memory: int = 0, ahead: int = 0) -> Worker:
    return Worker(name="here", cpus=cpus, jobs=jobs or cpus, memory=memory, ahead=ahead)


def started(instructions: Sequence[Instruction]) -> dict[str, int]:
    """The steps that start, with their CPUs."""
    return {each.step: each.cpus for each in instructions if isinstance(each, Start)}


def skipped(instructions: Sequence[Instruction]) -> dict[str, str]:
    return {each.step: each.because for each in instructions if isinstance(each, Skip)}


# --- one thing at a time ----------------------------------------------------------------------


def test_longest_remaining_path_first() -> None:
    tasks = (
        Task(name="long", seconds=5),
        Task(name="first", seconds=2),
        Task(name="last", needs=("first",), seconds=4),
    )
    scheduler = Scheduler(tasks, [here(1)])
    assert list(started(scheduler.start())) == ["first"]
    assert list(started(scheduler.handle(Succeeded(step="first")))) == ["long"]


def test_no_barrier_between_rounds() -> None:
    tasks = (
        Task(name="slow", seconds=100),
        Task(name="quick", seconds=1),
        Task(name="next", needs=("quick",), seconds=1),
    )
    scheduler = Scheduler(tasks, [here(2)])
    assert set(started(scheduler.start())) == {"slow", "quick"}
    assert set(started(scheduler.handle(Succeeded(step="quick")))) == {"next"}


def test_lone_big_build_has_all_cpus() -> None:
    scheduler = Scheduler([Task(name="numpy", cpus=64, seconds=600)], [here(8)])
    assert started(scheduler.start()) == {"numpy": 8}


def test_many_small_builds_have_one_cpu_each() -> None:
    tasks = [Task(name=f"small-{number}", cpus=64, seconds=10) for number in range(32)]
    assert set(started(Scheduler(tasks, [here(8)]).start()).values()) == {1}


def test_big_build_among_small_ones_has_as_many_cpus_as_it_takes() -> None:
    small = [Task(name=f"small-{number}", seconds=10) for number in range(30)]
    big = Task(name="big", cpus=64, seconds=300)
    cpus = started(Scheduler([*small, big], [here(8)]).start())
    assert cpus["big"] == 4  # half of all work, of eight CPUs
    assert len(cpus) == 5


def test_build_of_which_nothing_is_known_is_told_of_idle_cpus_but_holds_one() -> None:
    tasks = [Task(name="first", cpus=0, seconds=9), Task(name="next", cpus=0, needs=("quick",))]
    scheduler = Scheduler([*tasks, Task(name="quick")], [here(4)])
    assert started(scheduler.start()) == {"first": 3, "quick": 1}
    assert started(scheduler.handle(Succeeded(step="quick"))) == {"next": 3}


def test_build_that_uses_one_cpu_is_given_one() -> None:
    assert started(Scheduler([Task(name="setup.py")], [here(8)]).start()) == {"setup.py": 1}


def test_cpus_are_free_again_once_compiled() -> None:
    tasks = [Task(name="a", seconds=3), Task(name="b", seconds=2), Task(name="c", seconds=1)]
    scheduler = Scheduler(tasks, [here(1)])
    scheduler.start()
    assert set(started(scheduler.handle(Compiled(step="a")))) == {"b"}
    # Those that are ending don't pile up: two for each job is all.
    assert not started(scheduler.handle(Compiled(step="b")))
    assert set(started(scheduler.handle(Succeeded(step="a")))) == {"c"}


def test_step_that_others_do_holds_nothing() -> None:
    tasks = [Task(name=str(number), seconds=10 - number) for number in range(5)]
    scheduler = Scheduler(tasks, [here(1)])
    scheduler.start()
    for number in range(4):
        instructions = scheduler.handle(Blocked(step=str(number)))
        assert set(started(instructions)) == {str(number + 1)}
    for number in range(5):
        scheduler.handle(Succeeded(step=str(number)))
    assert scheduler.done


def test_memory_bounds_what_runs_together() -> None:
    tasks = [Task(name=f"torch-{n}", memory=6 * GB, seconds=10 - n) for n in range(3)]
    scheduler = Scheduler(tasks, [here(8, memory=16 * GB)])
    assert set(started(scheduler.start())) == {"torch-0", "torch-1"}
    assert set(started(scheduler.handle(Succeeded(step="torch-0")))) == {"torch-2"}


def test_step_larger_than_the_memory_runs_alone() -> None:
    tasks = [Task(name="huge", memory=99 * GB, seconds=9), Task(name="one", memory=GB, seconds=1)]
    scheduler = Scheduler(tasks, [here(8, memory=16 * GB)])
    assert set(started(scheduler.start())) == {"huge"}


def test_a_step_goes_to_those_who_have_its_memory() -> None:
    small = Worker(name="small", cpus=8, jobs=8, memory=8 * GB)
    large = Worker(name="large", cpus=2, jobs=1, memory=64 * GB)
    tasks = [Task(name=f"torch-{n}", memory=16 * GB, seconds=10 - n) for n in range(2)]
    scheduler = Scheduler(tasks, [small, large])
    assert [each.worker for each in scheduler.start()] == ["large"]  # the other one waits for it
    assert [each.worker for each in scheduler.handle(Succeeded(step="torch-0"))] == ["large"]
    # Where nobody has it, whoever there is must do.
    scheduler.handle(Left(worker="large"))
    scheduler = Scheduler(tasks[:1], [small])
    assert [each.worker for each in scheduler.start()] == ["small"]


def test_small_ones_do_not_starve_one_that_waits_for_memory() -> None:
    small = [Task(name=f"small-{n}", memory=4 * GB, seconds=10) for n in range(8)]
    big = Task(name="big", memory=12 * GB, seconds=50, needs=("small-0",))
    scheduler = Scheduler([*small, big], [here(4, memory=16 * GB)])
    running = set(started(scheduler.start()))
    assert "small-0" in running
    assert not started(scheduler.handle(Succeeded(step="small-0")))
    others = sorted(running - {"small-0"})
    assert not started(scheduler.handle(Succeeded(step=others[0])))
    assert set(started(scheduler.handle(Succeeded(step=others[1])))) == {"big"}


def test_failure_takes_only_what_needs_it() -> None:
    tasks = (
        Task(name="lib"),
        Task(name="user", needs=("lib",)),
        Task(name="user-of-user", needs=("user", "other")),
        Task(name="other"),
    )
    scheduler = Scheduler(tasks, [here(2)])
    scheduler.start()
    instructions = scheduler.handle(Failed(step="lib"))
    assert skipped(instructions) == {"user": "lib", "user-of-user": "lib"}
    scheduler.handle(Succeeded(step="other"))
    assert scheduler.done


def test_fail_fast_takes_all_that_has_not_started() -> None:
    tasks = [Task(name=name) for name in "abc"]
    scheduler = Scheduler(tasks, [here(2)], fail_fast=True)
    scheduler.start()
    assert skipped(scheduler.handle(Failed(step="a"))) == {"c": "a"}
    assert not scheduler.done
    assert not scheduler.handle(Succeeded(step="b"))
    assert scheduler.done


def test_lost_step_is_tried_elsewhere_a_few_times() -> None:
    workers = [Worker(name=name, cpus=1, jobs=1) for name in "xyz"]
    scheduler = Scheduler([Task(name="a"), Task(name="b", needs=("a",))], workers)
    (start,) = scheduler.start()
    seen = set()
    for _ in range(LOSSES - 1):
        assert isinstance(start, Start)
        seen.add(start.worker)
        (start,) = scheduler.handle(Left(worker=start.worker))
    refused, skip = scheduler.handle(Lost(step="a"))
    assert isinstance(refused, Refuse)
    assert skip == Skip(step="b", because="a")
    assert seen == {"x", "y"}
    assert scheduler.done


def test_steps_go_only_where_their_resources_are() -> None:
    mac = Worker(name="mac", cpus=1, jobs=1, resources=("macos-arm64",))
    arm = Worker(name="arm", cpus=4, jobs=4, resources=("linux-aarch64",))
    tasks = [Task(name=f"mac-{n}", resources=("macos-arm64",)) for n in range(2)]
    tasks += [Task(name=f"arm-{n}", resources=("linux-aarch64",)) for n in range(2)]
    scheduler = Scheduler(tasks, [mac, arm])
    places = {each.step: each.worker for each in scheduler.start() if isinstance(each, Start)}
    assert places == {"mac-0": "mac", "arm-0": "arm", "arm-1": "arm"}


def test_step_that_fits_no_worker_is_refused_and_says_what_it_lacks() -> None:
    tasks = [Task(name="a", resources=("macos-arm64",)), Task(name="b", needs=("a",))]
    scheduler = Scheduler(tasks, [here(2)])
    refused, skip = scheduler.start()
    assert refused == Refuse(step="a", reason="no worker has macos-arm64")
    assert skip == Skip(step="b", because="a")
    assert scheduler.done


def test_worker_that_joins_gets_work() -> None:
    scheduler = Scheduler([Task(name="a"), Task(name="b")], [here(1)])
    scheduler.start()
    joined = scheduler.handle(Joined(worker=Worker(name="more", cpus=1, jobs=1)))
    assert joined == (Start(step="b", worker="more", cpus=1),)


def test_what_comes_next_is_prepared() -> None:
    tasks = [Task(name=str(number), seconds=10 - number) for number in range(5)]
    scheduler = Scheduler(tasks, [here(1, ahead=2)])
    first = scheduler.start()
    assert [each.step for each in first if isinstance(each, Prepare)] == ["1", "2"]
    second = scheduler.handle(Succeeded(step="0"))
    assert started(second) == {"1": 1}
    assert [each.step for each in second if isinstance(each, Prepare)] == ["3"]


def test_cycle_is_refused() -> None:
    with pytest.raises(ValueError, match="a, b"):
        Scheduler([Task(name="a", needs=("b",)), Task(name="b", needs=("a",))], [here(1)])


# --- thousands of builds --------------------------------------------------------------------


@st.composite
def plans(draw: st.DrawFn) -> list[Task]:
    tasks: list[Task] = []
    for number in range(draw(st.integers(1, 30))):
        needs = (
            draw(st.lists(st.integers(0, number - 1), max_size=3, unique=True)) if number else []
        )
        tasks.append(
            Task(
                name=str(number),
                needs=tuple(map(str, needs)),
                seconds=draw(st.floats(0, 100)),
                cpus=draw(st.integers(0, 16)),
                memory=draw(st.sampled_from([0, 1, 3, 8, 20])),
                resources=draw(st.sampled_from([(), (), ("mac",)])),
            )
        )
    return tasks


workers = st.builds(
    Worker,
    name=st.just(""),
    cpus=st.integers(1, 8),
    jobs=st.integers(1, 8),
    memory=st.sampled_from([0, 8, 16]),
    resources=st.sampled_from([(), ("mac",)]),
    ahead=st.integers(0, 3),
)


class Witness:
    """Runs a plan as chance will have it, and checks every instruction."""

    def __init__(self, tasks: list[Task], there: list[Worker], chance: random.Random) -> None:
        self.chance = chance
        self.tasks = {task.name: task for task in tasks}
        self.workers = {worker.name: worker for worker in there}
        self.running: dict[str, Start] = {}
        self.compiled: set[str] = set()
        self.ended: dict[str, str] = {}
        self.scheduler = Scheduler(tasks, there)

    def run(self) -> dict[str, str]:
        self.obey(self.scheduler.start())
        while self.running:
            step = self.chance.choice(sorted(self.running))
            self.obey(self.scheduler.handle(self.event(step)))
        assert self.scheduler.done
        assert self.ended.keys() == self.tasks.keys()
        return self.ended

    def event(self, step: str) -> Event:
        kind = self.chance.random()
        if kind < 0.3 and step not in self.compiled:
            self.compiled.add(step)
            return Compiled(step=step) if kind < 0.2 else Blocked(step=step)
        worker = self.running[step].worker
        if kind < 0.33:
            for lost in [name for name, start in self.running.items() if start.worker == worker]:
                self.forget(lost)
            del self.workers[worker]
            return Left(worker=worker)
        self.forget(step)
        if kind < 0.4:
            return Lost(step=step)
        self.ended[step] = "failed" if kind < 0.5 else "done"
        return Failed(step=step) if kind < 0.5 else Succeeded(step=step)

    def forget(self, step: str) -> None:
        del self.running[step]
        self.compiled.discard(step)

    def obey(self, instructions: Sequence[Instruction]) -> None:
        for each in instructions:
            assert each.step not in self.ended
            assert each.step not in self.running
            match each:
                case Start():
                    self.running[each.step] = each
                    self.check_start(each)
                case Skip(step=step, because=because):
                    assert self.ended[because] in {"failed", "refused"}
                    assert because in self.behind(step)
                    self.ended[step] = "skipped"
                case Refuse(step=step):
                    self.ended[step] = "refused"
                case Prepare(worker=worker):
                    assert worker in self.workers

    def check_start(self, start: Start) -> None:
        worker, task = self.workers[start.worker], self.tasks[start.step]
        assert all(self.ended.get(need) == "done" for need in task.needs)
        assert set(task.resources) <= set(worker.resources)
        assert 1 <= start.cpus <= (task.cpus or worker.cpus)
        compiling = [
            each
            for name, each in self.running.items()
            if each.worker == start.worker and name not in self.compiled
        ]
        assert len(compiling) <= worker.jobs
        held = (each.cpus if self.tasks[each.step].cpus else 1 for each in compiling)
        assert sum(held) <= worker.cpus
        # One that needs more than there is takes all there is.
        memory = [min(self.tasks[each.step].memory, worker.memory) for each in compiling]
        assert sum(memory) <= worker.memory

    def behind(self, step: str) -> set[str]:
        needs = set(self.tasks[step].needs)
        return needs.union(*(self.behind(need) for need in needs))


@settings(max_examples=100, deadline=None)
@given(plans(), st.lists(workers, min_size=1, max_size=4), st.integers(0, 1000))
def test_whatever_happens_bounds_hold_and_every_step_ends(
    tasks: list[Task], there: list[Worker], seed: int
) -> None:
    named = [
        Worker(
            name=f"w{number}",
            cpus=worker.cpus,
            jobs=worker.jobs,
            memory=worker.memory,
            resources=worker.resources,
            ahead=worker.ahead,
        )
        for number, worker in enumerate(there)
    ]
    for run in range(20):
        Witness(tasks, named, random.Random(1000 * run + seed)).run()


@settings(max_examples=100, deadline=None)
@given(plans(), st.integers(1, 8))
def test_simulation_never_beats_the_bound_and_wastes_no_cpu(tasks: list[Task], cpus: int) -> None:
    plain = [Task(name=task.name, needs=task.needs, seconds=task.seconds) for task in tasks]
    scheduler = Scheduler(plain, [here(cpus)])
    took = makespan(simulate(plain, [here(cpus)]))
    path, work = max(scheduler.paths.values()), sum(task.seconds for task in plain)
    assert took >= max(path, work / cpus) - 1e-6
    assert took <= path + work / cpus + 1e-6  # Graham's bound of all greedy schedules


@pytest.mark.parametrize("slots", [2, 8, 64])
@pytest.mark.parametrize("layers", [5, 10, 25])
def test_layered_plans_come_near_what_no_schedule_beats(slots: int, layers: int) -> None:
    tasks = layered(seed=layers, layers=layers)
    paths = Scheduler(tasks, ()).paths
    bound = max(*paths.values(), sum(task.seconds for task in tasks) / slots)
    assert makespan(simulate(tasks, [here(slots)])) <= 1.10 * bound


def test_wrong_estimates_cost_little() -> None:
    tasks = scattered(seed=7)
    real = mistaken(tasks, seed=7)
    work = sum(real.values())
    assert makespan(simulate(tasks, [here(2)], real)) <= 1.10 * work / 2
