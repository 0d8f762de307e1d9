"""``orchestrate audit``: what closures have and lack; lookups run while other targets resolve."""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

from orchestrator.audit.answers import FORMAT, GROUPS, Audit, Package, Verdict
from orchestrator.audit.judge import Surroundings, judge
from orchestrator.audit.offers import NO_OFFERS, Offers, offers
from orchestrator.audit.sdist_facts import sdist_facts
from orchestrator.errors import OrchestratorError, UnknownPackageError
from orchestrator.model import Closure, Locked, Platform, Source, Target, Value
from orchestrator.pipeline.closures import ClosureOptions, closures
from orchestrator.pipeline.once import Once
from orchestrator.plan.redirects import redirect_of
from orchestrator.registry.load import load_registry
from orchestrator.resolve.configuration import read_configuration
from orchestrator.resolve.index import list_files
from orchestrator.targets.fortran import find_fortran
from orchestrator.targets.rust import find_rust
from orchestrator.wheelhouse.store import wheel_names

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


_LOOKUPS = 8  # they wait for the network most of the time


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
    with Auditor(configuration, registry, wheel_names(options.wheelhouse)) as auditor:
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
        self._found: dict[tuple[Target, str], Future[_Found]] = {}
        self._files: Once[str, tuple[FileEntry, ...]] = Once()
        self._facts: Once[Source, SdistFacts | None] = Once()
        self._pool = ThreadPoolExecutor(_LOOKUPS, thread_name_prefix="audit")
        self._pool.submit(import_module, "requests")  # slow, and needed when a closure is known

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        """Forgets lookups that nobody waits for any more."""
        self._pool.shutdown(cancel_futures=True)

    def add(self, closure: Closure) -> None:
        """Starts to look up what a closure lacks; returns at once."""
        self._closures.append(closure)
        for package in closure.packages:
            if not package.wheel:
                found = self._pool.submit(self._look_up, package, closure)
                self._found[closure.target, package.name] = found

    def finish(self, targets: Sequence[Target], notes: Sequence[str] = ()) -> Audit:
        """Waits for the lookups, and answers.

        Args:
            targets: In the order in which they are shown.
            notes: What else the user should know.

        Raises:
            IndexUnreachableError: An index did not answer.
            RecipeError: A recipe is wrong.
        """
        known: dict[str, list[_Found]] = {}
        for closure in sorted(self._closures, key=lambda one: targets.index(one.target)):
            for package in closure.packages:
                found = self._found.get((closure.target, package.name))
                known.setdefault(package.name, []).append(
                    found.result() if found else self._with_wheel(package, closure.target)
                )
        problems = dict.fromkeys(one.problem for all_of in known.values() for one in all_of)
        return Audit(
            format=FORMAT,
            targets=tuple(map(str, targets)),
            packages=tuple(_package(name, known[name]) for name in sorted(known)),
            notes=(*notes, *filter(None, problems)),
        )

    def _with_wheel(self, package: Locked, target: Target) -> _Found:
        return _Found(judge(package, target, Surroundings(published=self._published)))

    def _look_up(self, package: Locked, closure: Closure) -> _Found:
        target = closure.target
        settings = self._registry.settings(package.name, package.version or None, target)
        offered = self._offers(package, target)
        facts, problem = None, ""
        # Where a newer system is all that it takes, nobody wants to know what a build would.
        if settings.recipes or not offered.newer_platform:
            facts, problem = self._facts_of(package)
        languages = {*(facts.languages if facts else ()), *settings.needs.languages}
        surroundings = Surroundings(
            settings=settings,
            published=self._published,
            redirect=_redirect(package, closure),
            uncompilable=frozenset(
                name for name in languages if not can_compile(name, target.platform)
            ),
        )
        return _Found(judge(package, target, surroundings, offered, facts), facts, problem)

    def _offers(self, package: Locked, target: Target) -> Offers:
        if package.source:
            return NO_OFFERS
        try:
            files = self._files.get(
                package.name, lambda: list_files(package.name, self._configuration)
            )
        except UnknownPackageError:
            return NO_OFFERS  # the lock is of another index
        return offers(package.version, files, target)

    def _facts_of(self, package: Locked) -> tuple[SdistFacts | None, str]:
        """What the sdist says, or why it could not be read."""
        source = source_of(package)
        if source is None:
            return None, ""
        try:
            return self._facts.get(source, lambda: sdist_facts(source, self._configuration)), ""
        except OrchestratorError as error:
            return None, f"{package.name} {package.version}: {error.message}"


class _Found(NamedTuple):
    """What was found out about a package on a target."""

    verdict: Verdict
    facts: SdistFacts | None = None
    problem: str = ""


def _package(name: str, found: Sequence[_Found]) -> Package:
    facts = (one.facts for one in found if one.facts and one.verdict.group != "ready")
    return Package(
        name=name,
        group=max((one.verdict.group for one in found), key=GROUPS.index),
        verdicts=tuple(one.verdict for one in found),
        facts=next(facts, None),
    )


def _redirect(package: Locked, closure: Closure) -> str:
    """What a redirect wheel of the package would require; empty where none can be made."""
    steps = (step for step in closure.redirects if step.source.name == package.name)
    return next((redirect_of(step).requires for step in steps), "")


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
