"""From requirements to projects for cibuildwheel: sources pinned, recipes selected, files made."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from orchestrator.build import era
from orchestrator.build.blueprint import blueprint_of
from orchestrator.build.frontend import with_requirements
from orchestrator.build.locking import Locker
from orchestrator.build.patch import apply_patches
from orchestrator.build.requires import declared
from orchestrator.build.sources import overridden, pin, prepare
from orchestrator.emit.cibuildwheel.handover import EmittedFile, Handed, HandedLibrary, Handover
from orchestrator.emit.cibuildwheel.project import project_files
from orchestrator.errors import InterpreterNotFoundError, NotHandedOverError
from orchestrator.files import open_cache
from orchestrator.model import UNKNOWN_VERSION, Source, Target, Value
from orchestrator.plan.steps import raised
from orchestrator.process import Processes
from orchestrator.registry.load import load_registry
from orchestrator.resolve.configuration import read_configuration
from orchestrator.resolve.requests import classify
from orchestrator.resolve.select import uploaded_on
from orchestrator.targets.interpreters import find_interpreter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from orchestrator.model import BuildSettings, Platform
    from orchestrator.registry.load import Registry
    from orchestrator.resolve.configuration import IndexConfiguration
    from orchestrator.resolve.index import Found


class CibuildwheelProject(Value):
    """A project for cibuildwheel.

    Attributes:
        name: Of the package.
        version: Of the package.
        handover: What is handed over.
        identifiers: Of the builds, as cibuildwheel names them.
        files: To be written.
    """

    name: str
    version: str
    handover: Handover
    identifiers: tuple[str, ...]
    files: tuple[EmittedFile, ...]


def hand_over(
    requirements: Iterable[str],
    targets: Sequence[Target],
    *,
    recipes: Sequence[Path] = (),
    explicit: bool = False,
) -> tuple[CibuildwheelProject, ...]:
    """A project for each requirement.

    Args:
        requirements: As ``orchestrate build`` takes them.
        targets: What wheels are wanted for.
        recipes: Folders of recipes beyond those that travel with orchestrator.
        explicit: Whether the user named the platforms.

    Raises:
        NotHandedOverError: cibuildwheel can't build one of them.
        OrchestratorError: Any of those about requirements, sources and recipes.
    """
    open_cache()
    desk = _Desk(
        registry=load_registry(recipes),
        configuration=read_configuration(Path.cwd(), os.environ),
        explicit=explicit,
    )
    return tuple(desk.project(text, targets) for text in dict.fromkeys(requirements))


class _Prepared(Value):
    """A target, its source, and the build requirements that its recipe makes of the stated ones."""

    source: Source
    handed: Handed
    requires: tuple[str, ...]


class _Desk:
    """Hands over one package after the other."""

    def __init__(
        self, registry: Registry, configuration: IndexConfiguration, *, explicit: bool
    ) -> None:
        self._registry = registry
        self._configuration = configuration
        self._explicit = explicit
        self._locker = Locker(configuration, Processes())

    def project(self, text: str, targets: Sequence[Target]) -> CibuildwheelProject:
        request = classify(text, Path.cwd())
        found = {
            target.interpreter: pin(request, self._configuration, target.interpreter)
            for target in targets
        }
        handed = [self._handed(found[target.interpreter], target) for target in targets]
        source = _the_one(text, [item.source for item in handed])
        texts = {self._pyproject(item) for item in handed}
        if len(texts) > 1:
            raise NotHandedOverError(
                f"{text}: its recipe wants other build requirements for some of the targets, and"
                " cibuildwheel prepares the source once.",
                hint="Hand the targets over one by one.",
            )
        handover = Handover(
            source=source, targets=tuple(item.handed for item in handed), pyproject=texts.pop()
        )
        return CibuildwheelProject(
            name=source.name,
            version=source.version,
            handover=handover,
            identifiers=tuple(item.identifier for item in handover.targets),
            files=project_files(handover, _contents(handover.targets)),
        )

    def _handed(self, found: Found, target: Target) -> _Prepared:
        source = found.source
        target = raised(source, self._settings(source, target), target, explicit=self._explicit)
        settings = self._settings(source, target)
        if settings.source:
            source = overridden(source, settings.source)
        blueprint = blueprint_of(source, settings.patches, self._configuration)
        stated = declared(blueprint.requires, settings, source.name)
        released = uploaded_on(found.source, found.files) or blueprint.released
        libraries = self._libraries(settings, target.platform, source.name)
        return _Prepared(
            source=source,
            requires=stated,
            handed=Handed(
                target=target,
                settings=settings,
                constraints=self._constraints(stated, released, settings, target),
                # Once, where several need it.
                libraries=tuple({item.source.name: item for item in libraries}.values()),
            ),
        )

    def _constraints(
        self,
        stated: tuple[str, ...],
        released: tuple[int, int, int] | None,
        settings: BuildSettings,
        target: Target,
    ) -> tuple[str, ...]:
        """Build requirements as locked for an interpreter of this machine; without, their bounds.

        Those are what ``orchestrate build`` installs, too.
        """
        bounds = era.constraints(released, target.interpreter, era.release_table())
        bounds = era.applicable(bounds, stated)
        own = settings.build_requires.constrain
        try:
            python = find_interpreter(target.interpreter)
        except InterpreterNotFoundError:
            return (*bounds, *own)
        return tuple(
            f"{item.name}=={item.version}"
            for item in self._locker.lock(stated, [bounds], own, python)
        )

    def _pyproject(self, prepared: _Prepared) -> str:
        """The source's ``pyproject.toml`` as the recipe wants it; empty where it may stay."""
        settings = prepared.handed.settings
        changes = settings.build_requires
        if not (settings.backend or changes.add or changes.remove):
            return ""
        with tempfile.TemporaryDirectory() as folder:
            tree = prepare(prepared.source, Path(folder) / "source", self._configuration)
            apply_patches(tree.path, settings.patches, lambda _: None)
            return with_requirements(tree, settings.backend, prepared.requires)

    def _settings(self, source: Source, target: Target) -> BuildSettings:
        version = None if source.version == UNKNOWN_VERSION else source.version
        return self._registry.settings(source.name, version, target)

    def _libraries(
        self, settings: BuildSettings, platform: Platform, needed_by: str
    ) -> Iterator[HandedLibrary]:
        """Each behind those it needs; the planner of steps looks for circles."""
        for need in settings.libraries:
            chosen = self._registry.libraries.choose(need, platform, needed_by)
            yield from self._libraries(chosen.settings, platform, chosen.name)
            source = Source(name=chosen.name, version=chosen.version, kind="url", location="")
            assert chosen.settings.source is not None  # noqa: S101 (a library's always is pinned)
            source = overridden(source, chosen.settings.source)
            yield HandedLibrary(source=source, settings=chosen.settings)


def _the_one(text: str, sources: Sequence[Source]) -> Source:
    """The source of all builds: cibuildwheel takes one."""
    versions = {source.version: source for source in sources}
    if len({msgspec.json.encode(source) for source in sources}) > 1:
        raise NotHandedOverError(
            f"{text}: not one source for all the targets, but the versions {', '.join(versions)}.",
            hint="Name one version, such as NAME==1.0, or hand the Pythons over one by one.",
        )
    return sources[0]


def _contents(handed: Iterable[Handed]) -> dict[Path, bytes]:
    """Of all files that recipes bring along."""
    paths: set[Path] = set()
    for item in handed:
        paths |= {patch.path for patch in item.settings.patches}
        paths |= {patch.path for library in item.libraries for patch in library.settings.patches}
        paths |= set(item.settings.test.own_files)
    return {path: path.read_bytes() for path in paths}
