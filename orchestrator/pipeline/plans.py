"""``orchestrate plan``: from what a user asks for to what a build would do."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from orchestrator.build.sources import overridden
from orchestrator.model import Target, Value
from orchestrator.pipeline.closures import ClosureOptions, closures
from orchestrator.pipeline.estimating import with_estimates
from orchestrator.pipeline.planning import PlanMaker
from orchestrator.pipeline.survey import Surveyor
from orchestrator.plan.steps import Planner
from orchestrator.process import Processes
from orchestrator.registry.load import load_registry
from orchestrator.resolve.configuration import read_configuration
from orchestrator.targets.host import this_host
from orchestrator.targets.toolchains import toolchains
from orchestrator.wheelhouse.ledger import Ledger
from orchestrator.wheelhouse.store import find_wheelhouse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from orchestrator.model import Event, Plan
    from orchestrator.resolve.inputs import Inputs


class PlanOptions(Value):
    """How plans are made.

    Attributes:
        wheelhouse: Folder whose wheels are not built again; it need not exist.
        recipes: Folders of recipes beyond those that travel with orchestrator.
        explicit_platform: Whether the user named the platforms by their tags.
        build_metadata: Whether build backends may be asked what sdists require.
        fresh: Whether build requirements are locked anew.
    """

    wheelhouse: Path
    recipes: tuple[Path, ...] = ()
    explicit_platform: bool = False
    build_metadata: bool = True
    fresh: bool = False


def plan_inputs(
    inputs: Inputs,
    targets: Sequence[Target],
    options: PlanOptions,
    emit: Callable[[Event], None],
) -> Plan:
    """Resolves what is asked for, and plans what the closures lack.

    Args:
        inputs: As read.
        targets: At least one.
        options: How.
        emit: Told how it goes.

    Raises:
        OrchestratorError: Any of those about requirements and resolution, or of ``PlanMaker``.
    """
    ways = ClosureOptions(recipes=options.recipes, build_metadata=options.build_metadata)
    found = closures(inputs, targets, ways, emit)
    folder = Path(inputs.projects[0]).parent if inputs.projects else Path.cwd()
    configuration = inputs.options.configured(read_configuration(folder, os.environ))
    registry, processes, host = load_registry(options.recipes), Processes(), this_host()
    planner = Planner(
        registry,
        toolchains(host),
        host,
        override=overridden,
        explicit=options.explicit_platform,
    )
    surveyor = Surveyor(planner, configuration, processes, fresh=options.fresh)
    wheelhouse = find_wheelhouse(options.wheelhouse)
    plan = PlanMaker(surveyor, registry, configuration, processes, wheelhouse).make(found)
    steps = with_estimates(plan.steps, Ledger(options.wheelhouse))
    return msgspec.structs.replace(plan, steps=steps)
