import msgspec
from hypothesis import given
from hypothesis import strategies as st
from sample_plans import TARGET, acyclic, label, plan_step

from orchestrator.model import PlanStep, Unbuildable
from orchestrator.plan.document import document_of, dot_of
from orchestrator.plan.graph import make_plan, still_to_do
from orchestrator.plan.outlook import outlook


@given(acyclic(), st.integers(1, 16), st.data())
def test_the_end_lies_between_the_bounds(
    steps: list[PlanStep], jobs: int, data: st.DataObject
) -> None:
    seconds = data.draw(st.lists(st.floats(1, 100), min_size=len(steps), max_size=len(steps)))
    timed = [
        msgspec.structs.replace(item, seconds=taken)
        for item, taken in zip(steps, seconds, strict=True)
    ]
    found = outlook(make_plan(timed), jobs)
    assert found.steps == len(steps)
    # Numbers are rounded to a tenth.
    assert found.seconds >= max(found.critical_path, found.cpu_seconds / jobs) - 0.2
    assert found.seconds <= found.critical_path + found.cpu_seconds / jobs + 0.2


def test_what_is_cached_takes_no_time() -> None:
    first = plan_step(1, seconds=10.0, cached="p001.whl")
    found = outlook(make_plan([first, plan_step(2, (1,), seconds=4.0)]), 2)
    assert (found.steps, found.cached, found.seconds) == (1, 1, 4.0)


def test_what_serves_cached_steps_alone_is_not_done() -> None:
    library = plan_step(1, served=True)
    plan = make_plan([library, plan_step(2, (1,), cached="p002.whl"), plan_step(3)])
    assert [item.step.label for item in still_to_do(plan)] == [label(3)]


def test_a_step_that_uses_many_cpus_shortens_the_chain() -> None:
    plan = make_plan([plan_step(1, seconds=64.0, cpus=64)])
    assert outlook(plan, 2).critical_path == 32.0
    assert outlook(plan, 16).seconds == 4.0


def test_the_document_says_all_that_a_program_needs() -> None:
    lost = Unbuildable(
        name="p009", version="1.0", target=TARGET, code="SRC003", message="No sdist.", hint=""
    )
    plan = make_plan([plan_step(2, (1,), why="w", roots=("r",)), plan_step(1)], [lost])
    document = msgspec.json.decode(msgspec.json.encode(document_of(plan, [outlook(plan, 2)])))
    first, second = document["steps"]
    assert (first["step"], second["needs"]) == (label(1), [label(1)])
    assert (second["why"], second["roots"], first["roots"]) == ("w", ["r"], ["r"])
    assert document["unbuildable"][0]["code"] == "SRC003"
    assert document["outlook"][0]["jobs"] == 2


def test_the_graph_has_an_arrow_from_a_need_to_its_user() -> None:
    dot = dot_of(make_plan([plan_step(2, (1,)), plan_step(1)]))
    assert dot.startswith("digraph plan {")
    assert f'  "{label(1)}" -> "{label(2)}";' in dot.splitlines()
