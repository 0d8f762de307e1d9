"""What only this machine can't build becomes a step for others."""

from orchestrator.errors import NeedUnbuildableError
from orchestrator.model import Closure, Interpreter, Locked, Plan, Platform, Source, Target
from orchestrator.model import Unbuildable as Lost
from orchestrator.plan.elsewhere import for_other_machines

TARGET = Target(
    platform=Platform(os="macos", arch="arm64", minimum=(11, 0)),
    interpreter=Interpreter(major=3, minor=14),
)


def lost(name: str, code: str, message: str = "") -> Lost:
    return Lost(
        name=name, version="1.0", target=TARGET, code=code, message=message, hint="", roots=(name,)
    )


def test_a_python_that_is_not_here_may_be_elsewhere():
    one, other = lost("one", "TGT003"), lost("other", "SRC003", "no sdist")
    plan = for_other_machines(Plan(steps=(), unbuildable=(one, other)))
    (item,) = plan.steps
    assert item.step.label == one.label
    assert item.roots == ("one",)
    assert plan.unbuildable == (other,)


def test_what_needs_it_follows_and_what_needs_something_lost_does_not():
    first = lost("first", "TCH003")
    second = lost("second", NeedUnbuildableError.code, f"Its build needs {first.label}, which …")
    third = lost("third", NeedUnbuildableError.code, f"Its build needs {second.label}, which …")
    gone = lost("gone", "SRC003")
    fourth = lost("fourth", NeedUnbuildableError.code, f"Its build needs {gone.label}, which …")
    plan = for_other_machines(Plan(steps=(), unbuildable=(fourth, third, second, first, gone)))
    assert [item.step.source.name for item in plan.steps] == ["first", "second", "third"]
    assert [item.needs for item in plan.steps] == [(), (first.label,), (second.label,)]
    assert {item.name for item in plan.unbuildable} == {"gone", "fourth"}


def test_a_source_that_is_not_of_an_index_stays_what_it_is():
    source = Source(name="own", version="1.0", kind="directory", location="/repository/own")
    closure = Closure(target=TARGET, packages=(Locked(name="own", version="1.0", source=source),))
    plan = Plan(steps=(), unbuildable=(lost("own", "TGT003"),), closures=(closure,))
    (item,) = for_other_machines(plan).steps
    assert item.step.source == source
