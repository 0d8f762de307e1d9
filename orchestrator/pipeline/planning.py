"""From closures to a plan: every package that lacks a wheel is looked at, many at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING

import msgspec

from orchestrator.build.blueprint import blueprint_of
from orchestrator.build.languages import check_languages
from orchestrator.errors import (
    CacheNotWritableError,
    DiskFullError,
    IndexUnreachableError,
    InterruptedBuildError,
    NoSdistError,
    OrchestratorError,
    RequiresPythonError,
    UnknownPackageError,
)
from orchestrator.model import (
    Closure,
    Plan,
    PlanStep,
    Request,
    Source,
    Step,
    Target,
    Unbuildable,
)
from orchestrator.pipeline.workshop import Located
from orchestrator.plan.fitness import check_toolchain
from orchestrator.plan.graph import make_plan
from orchestrator.plan.guesses import guess_library, guess_wheel
from orchestrator.plan.libraries import in_order
from orchestrator.plan.redirects import redirect_step
from orchestrator.plan.wants import Want, for_host, for_target, lacking, named_for_target
from orchestrator.registry.advice import advice_of
from orchestrator.resolve.index import list_files
from orchestrator.resolve.select import supports, uploaded_on, wheels_for
from orchestrator.resolve.urls import without_credentials
from orchestrator.targets.host import host_platform
from orchestrator.targets.wheel_tags import accepted
from orchestrator.wheelhouse.libraries import find_made

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from orchestrator.pipeline.survey import Survey, Surveyor
    from orchestrator.process import Processes
    from orchestrator.registry.load import Registry
    from orchestrator.resolve.configuration import IndexConfiguration
    from orchestrator.resolve.pages import FileEntry
    from orchestrator.wheelhouse.store import Wheelhouse

# They wait for the network and for uv most of the time.
_LOOKS = 12
# What is the fault of the moment, and not of the package.
_OF_THE_MOMENT = (
    CacheNotWritableError,
    DiskFullError,
    IndexUnreachableError,
    InterruptedBuildError,
)


class _Looked(msgspec.Struct, frozen=True, kw_only=True):
    """What was found out about something wanted.

    Attributes:
        item: Its step, or why there can be none.
        libraries: Steps that its recipe asks for.
        host: Build requirements that must be made for this machine.
        target: Build requirements that must be the target's, where they are to be made.
        further: Those of them that are made for this step alone.
    """

    want: Want
    item: PlanStep | Unbuildable
    libraries: tuple[PlanStep, ...] = ()
    host: tuple[Want, ...] = ()
    target: tuple[Want, ...] = ()
    further: tuple[Want, ...] = ()

    @property
    def label(self) -> str:
        item = self.item
        return item.step.label if isinstance(item, PlanStep) else item.label


class PlanMaker:
    """Makes plans.

    Args:
        surveyor: Looks at sources.
        registry: The recipes.
        configuration: The indexes.
        processes: Of the run.
        wheelhouse: Whose wheels are not made again; None: there is none yet.
    """

    def __init__(
        self,
        surveyor: Surveyor,
        registry: Registry,
        configuration: IndexConfiguration,
        processes: Processes,
        wheelhouse: Wheelhouse | None,
    ) -> None:
        self._surveyor = surveyor
        self._registry = registry
        self._configuration = configuration
        self._processes = processes
        self._wheelhouse = wheelhouse
        self._host = host_platform()
        self._files = cache(self._list_files)

    def make(self, closures: Sequence[Closure]) -> Plan:
        """Plans what closures lack.

        What can't be built does not stop the rest; it is in the plan, with the reason.

        Args:
            closures: One for each target.

        Raises:
            PlanCycleError: Packages need each other to be built.
            IndexUnreachableError: An index did not answer.
            InterruptedBuildError: Ctrl-C.
        """
        wants = [want for closure in closures for want in lacking(closure)]
        looked = self._look_at_all(wants)
        labels = {found.want.label: found.label for found in looked}
        steps = [item for found in looked for item in _with_needs(found, labels)]
        unbuildable = [found.item for found in looked if isinstance(found.item, Unbuildable)]
        plan = make_plan(steps, unbuildable, closures)
        return msgspec.structs.replace(plan, steps=tuple(map(self._as_cached, plan.steps)))

    def _look_at_all(self, wants: Iterable[Want]) -> list[_Looked]:
        """Everything wanted, and what is wanted for that."""
        pending = {want.label: want for want in wants}
        preferred = {
            (want.target, want.locked.name): want.locked.version for want in pending.values()
        }
        looked: dict[str, _Looked] = {}
        with ThreadPoolExecutor(_LOOKS, thread_name_prefix="plan") as pool:
            try:
                while pending:
                    found = pool.map(lambda want: self._look(want, preferred), pending.values())
                    looked |= {item.want.label: item for item in found}
                    pending = {
                        want.label: want
                        for item in looked.values()
                        for want in (*item.host, *item.further)
                        if want.label not in looked
                    }
            except BaseException:
                self._processes.stop()
                pool.shutdown(cancel_futures=True)
                raise
        return list(looked.values())

    def _look(self, want: Want, preferred: dict[tuple[Target, str], str]) -> _Looked:
        try:
            return self._looked_at(want, preferred)
        except _OF_THE_MOMENT:
            raise
        except OrchestratorError as error:
            locked = want.locked
            missing = Unbuildable(
                name=locked.name,
                version=locked.version,
                target=want.target,
                code=error.code,
                message=error.message,
                hint=error.hint,
                roots=locked.roots,
                details=error.details,
            )
            return _Looked(want=want, item=missing)

    def _looked_at(self, want: Want, preferred: dict[tuple[Target, str], str]) -> _Looked:
        locked, target = want.locked, want.target
        if not (locked.sdist or locked.source):
            return _Looked(want=want, item=self._substituted(want))
        located = self._locate(want)
        own = tuple(
            f"{name}=={version}"
            for (built_for, name), version in preferred.items()
            if built_for == target and name != locked.name
        )
        survey = self._surveyor.survey(located, target, own)
        step = survey.planned.step
        self._check(survey)
        guess = guess_wheel(survey.blueprint.code, {item.name for item in survey.requires})
        item = PlanStep(
            step=step,
            why=want.why,
            roots=locked.roots,
            seconds=guess.seconds,
            cpus=guess.cpus,
            binaries=located.binaries,
            released=located.released,
            notes=survey.planned.notes,
            requires=survey.requires,
            served=want.served,
        )
        host = Target(platform=self._host, interpreter=step.target.interpreter)
        for_it = tuple(for_target(step, survey.requires)) if step.target != host else ()
        return _Looked(
            want=want,
            item=item,
            libraries=tuple(map(_library, in_order(step.libraries))),
            host=tuple(for_host(step, survey.requires, host)),
            target=for_it,
            further=tuple(self._without_wheel(step, for_it)),
        )

    def _locate(self, want: Want) -> Located:
        """The source, and what the index knows of it."""
        locked, interpreter = want.locked, want.target.interpreter
        # Archives and git: not needed where nothing is to be built.
        from orchestrator.build.sources import pin, with_digest  # noqa: PLC0415

        if locked.source:
            pinned = pin(_request(locked.source), self._configuration, interpreter, self._watch)
            return Located(source=pinned.source, binaries=None, released=None)
        assert locked.sdist is not None  # noqa: S101 (else it has no source)
        files = self._files(locked.name)
        listed = next((file for file in files if file.filename == locked.sdist.filename), None)
        source = Source(
            name=locked.name,
            version=locked.version,
            kind="index",
            location=listed.url if listed else without_credentials(locked.sdist.url),
            filename=locked.sdist.filename,
            digest=f"sha256:{locked.sdist.sha256}" if locked.sdist.sha256 else "",
            requires_python=listed.requires_python if listed else "",
        )
        if not supports(source.requires_python, interpreter):
            raise RequiresPythonError(
                f"{source.name} {source.version} requires Python {source.requires_python} and does "
                f"not support {interpreter.version}."
            )
        if not source.digest:
            source = with_digest(source, self._configuration, self._watch)
        wheels = wheels_for(source.version, files)
        pure = any(wheel.tags[2] == "any" for wheel in wheels)
        return Located(
            source=source,
            binaries=None if not wheels else not pure,
            released=uploaded_on(source, files),
        )

    def _substituted(self, want: Want) -> PlanStep:
        """The redirect that a recipe names for what has neither wheel nor sdist."""
        locked, target = want.locked, want.target
        settings = self._registry.settings(locked.name, locked.version, target)
        substitute = settings.substitute
        if substitute and substitute.kind == "redirect":
            offered = list_files(substitute.name, self._configuration)
            step = redirect_step(locked.name, locked.version, settings, offered, target)
            return PlanStep(step=step, why=want.why, roots=locked.roots, served=want.served)
        raise NoSdistError(
            f"{locked.name} {locked.version} has no wheel for {target}, and no sdist.",
            hint=advice_of(substitute, locked.name, locked.version) if substitute else None,
        )

    def _check(self, survey: Survey) -> None:
        """That this machine has all that the step needs."""
        step, toolchain = survey.planned.step, survey.planned.toolchain
        check_toolchain(toolchain, step.target.platform, step.settings.needs, step.label)
        check_languages(step, [item.name for item in survey.requires])

    def _without_wheel(self, step: Step, wants: Iterable[Want]) -> Iterator[Want]:
        """Those that must be the target's for sure, and that the index has no wheel of for it.

        That is what the recipe names, and what has to be compiled for this machine too.
        """
        named = named_for_target(step)
        for want in wants:
            locked = want.locked
            if locked.name not in named and (locked.wheel or not self._compiles(want)):
                continue
            tags = accepted(want.target)
            wheels = wheels_for(locked.version, self._files(locked.name))
            if not any(_fits(wheel, tags) for wheel in wheels):
                yield want

    def _compiles(self, want: Want) -> bool:
        source = self._locate(want).source
        return bool(blueprint_of(source, (), self._configuration, self._watch).code)

    def _list_files(self, name: str) -> tuple[FileEntry, ...]:
        try:
            return list_files(name, self._configuration)
        except UnknownPackageError:
            return ()  # the lock is of another index

    def _as_cached(self, item: PlanStep) -> PlanStep:
        found = self._wheelhouse and find_made(self._wheelhouse, item.step)
        return msgspec.structs.replace(item, cached=found.path.name) if found else item

    def _watch(self, *_: object) -> None:
        self._processes.check()


def _with_needs(found: _Looked, labels: dict[str, str]) -> Iterator[PlanStep]:
    """The step with all that it needs, and the steps of its libraries."""
    item = found.item
    if isinstance(item, Unbuildable):
        return
    yield from found.libraries
    made = [labels[want.label] for want in (*found.host, *found.target) if want.label in labels]
    libraries = [library.label for library in item.step.libraries]
    yield msgspec.structs.replace(item, needs=tuple(sorted({*made, *libraries})))


def _library(step: Step) -> PlanStep:
    guess = guess_library()
    return PlanStep(
        step=step,
        needs=tuple(library.label for library in step.libraries),
        why="a library that recipes name",
        seconds=guess.seconds,
        cpus=guess.cpus,
        served=True,
    )


def _request(source: Source) -> Request:
    """A source of a lock as what a user would ask for, so that it is pinned as such."""
    kinds = {"directory": "directory", "git": "git"}
    return Request(
        kind=kinds.get(source.kind, "file"),  # type: ignore[arg-type]  # of the three
        text=source.location,
        name=source.name,
        location=source.location,
        revision=source.digest.removeprefix("git:") if source.kind == "git" else "",
    )


def _fits(wheel: FileEntry, tags: frozenset[str]) -> bool:
    from packaging.utils import InvalidWheelFilename, parse_wheel_filename  # noqa: PLC0415

    try:
        return not tags.isdisjoint(map(str, parse_wheel_filename(wheel.filename)[3]))
    except InvalidWheelFilename:
        return False
