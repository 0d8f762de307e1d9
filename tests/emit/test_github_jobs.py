"""Plans cut into jobs: by example, and for whatever plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from plans import planned, target

from orchestrator.emit.github.jobs import Job, cut

if TYPE_CHECKING:
    from orchestrator.model import PlanStep


def names(job: Job) -> list[str]:
    return [item.step.source.name for item in job.steps]


def test_a_small_plan_is_one_job():
    a, b = planned("a", seconds=60), planned("b", seconds=60)
    (job,) = cut((a, b, planned("c", a, seconds=60)), most=4)
    assert names(job) == ["a", "b", "c"]
    assert (job.runner, job.needs, job.seconds) == ("macos-15", (), 180)


def test_independent_parts_are_balanced():
    steps = [planned(name, seconds=1000) for name in "abcdef"]
    jobs = cut(steps, most=3)
    assert [len(job.steps) for job in jobs] == [2, 2, 2]
    assert all(job.needs == () for job in jobs)


def test_what_needs_each_other_stays_together():
    a = planned("a", seconds=1000)
    c = planned("c", seconds=1000)
    jobs = cut((a, planned("b", a, seconds=1000), c, planned("d", c, seconds=1000)), most=4)
    assert sorted(map(names, jobs)) == [["a", "b"], ["c", "d"]]


def test_a_large_part_is_cut_and_its_jobs_wait():
    base = planned("base", seconds=2000)
    users = [planned(name, base, seconds=2000) for name in "abcd"]
    first, *others = cut((base, *users), most=4)
    assert names(first) == ["base"]
    assert len(others) > 1
    assert all(job.needs == (first.name,) for job in others)
    assert sorted(name for job in others for name in names(job)) == ["a", "b", "c", "d"]


def test_machines():
    wanted = {
        "macosx_11_0_arm64": "macos-15",
        "macosx_16_0_arm64": "macos-26",
        "manylinux_2_28_aarch64": "ubuntu-24.04-arm",
        "manylinux_2_28_x86_64": "ubuntu-24.04",
    }
    steps = [planned("a", target=target(platform)) for platform in wanted]
    jobs = cut(steps, most=4)
    assert {job.steps[0].step.target.platform.tag: job.runner for job in jobs} == wanted
    assert len({job.name for job in jobs}) == len(jobs)


def test_who_shares_a_library_shares_a_job():
    library = planned("libpq", seconds=300, kind="library")
    steps = (library, planned("a", library, seconds=500), planned("b", library, seconds=500))
    (job,) = cut((*steps,), most=1)
    assert names(job) == ["a", "b"]
    assert job.seconds == 1300


@st.composite
def plans(draw: st.DrawFn) -> list[PlanStep]:
    """Whatever plan: each step needs some of those before it, of its own platform."""
    steps: list[PlanStep] = []
    for number in range(draw(st.integers(1, 25))):
        own = target(draw(st.sampled_from(["macos", "linux"])))
        kind = draw(st.sampled_from(["wheel", "wheel", "wheel", "library"]))
        before = [item for item in steps if item.step.target.platform == own.platform]
        if kind == "library":
            before = [item for item in before if item.step.kind == "library"]
        chosen = draw(
            st.sets(st.integers(0, len(before) - 1), max_size=3) if before else st.just({})
        )
        needs = [before[index] for index in chosen]
        seconds = draw(st.sampled_from([0.0, 10.0, 700.0, 5000.0]))
        steps.append(planned(f"p{number}", *needs, seconds=seconds, target=own, kind=kind))
    return steps


@given(plans(), st.integers(1, 6))
def test_every_step_is_once_behind_those_it_needs(steps: list[PlanStep], most: int):
    jobs = cut(steps, most)
    wheels = {item.step.label for item in steps if item.step.kind != "library"}
    placed = [item.step.label for job in jobs for item in job.steps]
    assert sorted(placed) == sorted(wheels)
    there: dict[str, set[str]] = {}  # what a job finds, or builds
    for job in jobs:
        assert set(job.needs) <= set(there), "a job comes behind those it waits for"
        own = set().union(*(there[name] for name in job.needs))
        for item in job.steps:
            assert set(item.needs) & wheels <= own
            own.add(item.step.label)
        there[job.name] = own


@given(plans())
def test_one_job_for_each_kind_of_machine_if_so_wished(steps: list[PlanStep]):
    jobs = cut(steps, most=1)
    assert len(jobs) == len({job.runner for job in jobs})
