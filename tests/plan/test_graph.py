import itertools
import random
import time

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_plans import TARGET, acyclic, changed, label, plan_step

from orchestrator.errors import PlanCycleError
from orchestrator.model import (
    Plan,
    PlanStep,
    Unbuildable,
)
from orchestrator.plan.fingerprint import settled
from orchestrator.plan.graph import make_plan, ordered


def by_label(plan: Plan) -> dict[str, PlanStep]:
    return {item.step.label: item for item in plan.steps}


@given(acyclic())
def test_every_step_is_behind_those_it_needs(steps: list[PlanStep]) -> None:
    plan = make_plan(steps)
    seen: set[str] = set()
    for item in plan.steps:
        assert set(item.needs) <= seen
        seen.add(item.step.label)
    assert seen == {item.step.label for item in steps}


@given(acyclic(), st.randoms(use_true_random=False), st.data())
def test_the_order_of_the_input_does_not_matter(
    steps: list[PlanStep], chance: random.Random, data: st.DataObject
) -> None:
    lost = data.draw(st.sets(st.sampled_from(range(len(steps))), max_size=2))
    unbuildable = [missing(steps[number]) for number in lost]
    steps = [item for number, item in enumerate(steps) if number not in lost]
    again = [msgspec.structs.replace(item, roots=("again",)) for item in steps[:3]]
    before = make_plan([*steps, *again], unbuildable)
    shuffled = [*again, *steps]
    chance.shuffle(shuffled)
    assert make_plan(shuffled, reversed(unbuildable)) == before


def missing(item: PlanStep) -> Unbuildable:
    source = item.step.source
    return Unbuildable(
        name=source.name,
        version=source.version,
        target=TARGET,
        code="SRC003",
        message="There is no sdist.",
        hint="Ask its makers.",
    )


@given(st.dictionaries(st.integers(0, 9), st.sets(st.integers(0, 9)), max_size=10))
def test_a_circle_is_reported_with_a_true_path(graph: dict[int, set[int]]) -> None:
    needs = {f"p{name}": {f"p{need}" for need in of} for name, of in graph.items()}
    try:
        order = ordered(needs)
    except PlanCycleError as error:
        path = error.message.partition(": ")[2].rstrip(".").split(" → ")
        assert len(path) > 1
        assert path[0] == path[-1]
        for one, other in itertools.pairwise(path):
            assert other in needs[one]
        assert path[0] == min(path)
    else:
        assert sorted(order) == sorted(needs)
        for place, name in enumerate(order):
            assert needs[name] & set(needs) <= set(order[:place])


def test_who_needs_itself_through_another_is_told_of_the_other() -> None:
    with pytest.raises(PlanCycleError, match="a → b → a"):
        ordered({"a": ("a", "b"), "b": ("a",)})


def test_of_those_that_could_be_next_the_first_by_name_is() -> None:
    assert ordered({"c": (), "b": ("d",), "d": (), "a": ("c",)}) == ("c", "a", "d", "b")


@given(acyclic(), st.data())
def test_a_change_reaches_what_needs_it_and_nothing_else(
    steps: list[PlanStep], data: st.DataObject
) -> None:
    victim = data.draw(st.sampled_from(steps))
    rebuilt = [changed(item) if item is victim else item for item in steps]
    before, after = by_label(make_plan(steps)), by_label(make_plan(rebuilt))
    behind = {victim.step.label}
    for name, item in before.items():  # in topological order
        if behind & set(item.needs):
            behind.add(name)
    for name in before:
        same = before[name].step.fingerprint == after[name].step.fingerprint
        assert same == (name not in behind)


@given(acyclic(), st.data())
def test_an_early_cut_off_stops_at_interfaces_that_stay(
    steps: list[PlanStep], data: st.DataObject
) -> None:
    names = [item.step.label for item in steps]
    victims = data.draw(st.sets(st.sampled_from(names), min_size=1))
    moved = data.draw(st.sets(st.sampled_from(sorted(victims))))
    interfaces = dict.fromkeys(names, "old")
    now = interfaces | dict.fromkeys(moved, "new")
    rebuilt = [changed(item) if item.step.label in victims else item for item in steps]
    for old, new in zip(make_plan(steps).steps, make_plan(rebuilt).steps, strict=True):
        same = settled(old.step, interfaces) == settled(new.step, now)
        assert same == (old.step.label not in victims and not moved & set(old.needs))


def test_a_step_given_twice_counts_once_for_all_roots() -> None:
    one = plan_step(1, roots=("a",), why="no wheel")
    two = plan_step(1, roots=("b",), why="another reason")
    (item,) = make_plan([one, two]).steps
    assert item.roots == ("a", "b")
    assert item.why == "another reason"


def test_what_needs_something_unbuildable_is_unbuildable_with_all_behind_it() -> None:
    lost = missing(plan_step(1))
    plan = make_plan([plan_step(3, (2,)), plan_step(2, (1,), roots=("r",)), plan_step(4)], [lost])
    assert [item.step.label for item in plan.steps] == [label(4)]
    assert [item.label for item in plan.unbuildable] == [label(1), label(2), label(3)]
    second = plan.unbuildable[1]
    assert (second.code, second.roots, second.hint) == ("PLN002", ("r",), "Ask its makers.")
    assert label(1) in second.message
    assert label(2) in plan.unbuildable[2].message


def test_ten_thousand_steps_are_planned_in_a_moment() -> None:
    chance = random.Random(7)
    steps = [
        plan_step(n, tuple({chance.randrange(n) for _ in range(3)} if n else ()))
        for n in range(10_000)
    ]
    started = time.process_time()
    plan = make_plan(steps)
    assert len(plan.steps) == 10_000
    assert time.process_time() - started < 2
