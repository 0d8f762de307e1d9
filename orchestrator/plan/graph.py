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

    A step that is given more than once counts once, for the roots of all. What needs something
    that can't be built can't be built either.

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
        steps=tuple(planned.values()),
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
    sorter = graphlib.TopologicalSorter(
        {name: sorted(need for need in needs[name] if need in needs) for name in sorted(needs)}
    )
    try:
        sorter.prepare()
    except graphlib.CycleError as error:
        raise _circle(error.args[1]) from None
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
        )
    return merged


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
