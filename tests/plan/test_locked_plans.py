import tomllib

import msgspec
import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st
from sample_plans import TARGET, acyclic, changed, label, plan_step

from orchestrator.errors import BadPlanLockError
from orchestrator.model import Closure, DistFile, Locked, PlanStep
from orchestrator.plan.graph import make_plan
from orchestrator.plan.locked import differences, lock_of, parse_lock, tables_of

WHEEL = DistFile(filename="setuptools-75.0-py3-none-any.whl", url="https://x/s.whl", sha256="aa")
SDIST = DistFile(filename="netifaces-0.11.0.tar.gz", url="https://x/n.tar.gz", sha256="bb")
REQUIRES = (
    Locked(name="setuptools", version="75.0", wheels=(WHEEL,), wheel=WHEEL),
    Locked(name="netifaces", version="0.11.0", sdist=SDIST),
)
PACKAGES = (Locked(name="six", version="1.17.0", wheel=WHEEL), Locked(name="p001", version="1.0"))


def closure(*packages: Locked) -> Closure:
    return Closure(target=TARGET, packages=packages)


def requiring(item: PlanStep) -> PlanStep:
    pins = tuple(f"{locked.name}=={locked.version}" for locked in REQUIRES)
    step = msgspec.structs.replace(item.step, build_requires=pins)
    return msgspec.structs.replace(item, step=step, requires=REQUIRES)


@given(acyclic(), st.data())
def test_a_plan_differs_from_the_lock_of_another_exactly_where_it_does(
    steps: list[PlanStep], data: st.DataObject
) -> None:
    victims = data.draw(st.sets(st.sampled_from(range(len(steps)))))
    others = [changed(item) if n in victims else item for n, item in enumerate(steps)]
    found = differences(lock_of(make_plan(steps)), make_plan(others))
    told = {line.partition(": source:")[0] for line in found if ": source:" in line}
    assert told == {steps[number].step.label for number in victims}
    assert bool(found) == bool(victims)


def test_the_file_is_read_as_it_was_written() -> None:
    lock = lock_of(make_plan([requiring(plan_step(1))], closures=[closure(*PACKAGES)]))
    text = tomli_w.dumps(tables_of(lock))
    assert parse_lock(tomllib.loads(text), "orchestrate.lock") == lock
    assert 'sha256 = "aa"' in text
    assert lock.requires == {label(1): REQUIRES}


def test_the_order_of_a_plan_s_making_does_not_matter() -> None:
    steps = [requiring(plan_step(1)), plan_step(2, (1,))]
    one = lock_of(make_plan(steps, closures=[closure(*PACKAGES)]))
    assert lock_of(make_plan(reversed(steps), closures=[closure(*reversed(PACKAGES))])) == one


def test_versions_steps_and_needs_that_changed_are_named() -> None:
    before = make_plan([plan_step(1), plan_step(2, (1,))], closures=[closure(*PACKAGES)])
    newer = Locked(name="six", version="1.18.0", wheel=WHEEL)
    after = make_plan([plan_step(2), plan_step(3)], closures=[closure(newer)])
    assert differences(lock_of(before), after) == (
        f"p001 for {TARGET}: 1.0 → nothing",
        f"six for {TARGET}: 1.17.0 → 1.18.0",
        f"{label(1)}: is in the lock, but is no step any more",
        f"{label(2)}: it does not need {label(1)} any more",
        f"{label(3)}: is not in the lock",
    )
    assert differences(lock_of(before), before) == ()


@pytest.mark.parametrize("tables", [{}, {"format": 2}, {"format": 1, "step": [{"step": 3}]}])
def test_what_is_no_lock_is_an_error_that_names_the_file(tables: dict[str, object]) -> None:
    with pytest.raises(BadPlanLockError, match=r"^x/orchestrate\.lock"):
        parse_lock(tables, "x/orchestrate.lock")
