"""Steps put in order, fingerprinted one after the other: the plan. Pure."""

from __future__ import annotations

import graphlib
import heapq
from typing import TYPE_CHECKING

import msgspec

from orchestrator.errors import NeedUnbuildableError, PlanCycleError
from orchestrator.model import Plan, PlanStep, Unbuildable
from orchestrator.plan.fingerprint import with_needs

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from orchestrator.model import Closure


def make_plan(
    steps: Iterable[PlanStep],
    unbuildable: Iterable[Unbuildable] = (),
    closures: Iterable[Closure] = (),
) -> Plan:
    """Orders steps and gives them the fingerprints that follow from what they need.

    A step that is given more than once counts once. What needs something that can't be built can't
    be built either, and what was to be done for such a step alone is not done. A step has its own
    roots and those of all that need it.

    Args:
        steps: In any order; their needs are labels of others, or of what is unbuildable. Their
            fingerprints do not count.
        unbuildable: Found so far.
        closures: What the plan is for.

    Returns:
        The same plan whatever the order of the arguments.

    Raises:
        PlanCycleError: Steps need each other in a circle.
    """
    given = _merged(steps)
    lost = {missing.label: missing for missing in unbuildable}
    planned: dict[str, PlanStep] = {}
    for label in ordered({label: item.needs for label, item in given.items()}):
        item = given[label]
        failed = [lost[need] for need in item.needs if need in lost]
        if failed:
            lost[label] = _without(item, failed[0])
            continue
        needs = {need: planned[need].step.fingerprint for need in item.needs}
        planned[label] = msgspec.structs.replace(item, step=with_needs(item.step, needs))
    return Plan(
        steps=_with_roots(_wanted(planned.values())),
        unbuildable=tuple(lost[label] for label in sorted(lost)),
        closures=tuple(sorted(closures, key=lambda closure: str(closure.target))),
    )


def ordered(needs: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """Names, each behind all that it needs; of those that could come next, the first by name.

    Args:
        needs: By name; what is needed but no key is left out.

    Raises:
        PlanCycleError: There is a circle; the message is its path.
    """
    graph = {name: sorted(need for need in needs[name] if need in needs) for name in sorted(needs)}
    # What needs itself does so because another that it needs requires it: that path says more.
    others = {name: [need for need in wanted if need != name] for name, wanted in graph.items()}
    sorter = graphlib.TopologicalSorter(others)
    try:
        sorter.prepare()
    except graphlib.CycleError as error:
        raise _circle(error.args[1]) from None
    for name, wanted in graph.items():
        if name in wanted:
            raise _circle([name, name])
    order: list[str] = []
    ready: list[str] = []
    while sorter.is_active():
        for name in sorter.get_ready():
            heapq.heappush(ready, name)
        order.append(heapq.heappop(ready))
        sorter.done(order[-1])
    return tuple(order)


def _circle(path: list[str]) -> PlanCycleError:
    """The error for a path whose ends are the same; graphlib goes from a need to its user."""
    circle = path[:0:-1]
    first = circle.index(min(circle))
    circle = [*circle[first:], *circle[:first]]
    shown = " → ".join((*circle, circle[0]))
    return PlanCycleError(f"To build {circle[0]}, it would have to be there: {shown}.")


def _merged(steps: Iterable[PlanStep]) -> dict[str, PlanStep]:
    """By label, each once, with the roots of all."""
    merged: dict[str, PlanStep] = {}
    # By reason, so that it does not matter who came first.
    for item in sorted(steps, key=lambda item: (item.step.label, item.why)):
        label = item.step.label
        known = merged.get(label, item)
        merged[label] = msgspec.structs.replace(
            known,
            needs=tuple(sorted({*known.needs, *item.needs})),
            roots=tuple(sorted({*known.roots, *item.roots})),
            served=known.served and item.served,
        )
    return merged


def still_to_do(plan: Plan) -> tuple[PlanStep, ...]:
    """The steps that are not cached, but for those that only cached ones need."""
    return _wanted(item for item in plan.steps if not item.cached)


def _wanted(steps: Iterable[PlanStep]) -> tuple[PlanStep, ...]:
    """Of steps in order those that the user wants, and all that these need."""
    needed: set[str] = set()
    wanted: list[PlanStep] = []
    for item in reversed(tuple(steps)):
        if not item.served or item.step.label in needed:
            wanted.append(item)
            needed.update(item.needs)
    return tuple(reversed(wanted))


def _with_roots(steps: tuple[PlanStep, ...]) -> tuple[PlanStep, ...]:
    """Steps in order, each with the roots of all that need it."""
    roots: dict[str, set[str]] = {item.step.label: set(item.roots) for item in steps}
    for item in reversed(steps):
        for need in item.needs:
            roots[need] |= roots[item.step.label]
    return tuple(
        msgspec.structs.replace(item, roots=tuple(sorted(roots[item.step.label]))) for item in steps
    )


def _without(item: PlanStep, missing: Unbuildable) -> Unbuildable:
    source = item.step.source
    return Unbuildable(
        name=source.name,
        version=source.version,
        target=item.step.target,
        code=NeedUnbuildableError.code,
        message=f"Its build needs {missing.label}, which can't be built ({missing.code}).",
        hint=missing.hint,
        roots=item.roots,
    )
