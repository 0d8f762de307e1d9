"""A located source looked at without building it: what builds it, and with which requirements."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from orchestrator.build import era
from orchestrator.build.blueprint import Blueprint, blueprint_of
from orchestrator.build.locking import Locker
from orchestrator.build.requires import declared
from orchestrator.errors import NoBuildBackendError, OrchestratorError
from orchestrator.model import Locked, label_of
from orchestrator.plan.fitness import check_toolchain
from orchestrator.plan.steps import Planned

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.model import Target
    from orchestrator.pipeline.workshop import Located
    from orchestrator.plan.steps import Planner
    from orchestrator.process import Processes
    from orchestrator.resolve.configuration import IndexConfiguration


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """What was found out.

    Attributes:
        planned: The step, fingerprinted as one that needs no other but its libraries.
        requires: Its build requirements and theirs, locked for an interpreter of this machine.
        blueprint: What the source says.
    """

    planned: Planned
    requires: tuple[Locked, ...]
    blueprint: Blueprint


class Surveyor:
    """Looks at sources; one instance serves all threads of a run.

    Args:
        planner: Chooses what builds them.
        configuration: The indexes, and how to reach the network.
        processes: Of the run.
        fresh: Whether build requirements are locked anew.
        locked: The build requirements of steps that are locked already, by label.
    """

    def __init__(
        self,
        planner: Planner,
        configuration: IndexConfiguration,
        processes: Processes,
        *,
        fresh: bool = False,
        locked: Mapping[str, tuple[Locked, ...]] | None = None,
    ) -> None:
        self._planner = planner
        self._configuration = configuration
        self._processes = processes
        self._locker = Locker(configuration, processes, fresh=fresh)
        self._locked = locked or {}

    def survey(self, located: Located, target: Target, preferred: Sequence[str] = ()) -> Survey:
        """Looks at one source for one target.

        Args:
            located: Pinned.
            target: What is built for.
            preferred: Versions of build requirements to take where they will do,
                ``name==version``.

        Raises:
            OrchestratorError: It can't be built here, or not fetched.
        """
        draft = self._planner.draft(located.source, target)
        source, settings = draft.source, draft.settings
        blueprint = blueprint_of(source, settings.patches, self._configuration, self._watch)
        if not (blueprint.buildable or settings.backend):
            raise NoBuildBackendError(
                f"{source.name} {source.version} has no setup.py, and no pyproject.toml with "
                "[build-system] or [project]."
            )
        stated = declared(blueprint.requires, settings, source.name)
        bounds = era.constraints(
            located.released or blueprint.released, draft.target.interpreter, era.release_table()
        )
        bounds = era.applicable(bounds, stated)
        asked = {canonicalize_name(Requirement(text).name) for text in stated}
        own = [pin for pin in preferred if pin.partition("==")[0] in asked]
        within = [(*own, *bounds), bounds] if own else [bounds]
        label = label_of(source.name, source.version, draft.target)
        requires = self._locked.get(label)
        if requires is None:
            try:
                requires = self._locker.lock(
                    stated, within, settings.build_requires.constrain, draft.python
                )
            except OrchestratorError:
                # What must be mended first is to be said first.
                check_toolchain(draft.toolchain, draft.target.platform, settings.needs, label)
                raise
        pins = tuple(f"{item.name}=={item.version}" for item in requires)
        return Survey(planned=draft.planned(pins), requires=requires, blueprint=blueprint)

    def _watch(self, *_: object) -> None:
        """Ends a download when the run is interrupted."""
        self._processes.check()
