"""``orchestrate audit``: what closures have and lack; lookups run while other targets resolve."""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Self

from orchestrator.audit.answers import FORMAT, GROUPS, Audit, Package, Verdict
from orchestrator.audit.judge import Surroundings, judge
from orchestrator.audit.sdist_facts import sdist_facts
from orchestrator.emit.read import wheels_in
from orchestrator.errors import IndexUnreachableError, OrchestratorError, UnknownPackageError
from orchestrator.model import Closure, Locked, Platform, Source, Target, Value
from orchestrator.pipeline.closures import ClosureOptions, closures
from orchestrator.plan.redirects import redirect_of
from orchestrator.registry.load import load_registry
from orchestrator.resolve.configuration import read_configuration
from orchestrator.resolve.index import list_files
from orchestrator.targets.fortran import find_fortran
from orchestrator.targets.rust import find_rust

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from orchestrator.audit.facts import SdistFacts
    from orchestrator.model import Event
    from orchestrator.registry.load import Registry
    from orchestrator.resolve.configuration import IndexConfiguration
    from orchestrator.resolve.inputs import Inputs
    from orchestrator.resolve.pages import FileEntry


class AuditOptions(Value):
    """How closures are audited.

    Attributes:
        wheelhouse: Folder of wheels that count as there; it need not exist.
        recipes: Folders of recipes beyond those that travel with orchestrator.
        build_metadata: Whether a build backend may be asked what its sdist requires.
    """

    wheelhouse: Path
    recipes: tuple[Path, ...] = ()
    build_metadata: bool = True


_LOOKUPS = 12  # they wait for the network most of the time


def audit_closures(
    inputs: Inputs, targets: Sequence[Target], options: AuditOptions, emit: Callable[[Event], None]
) -> Audit:
    """Resolves what the inputs ask for, and audits it.

    Args:
        inputs: As read.
        targets: At least one.
        options: How.
        emit: Told how it goes.

    Raises:
        OrchestratorError: Any of those about requirements and resolution, or of ``Auditor``.
    """
    folder = Path(inputs.projects[0]).parent if inputs.projects else Path.cwd()
    configuration = inputs.options.configured(read_configuration(folder, os.environ))
    registry = load_registry(options.recipes)
    ways = ClosureOptions(recipes=options.recipes, build_metadata=options.build_metadata)
    with Auditor(configuration, registry, wheels_in(options.wheelhouse)) as auditor:
        closures(inputs, targets, ways, emit, auditor.add)
        return auditor.finish(targets, inputs.unread)


class Auditor:
    """Takes closures as they become known, and looks up at once what they lack.

    Args:
        configuration: The indexes to ask.
        registry: The recipes.
        published: File names of the wheelhouse's wheels.
    """

    def __init__(
        self, configuration: IndexConfiguration, registry: Registry, published: Sequence[str] = ()
    ) -> None:
        self._configuration = configuration
        self._registry = registry
        self._published = tuple(published)
        self._closures: list[Closure] = []
        self._files: dict[str, Future[tuple[FileEntry, ...]]] = {}
        self._facts: dict[Source, Future[SdistFacts | None]] = {}
        self._notes: dict[str, None] = {}
        self._pool = ThreadPoolExecutor(_LOOKUPS, thread_name_prefix="audit")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        """Forgets lookups that nobody waits for any more."""
        self._pool.shutdown(cancel_futures=True)

    def add(self, closure: Closure) -> None:
        """Starts to look up what a closure lacks; returns at once."""
        self._closures.append(closure)
        for package in closure.packages:
            if package.wheel:
                continue
            if (source := source_of(package)) and source not in self._facts:
                self._facts[source] = self._pool.submit(sdist_facts, source, self._configuration)
            if not package.source and package.name not in self._files:
                self._files[package.name] = self._pool.submit(
                    list_files, package.name, self._configuration
                )

    def finish(self, targets: Sequence[Target], notes: Sequence[str] = ()) -> Audit:
        """Waits for the lookups, and answers.

        Args:
            targets: In the order in which they are shown.
            notes: What else the user should know.

        Raises:
            IndexUnreachableError: An index did not answer.
            RecipeError: A recipe is wrong.
        """
        closures = sorted(self._closures, key=lambda closure: targets.index(closure.target))
        verdicts: dict[str, list[Verdict]] = {}
        facts: dict[str, SdistFacts] = {}
        for closure in closures:
            for package in closure.packages:
                verdict = self._verdict(package, closure)
                verdicts.setdefault(package.name, []).append(verdict)
                if verdict.group != "ready" and (found := self._facts_of(package)):
                    facts[package.name] = found
        return Audit(
            format=FORMAT,
            targets=tuple(map(str, targets)),
            packages=tuple(
                Package(
                    name=name,
                    group=max((v.group for v in verdicts[name]), key=GROUPS.index),
                    verdicts=tuple(verdicts[name]),
                    facts=facts.get(name),
                )
                for name in sorted(verdicts)
            ),
            notes=(*notes, *self._notes),
        )

    def _verdict(self, package: Locked, closure: Closure) -> Verdict:
        target = closure.target
        if package.wheel:
            return judge(package, target, Surroundings(published=self._published))
        facts = self._facts_of(package)
        settings = self._registry.settings(package.name, package.version or None, target)
        languages = {*(facts.languages if facts else ()), *settings.needs.languages}
        surroundings = Surroundings(
            settings=settings,
            published=self._published,
            redirect=next(
                (
                    redirect_of(step).requires
                    for step in closure.redirects
                    if step.source.name == package.name
                ),
                "",
            ),
            uncompilable=frozenset(
                name for name in languages if not can_compile(name, target.platform)
            ),
        )
        return judge(package, target, surroundings, self._files_of(package), facts)

    def _files_of(self, package: Locked) -> tuple[FileEntry, ...]:
        try:
            return self._files[package.name].result() if package.name in self._files else ()
        except UnknownPackageError:
            return ()  # the lock is of another index

    def _facts_of(self, package: Locked) -> SdistFacts | None:
        source = source_of(package)
        if source is None or source not in self._facts:
            return None
        try:
            return self._facts[source].result()
        except IndexUnreachableError:
            raise
        except OrchestratorError as error:
            self._notes[f"{package.name} {package.version}: {error.message}"] = None
            return None


def source_of(package: Locked) -> Source | None:
    """What a package would be built from; None where it has no source."""
    if package.source or not package.sdist:
        return package.source
    return Source(
        name=package.name,
        version=package.version,
        kind="index",
        location=package.sdist.url,
        filename=package.sdist.filename,
        digest=f"sha256:{package.sdist.sha256}" if package.sdist.sha256 else "",
    )


@cache
def can_compile(language: str, platform: Platform) -> bool:
    """Whether something here compiles a language for a platform."""
    if language == "rust":
        return find_rust(platform) is not None
    if language == "fortran":
        return find_fortran(platform) is not None
    return True
