"""A plan for other machines: what only this one can't build is a step there. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from orchestrator.errors import (
    InterpreterNotFoundError,
    MissingLanguageError,
    MissingSDKError,
    MissingToolError,
    NeedUnbuildableError,
    NoToolchainError,
    ToolchainBrokenError,
)
from orchestrator.model import (
    BuildSettings,
    Plan,
    PlanStep,
    Source,
    Step,
    ToolchainIdentity,
    Unbuildable,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_OF_THIS_MACHINE = {
    kind.code
    for kind in (
        InterpreterNotFoundError,
        MissingLanguageError,
        MissingSDKError,
        MissingToolError,
        NoToolchainError,
        ToolchainBrokenError,
    )
}


def for_other_machines(plan: Plan) -> Plan:
    """The plan with steps for what is unbuildable for want of something on this machine.

    Each is of the version that was locked; how long it takes is not known.
    """
    rescued = {item.label: item for item in plan.unbuildable if item.code in _OF_THIS_MACHINE}
    waiting = {
        item.label: item for item in plan.unbuildable if item.code == NeedUnbuildableError.code
    }
    steps = [_step(item, plan) for item in rescued.values()]
    while found := dict(_freed(waiting, set(rescued))):
        for label, need in found.items():
            item = rescued[label] = waiting.pop(label)
            steps.append(msgspec.structs.replace(_step(item, plan), needs=(need,)))
    return msgspec.structs.replace(
        plan,
        steps=(*plan.steps, *steps),
        unbuildable=tuple(item for item in plan.unbuildable if item.label not in rescued),
    )


def _freed(waiting: dict[str, Unbuildable], rescued: set[str]) -> Iterator[tuple[str, str]]:
    """What can be built after all, because what its build needs can; and what that is."""
    for label, item in waiting.items():
        for need in rescued:
            if need in item.message:
                yield label, need
                break


def _step(item: Unbuildable, plan: Plan) -> PlanStep:
    locked = {
        found.name: found
        for closure in plan.closures
        if closure.target.interpreter == item.target.interpreter
        for found in closure.packages
    }
    source = locked[item.name].source if item.name in locked else None
    step = Step(
        source=source or Source(name=item.name, version=item.version, kind="index", location=""),
        settings=BuildSettings(),
        target=item.target,
        toolchain=ToolchainIdentity(name="", versions={}),
        python="",
        fingerprint="",
    )
    return PlanStep(step=step, why=item.message, roots=item.roots)
