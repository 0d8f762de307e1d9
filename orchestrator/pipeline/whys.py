"""``orchestrate why``: which inputs of a step are not those that a wheel was built from."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from orchestrator.pipeline.plans import PlanOptions, plan_inputs
from orchestrator.pipeline.requests import plan_requests
from orchestrator.pipeline.workshop import BuildOptions, Workshop
from orchestrator.plan.changes import Why, Whys, why
from orchestrator.resolve.requests import classify
from orchestrator.wheelhouse.store import find_wheelhouse

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from orchestrator.model import Event, Step, Target
    from orchestrator.resolve.inputs import Inputs
    from orchestrator.wheelhouse.store import Wheelhouse


def whys_of_requests(
    requirements: Sequence[str], targets: Sequence[Target], options: BuildOptions
) -> Whys:
    """Answers for what is built by its name, whether or not an index has a wheel.

    Raises:
        OrchestratorError: A requirement is none.
    """
    requests = [classify(text, Path.cwd()) for text in dict.fromkeys(requirements)]
    wheelhouse = find_wheelhouse(options.wheelhouse)
    with tempfile.TemporaryDirectory(prefix="orchestrate-why-") as scratch:
        if wheelhouse is None:  # asking makes none
            options = msgspec.structs.replace(options, wheelhouse=Path(scratch))
        planned = plan_requests(requests, targets, Workshop(options, lambda _: None))
    steps = (item.step for item in planned.plan.steps)
    return Whys(steps=tuple(_whys(steps, wheelhouse)), failed=planned.failed)


def whys_of_closures(
    names: Collection[str],
    inputs: Inputs,
    targets: Sequence[Target],
    options: PlanOptions,
    emit: Callable[[Event], None],
) -> Whys:
    """Answers for packages of closures.

    Args:
        names: Normalized; none means all for which something is built.
        inputs: As read.
        targets: At least one.
        options: How plans are made.
        emit: Told how it goes.

    Raises:
        OrchestratorError: Any of ``plan_inputs``.
    """
    plan = plan_inputs(inputs, targets, options, emit)
    wheelhouse = find_wheelhouse(options.wheelhouse)
    steps = [item.step for item in plan.steps if not names or item.step.source.name in names]
    return Whys(
        steps=tuple(_whys(steps, wheelhouse)),
        ready=tuple(
            (f"{package.name} for {closure.target}", package.wheel.filename)
            for closure in plan.closures
            for package in closure.packages
            if package.name in names and package.wheel
        ),
        unbuildable=tuple(item for item in plan.unbuildable if not names or item.name in names),
    )


def _whys(steps: Iterable[Step], wheelhouse: Wheelhouse | None) -> Iterable[Why]:
    for step in steps:
        if step.kind == "library":  # no wheel
            continue
        if wheelhouse is None:
            yield why(step, None, ())
        else:
            found = wheelhouse.find(step.fingerprint)
            yield why(step, found, wheelhouse.history(step.source.name))
