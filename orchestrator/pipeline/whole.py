"""Whole closures built: resolved, planned, carried out, and how to install what came of it."""

from __future__ import annotations

import hashlib
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from orchestrator.files import write_atomically
from orchestrator.model import Failure, Plan, StepFailed
from orchestrator.pipeline.closures import ClosureOptions, closures
from orchestrator.pipeline.locks import check_locked, pinned
from orchestrator.pipeline.planning import PlanMaker
from orchestrator.pipeline.run import run
from orchestrator.plan.graph import make_plan
from orchestrator.resolve.inputs_read import Wanted, read_inputs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.model import BuildReport, Closure, PublishedWheel, Unbuildable
    from orchestrator.pipeline.workshop import Workshop
    from orchestrator.resolve.inputs import Inputs

_PINS = ".closures"
_NOTHING = Plan(steps=())


def inputs_of(requirements: Sequence[str]) -> Inputs:
    """Requirements as a user writes them, as inputs of a resolution."""
    return read_inputs(Wanted(requirements=tuple(requirements)), Path.cwd(), os.environ)


def build_whole(
    inputs: Inputs,
    workshop: Workshop,
    named: Plan = _NOTHING,
    wheels: Sequence[PublishedWheel] = (),
) -> BuildReport:
    """Builds all that closures lack.

    Args:
        inputs: As read.
        workshop: Of the run.
        named: What was done before.
        wheels: That it made.

    Raises:
        OrchestratorError: Of resolution.
    """
    options = workshop.options
    if workshop.lock:
        inputs = pinned(inputs, workshop.lock, options.targets)
    ways = ClosureOptions(recipes=options.recipes, build_metadata=options.build_metadata)
    found = closures(inputs, options.targets, ways, workshop.emit)
    maker = PlanMaker(
        workshop.surveyor,
        workshop.registry,
        workshop.configuration,
        workshop.processes,
        workshop.wheelhouse,
    )
    plan = maker.make(found)
    if workshop.lock:
        check_locked(workshop.lock, plan)
    plan = _with(plan, named)
    failed = tuple(_told(missing, workshop) for missing in plan.unbuildable)
    made = {wheel.record.fingerprint: wheel for wheel in wheels}
    known = {
        item.step.label: made[item.step.fingerprint]
        for item in named.steps
        if item.step.fingerprint in made
    }
    report = run(plan, workshop, known).joined(failed=failed)
    if report.failed:
        return report
    install = tuple(_install_line(closure, workshop.wheelhouse.directory) for closure in found)
    return msgspec.structs.replace(report, install=install)


def _with(plan: Plan, named: Plan) -> Plan:
    """The plan with steps as they were done, in place of those that make the same."""
    labels = {item.step.label for item in named.steps}
    others = (item for item in plan.steps if item.step.label not in labels)
    unbuildable = (missing for missing in plan.unbuildable if missing.label not in labels)
    return make_plan((*named.steps, *others), unbuildable, plan.closures)


def _told(missing: Unbuildable, workshop: Workshop) -> Failure:
    """What can't be built, as the failure that it is."""
    workshop.emit(
        StepFailed(
            step=missing.label,
            code=missing.code,
            message=missing.message,
            hint=missing.hint,
            log="",
        )
    )
    return Failure(
        name=missing.name,
        version=missing.version,
        code=missing.code,
        message=missing.message,
        hint=missing.hint,
        log="",
        details=missing.details,
    )


def _install_line(closure: Closure, wheelhouse: Path) -> str:
    """The command that installs a closure; its pins are written into the wheelhouse."""
    lines = (f"{package.name}=={package.version}\n" for package in closure.packages)
    content = "".join(lines).encode()
    digest = hashlib.sha256(content).hexdigest()[:8]
    pins = wheelhouse / _PINS / f"{closure.target}-{digest}.txt"
    write_atomically(pins, content)
    command = ["pip", "install", "--only-binary", ":all:", "--find-links", str(wheelhouse)]
    return shlex.join([*command, "-r", str(pins)])
