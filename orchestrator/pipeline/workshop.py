"""What the steps that one process does have in common: options, wheelhouse, tools, processes."""

from __future__ import annotations

import os
import sysconfig
from collections.abc import Callable
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from orchestrator.files import open_cache
from orchestrator.model import (
    Event,
    Failure,
    Interpreter,
    Platform,
    Published,
    Source,
    SourceOverride,
    Step,
    StepFinished,
    Target,
    Value,
)
from orchestrator.pipeline.survey import Surveyor
from orchestrator.plan.steps import Planned, Planner
from orchestrator.process import Processes
from orchestrator.registry.load import load_registry
from orchestrator.resolve.configuration import read_configuration
from orchestrator.targets.host import this_host
from orchestrator.targets.interpreters import find_interpreter
from orchestrator.targets.toolchains import toolchains
from orchestrator.wheelhouse.libraries import LibraryStore, find_made, libraries_in
from orchestrator.wheelhouse.store import open_wheelhouse

if TYPE_CHECKING:
    from orchestrator.errors import OrchestratorError
    from orchestrator.plan.locked import PlanLock
    from orchestrator.registry.load import Registry
    from orchestrator.resolve.inputs import IndexOptions
    from orchestrator.targets.toolchain import Toolchain
    from orchestrator.wheelhouse.ledger import Ledger

Emit = Callable[[Event], None]
Testing = Literal["auto", "imports", "none"]

# What a hook of a control's build may take: it must not outlast everything else.
CONTROL_SECONDS = 1800


class BuildOptions(Value):
    """What one ``orchestrate build`` was asked for.

    Attributes:
        platforms: Of the targets.
        interpreters: Of the targets.
        explicit_platform: Whether the user named the platforms.
        wheelhouse: Folder to publish into.
        recipes: Folders of recipes beyond those that travel with orchestrator.
        keep_build_dir: Leave the build folders where they are.
        timeout: Seconds that a backend's hook may take.
        test: How far wheels are run where this host can: their recipes' tests, only imports, or
            not at all.
        jobs: Steps that may compile at once; 0: as many as there are CPUs.
        fail_fast: Whether the first failure is the end of all that has not started.
        build_metadata: Whether build backends may be asked what sdists require.
        cluster: Address of the one that does the steps; empty: they are done here.
        locked: The file that says what exactly is built; None: whatever the plan finds.
    """

    platforms: tuple[Platform, ...]
    interpreters: tuple[Interpreter, ...]
    explicit_platform: bool
    wheelhouse: Path
    recipes: tuple[Path, ...] = ()
    keep_build_dir: bool = False
    timeout: float = 3 * 3600
    test: Testing = "auto"
    jobs: int = 0
    fail_fast: bool = False
    build_metadata: bool = True
    cluster: str = ""
    locked: Path | None = None

    @property
    def targets(self) -> tuple[Target, ...]:
        """Each platform with each Python."""
        return tuple(
            Target(platform=platform, interpreter=interpreter)
            for platform in self.platforms
            for interpreter in self.interpreters
        )


class Located(Value):
    """A pinned source and what the index knows of it.

    Attributes:
        source: Pinned.
        binaries: Whether the version's wheels hold binaries; None where the index has none.
        released: Year, month, day; None where the index does not say.
    """

    source: Source
    binaries: bool | None = None
    released: tuple[int, int, int] | None = None


