"""From what a user asks for to a workflow that builds it elsewhere."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.emit.github.jobs import Job, cut
from orchestrator.emit.github.origin import installable
from orchestrator.emit.github.workflow import STORES, Design, workflow
from orchestrator.errors import BadBucketError, NothingToBuildError, NotInRepositoryError
from orchestrator.model import Unbuildable, Value
from orchestrator.pipeline.plans import PlanOptions, plan_inputs
from orchestrator.plan.elsewhere import for_other_machines

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from orchestrator.model import Event, Plan, PlanStep, Target
    from orchestrator.resolve.inputs import Inputs


class Wanted(Value):
    """How the workflow is wanted.

    Attributes:
        most: Jobs for each kind of machine.
        bucket: Address of an object store; empty: wheels are artifacts.
        install: Requirement of orchestrate; empty: where this one comes from.
        recipes: Folders of recipes.
        build_metadata: Whether build backends may be asked what sdists require.
    """

    most: int
    bucket: str = ""
    install: str = ""
    recipes: tuple[Path, ...] = ()
    build_metadata: bool = True


class Emitted(Value):
    """A workflow.

    Attributes:
        text: Of the file.
        jobs: Each behind those it needs.
        lost: What no job builds.
    """

    text: str
    jobs: tuple[Job, ...]
    lost: tuple[Unbuildable, ...]


def emit_workflow(
    inputs: Inputs,
    targets: Sequence[Target],
    wanted: Wanted,
    emit: Callable[[Event], None],
    *,
    explicit: bool,
) -> Emitted:
    """Plans what the closures lack, and makes a workflow of it.

    Args:
        inputs: As read.
        targets: At least one.
        wanted: How.
        emit: Told how it goes.
        explicit: Whether the user named the platforms.

    Raises:
        BadBucketError: Jobs can't use the bucket.
        UnknownOriginError: It is not known where orchestrate can be installed from.
        NotInRepositoryError: A source or a recipe is on this machine only.
        NothingToBuildError: The closures lack nothing that can be built.
        OrchestratorError: Any of those about requirements, resolution and planning.
    """
    root = Path.cwd()
    design = Design(
        title="wheels",
        install=installable(wanted.install, store=_store(wanted.bucket)),
        root=str(root),
        recipes=tuple(_relative(folder, root) for folder in wanted.recipes),
        bucket=wanted.bucket,
        explicit=explicit,
    )
    # The jobs start with an empty wheelhouse, whatever there is here.
    with tempfile.TemporaryDirectory() as nothing:
        options = PlanOptions(
            wheelhouse=Path(nothing),
            recipes=wanted.recipes,
            explicit_platform=explicit,
            build_metadata=wanted.build_metadata,
        )
        plan = for_other_machines(plan_inputs(inputs, targets, options, emit))
    steps = _for_targets(plan, targets)
    if not steps:
        raise _nothing(plan)
    jobs = cut(steps, wanted.most)
    return Emitted(text=workflow(design, jobs, plan.unbuildable), jobs=jobs, lost=plan.unbuildable)


def _for_targets(plan: Plan, targets: Sequence[Target]) -> tuple[PlanStep, ...]:
    """Without what would be built for this machine: the jobs' machines are others."""
    kinds = {(target.platform.os, target.platform.arch) for target in targets}
    return tuple(
        item
        for item in plan.steps
        if (item.step.target.platform.os, item.step.target.platform.arch) in kinds
    )


def _nothing(plan: Plan) -> NothingToBuildError:
    if not plan.unbuildable:
        return NothingToBuildError("Every package has a wheel for the targets.")
    return NothingToBuildError(
        "What lacks a wheel can't be built.",
        details=tuple(f"{item.label}: {item.message}" for item in plan.unbuildable),
        hint="`orchestrate plan` with the same arguments says what to do about each.",
    )


def _store(bucket: str) -> bool:
    scheme, _, place = bucket.partition("://")
    if bucket and (scheme not in STORES or not place):
        raise BadBucketError(f"{bucket}: jobs can use {' and '.join(STORES)} only.")
    return bool(bucket)


def _relative(folder: Path, root: Path) -> str:
    path = folder.resolve()
    if not path.is_relative_to(root):
        raise NotInRepositoryError(f"The recipes in {folder} are not below {root}.")
    return path.relative_to(root).as_posix()
