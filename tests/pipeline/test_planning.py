"""Plans of closures that are made of sdists in a folder, and of real projects."""

import os
from pathlib import Path

import pytest
from closure_sdists import NEEDS, label, write_sdist, write_sdists

from orchestrator.errors import PlanCycleError
from orchestrator.model import Plan, PlanStep, Target
from orchestrator.pipeline.plans import PlanOptions, plan_inputs
from orchestrator.resolve.inputs_read import Wanted, read_inputs
from orchestrator.targets.host import host_platform
from orchestrator.targets.tags import parse_interpreter, parse_platform

pytestmark = pytest.mark.network  # setuptools comes from the index


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ORCHESTRATE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_FIND_LINKS", str(tmp_path / "sdists"))
    (tmp_path / "sdists").mkdir()
    return tmp_path


def planned(*requirements: str, pythons: tuple[str, ...] = ("3.11",)) -> Plan:
    wanted = Wanted(
        requirements=requirements,
        files=(),
        constraints=(),
        project=None,
        lock=None,
        extras=(),
        groups=(),
    )
    inputs = read_inputs(wanted, Path.cwd(), os.environ)
    targets = [
        Target(platform=parse_platform("macos"), interpreter=parse_interpreter(version))
        for version in pythons
    ]
    options = PlanOptions(wheelhouse=Path("wheelhouse"), build_metadata=False)
    return plan_inputs(inputs, targets, options, lambda _: None)


def by_label(plan: Plan) -> dict[str, PlanStep]:
    return {item.step.label: item for item in plan.steps}


def all_needs(name: str) -> set[str]:
    """What a build environment holds: what is needed, and what that requires when installed."""
    return {one for need in NEEDS[name] for one in (need, *all_needs(need))}


def for_host(name: str) -> str:
    return f"{name}==1.0 for cp311-{host_platform().tag}"


def test_what_builds_need_is_made_for_host_and_target(place: Path) -> None:
    write_sdists(place / "sdists", functions=1)
    steps = by_label(planned("c12-app"))
    others = set(NEEDS) - {"c12-app"}
    assert set(steps) == {label(name) for name in NEEDS} | set(map(for_host, others))
    for name in NEEDS:
        needs = all_needs(name)
        wanted = {label(need) for need in needs} | set(map(for_host, needs))
        assert set(steps[label(name)].needs) == wanted
        assert steps[label(name)].roots == ("c12-app",)
        if name in others:
            assert set(steps[for_host(name)].needs) == set(map(for_host, needs))
            assert steps[for_host(name)].served
    assert not steps[label("c12-app")].served
    assert {"c09-model==1.0", "c10-solve==1.0"} <= set(steps[label("c12-app")].step.build_requires)


def test_a_circle_of_build_requirements_is_an_error_with_its_path(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(NEEDS, "c01-base", ("c03-codec",))
    for name in ("c01-base", "c03-codec"):
        write_sdist(place / "sdists", name)
    with pytest.raises(PlanCycleError) as caught:
        planned("c01-base")
    circle = (label("c01-base"), label("c03-codec"), label("c01-base"))
    assert " → ".join(circle) in caught.value.message


def test_what_can_t_be_built_does_not_stop_the_rest(place: Path) -> None:
    write_sdist(place / "sdists", "c01-base")
    write_sdist(place / "sdists", "c03-codec")
    (place / "sdists" / "c04_table-1.0.tar.gz").write_bytes(b"no archive")
    plan = planned("c03-codec")
    assert set(by_label(plan)) == {label("c01-base"), for_host("c01-base"), label("c03-codec")}


def test_what_has_wheels_is_no_step_and_pythons_are_steps_of_their_own() -> None:
    plan = planned("annoy==1.17.3", "six", pythons=("3.11", "3.13"))
    assert [item.step.label for item in plan.steps] == [
        "annoy==1.17.3 for cp311-macosx_11_0_arm64",
        "annoy==1.17.3 for cp313-macosx_11_0_arm64",
    ]
    first, second = plan.steps
    assert first.step.fingerprint != second.step.fingerprint
    assert first.step.build_requires != ()
    assert first.why == "no wheel for cp311-macosx_11_0_arm64 from the index"
    assert first.released == (2023, 6, 14)
    assert first.seconds > 5
    assert planned("six", "annoy==1.17.3", pythons=("3.13", "3.11")).steps == plan.steps


def test_a_version_without_wheel_and_sdist_is_unbuildable_with_advice() -> None:
    plan = planned("tflite-runtime==2.14.0", "annoy==1.17.3")
    assert [item.step.source.name for item in plan.steps] == ["annoy"]
    (missing,) = plan.unbuildable
    assert (missing.name, missing.code) == ("tflite-runtime", "SRC003")
    assert missing.roots == ("tflite-runtime==2.14.0",)
    assert missing.hint


def test_a_redirect_is_a_step() -> None:
    plan = planned("tensorflow==2.10.0", pythons=("3.10",))
    kinds = {item.step.source.name: item.step.kind for item in plan.steps}
    assert kinds["tensorflow"] == "redirect"