class Workshop:
    """Serves all threads that do steps.

    Args:
        options: Of the run.
        emit: Told of every event.
        processes: Of a run that this one is a part of.
        index: Indexes and find-links that requirements files name.
    """

    def __init__(
        self,
        options: BuildOptions,
        emit: Emit,
        processes: Processes | None = None,
        index: IndexOptions | None = None,
    ) -> None:
        # Python 3.11 answers None to a thread that asks while another one is the first to ask.
        sysconfig.get_config_vars()
        self.options = options
        self.emit = emit
        open_cache()
        self.wheelhouse = open_wheelhouse(options.wheelhouse)
        configuration = read_configuration(Path.cwd(), os.environ)
        self.configuration = index.configured(configuration) if index else configuration
        self.processes = processes or Processes()
        self.host = this_host()
        self.toolchains = toolchains(self.host)
        self._interpreter = cache(find_interpreter)

    @cached_property
    def registry(self) -> Registry:
        """The recipes."""
        return load_registry(self.options.recipes)

    @cached_property
    def planner(self) -> Planner:
        """Makes steps, of this host's toolchains and the recipes."""
        return Planner(
            self.registry,
            self.toolchains,
            self.host,
            override=_overridden,
            explicit=self.options.explicit_platform,
        )

    @cached_property
    def surveyor(self) -> Surveyor:
        """Looks at sources before they are built."""
        locked = self.lock.requires if self.lock else None
        return Surveyor(self.planner, self.configuration, self.processes, locked=locked)

    @cached_property
    def lock(self) -> PlanLock | None:
        """What exactly is built, where the options name a file that says it."""
        if self.options.locked is None:
            return None
        from orchestrator.pipeline.locks import read_lock  # noqa: PLC0415 (seldom)

        return read_lock(self.options.locked)

    @cached_property
    def ledger(self) -> Ledger:
        """What builds took; SQLite is imported by those who ask."""
        from orchestrator.wheelhouse.ledger import Ledger  # noqa: PLC0415

        return Ledger(self.wheelhouse.directory)

    def watch(self, *_: object) -> None:
        """Ends a download, of which it is told now and then, when the run is interrupted."""
        self.processes.check()

    @cached_property
    def libraries(self) -> LibraryStore:
        """The native libraries of the wheelhouse."""
        return libraries_in(self.wheelhouse)

    def toolchain_of(self, step: Step) -> Toolchain:
        """The toolchain of this host that a step names."""
        return next(item for item in self.toolchains if item.name == step.toolchain.name)

    def equipped(self, step: Step) -> Planned:
        """A wheel's step with the toolchain and the interpreter of this host that it names."""
        python = self._interpreter(step.target.interpreter)
        return Planned(step=step, python=python, toolchain=self.toolchain_of(step))

    def kept(self, step: Step) -> Published | None:
        """What the wheelhouse has of this fingerprint; tells that it has."""
        published = find_made(self.wheelhouse, step)
        return self.tell_kept(step, published) if published else None

    def adopt(self, step: Step) -> Published | None:
        """What the wheelhouse has that is as good as what a settled step would make, or None."""
        store = self.libraries if step.kind == "library" else self.wheelhouse
        published = store.adopt(step)
        return self.tell_kept(step, published) if published else None

    def tell_kept(self, step: Step, published: Published) -> Published:
        """Tells that what a step makes was there."""
        name = published.path.name
        self.emit(StepFinished(step=step.label, filename=name, cached=True, seconds=0.0))
        return msgspec.structs.replace(published, cached=True)

    def beside(self, wheelhouse: Path, emit: Emit) -> Workshop:
        """One for controls: published elsewhere, not run, and not waited for too long."""
        options = msgspec.structs.replace(
            self.options,
            wheelhouse=wheelhouse,
            test="none",
            timeout=min(self.options.timeout, CONTROL_SECONDS),
        )
        return Workshop(options, emit, self.processes)


def _overridden(source: Source, override: SourceOverride) -> Source:
    """The source that a recipe names; imported late, like everything about archives and git."""
    from orchestrator.build.sources import overridden  # noqa: PLC0415

    return overridden(source, override)


def failure_of(error: OrchestratorError, *, name: str, version: str = "") -> Failure:
    """An error as the summary lists it."""
    return Failure(
        name=name,
        version=version,
        code=error.code,
        message=error.message,
        hint=error.hint,
        log=error.log or "",
        details=error.details,
        exit_status=error.exit_status,
    )
