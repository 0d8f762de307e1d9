"""``orchestrate build``: requirements times targets as jobs, each in a thread.

A job first becomes a *step* (resolved, pinned, fingerprinted); if the
wheelhouse has a wheel of that fingerprint it is done, else the step goes through its phases
(``pipeline.step``).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from pathlib import Path
from typing import Literal

import msgspec

from orchestrator.errors import (
    InterruptedBuildError,
    NoSdistError,
    OrchestratorError,
)
from orchestrator.files import open_cache
from orchestrator.model import (
    BuildReport,
    Event,
    Failure,
    Interpreter,
    Notice,
    Platform,
    PublishedWheel,
    Request,
    Source,
    SourceOverride,
    Step,
    StepFailed,
    StepFinished,
    StepStarted,
    Target,
    Value,
)
from orchestrator.pipeline.survey import Surveyor
from orchestrator.plan.fitness import check_toolchain
from orchestrator.plan.steps import Planned, Planner
from orchestrator.process import Processes
from orchestrator.registry.load import load_registry
from orchestrator.report.unforeseen import unforeseen
from orchestrator.resolve.configuration import read_configuration
from orchestrator.resolve.index import Found, find
from orchestrator.resolve.requests import classify
from orchestrator.resolve.select import uploaded_on, wheels_for
from orchestrator.targets.host import this_host
from orchestrator.targets.toolchains import toolchains
from orchestrator.wheelhouse.store import open_wheelhouse

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
    """

    platforms: tuple[Platform, ...]
    interpreters: tuple[Interpreter, ...]
    explicit_platform: bool
    wheelhouse: Path
    recipes: tuple[Path, ...] = ()
    keep_build_dir: bool = False
    timeout: float = 3 * 3600
    test: Testing = "auto"


class Located(Value):
    """A pinned source and what the index knows of it.

    Attributes:
        source: Pinned.
        binaries: Whether the version's wheels hold binaries; None where the index has none.
        released: Year, month, day; None where the index does not say.
    """

    source: Source
    binaries: bool | None
    released: tuple[int, int, int] | None


def build(requirements: Sequence[str], options: BuildOptions, emit: Emit) -> BuildReport:
    """Builds wheels of the named requirements for every target.

    A failure of one does not stop the others; it is in the report.

    Raises:
        OrchestratorError: The input is wrong, before anything is built.
        InterruptedBuildError: Ctrl-C; nothing is left behind but logs.
    """
    requests = [classify(text, Path.cwd()) for text in dict.fromkeys(requirements)]
    builder = Builder(options, emit)
    jobs = [
        partial(builder.build, request, Target(platform=platform, interpreter=interpreter))
        for request in requests
        for platform in options.platforms
        for interpreter in options.interpreters
    ]
    return builder.run(jobs)


def _overridden(source: Source, override: SourceOverride) -> Source:
    """The source that a recipe names; imported late, like everything about archives and git."""
    from orchestrator.build.sources import overridden  # noqa: PLC0415

    return overridden(source, override)


class Builder:
    """Builds steps; one instance serves all threads of a run.

    Args:
        options: Of the run.
        emit: Told of every event.
        processes: Of a run that this one is a part of.
    """

    def __init__(
        self, options: BuildOptions, emit: Emit, processes: Processes | None = None
    ) -> None:
        self.options = options
        self.emit = emit
        open_cache()
        self.wheelhouse = open_wheelhouse(options.wheelhouse)
        self.configuration = read_configuration(Path.cwd(), os.environ)
        self.processes = processes or Processes()
        self.host = this_host()
        self.registry = load_registry(options.recipes)
        self.planner = Planner(
            self.registry,
            toolchains(self.host),
            self.host,
            override=_overridden,
            explicit=options.explicit_platform,
        )
        self.surveyor = Surveyor(self.planner, self.configuration, self.processes)

    def run(self, jobs: Sequence[Callable[[], PublishedWheel | Failure]]) -> BuildReport:
        """Runs jobs in as many threads as there are CPUs; Ctrl-C ends all their processes."""
        with ThreadPoolExecutor(max_workers=min(len(jobs), os.cpu_count() or 1) or 1) as pool:
            futures = [pool.submit(job) for job in jobs]
            try:
                for _ in as_completed(futures):
                    pass
            except KeyboardInterrupt:
                self.processes.stop()
                pool.shutdown(wait=True, cancel_futures=True)
                raise InterruptedBuildError("Interrupted; build folders were removed.") from None
        results = [future.result() for future in futures]
        return BuildReport(
            wheels=tuple(result for result in results if isinstance(result, PublishedWheel)),
            failed=tuple(result for result in results if isinstance(result, Failure)),
            wheelhouse=self.wheelhouse.directory,
        )

    def build(self, request: Request, target: Target) -> PublishedWheel | Failure:
        """Builds one requirement for one target; failures are values here."""
        label, source = f"{request.text} for {target}", None
        try:
            try:
                located = self._locate(request, target)
            except NoSdistError as refusal:
                from orchestrator.pipeline.redirect import redirected  # noqa: PLC0415 (seldom)

                return redirected(self, request, target, refusal)
            source = located.source
            planned = self.surveyor.survey(located, target).planned
            label = planned.step.label
            return self.done(planned.step) or self._build(planned, located)
        except OrchestratorError as error:
            return self._failure(label, request, source, error)
        except Exception as error:  # noqa: BLE001 (a bug in one step must not lose the others)
            return self._failure(label, request, source, unforeseen(error, what=label))

    def make(self, located: Located, target: Target) -> PublishedWheel:
        """Builds one source for one target, unless the wheelhouse has its wheel.

        Raises:
            OrchestratorError: It can't be built.
        """
        planned = self.surveyor.survey(located, target).planned
        return self.done(planned.step) or self._build(planned, located)

    def beside(self, wheelhouse: Path, emit: Emit) -> Builder:
        """A builder of controls: published elsewhere, not run, and not waited for too long."""
        options = msgspec.structs.replace(
            self.options,
            wheelhouse=wheelhouse,
            test="none",
            timeout=min(self.options.timeout, CONTROL_SECONDS),
        )
        return Builder(options, emit, self.processes)

    def _locate(self, request: Request, target: Target) -> Located:
        found = self._find(request, target.interpreter)
        wheels = wheels_for(found.source.version, found.files)
        pure = any(wheel.tags[2] == "any" for wheel in wheels)
        return Located(
            source=found.source,
            binaries=None if not wheels else not pure,
            released=uploaded_on(found.source, found.files),
        )

    def _find(self, request: Request, interpreter: Interpreter) -> Found:
        if request.kind == "index":
            found = find(request, self.configuration, interpreter)
            if found.source.digest:
                return found
        # Archives and git: a tenth of a second that the answer from the wheelhouse can do without.
        from orchestrator.build.sources import pin  # noqa: PLC0415

        return pin(request, self.configuration, interpreter, self.watch)

    def watch(self, *_: object) -> None:
        """Ends a download, of which it is told now and then, when the run is interrupted."""
        self.processes.check()

    def done(self, step: Step) -> PublishedWheel | None:
        """The wheel of this fingerprint, where the wheelhouse has it."""
        published = self.wheelhouse.find(step.fingerprint)
        if published is None:
            return None
        self.emit(
            StepFinished(step=step.label, filename=published.path.name, cached=True, seconds=0.0)
        )
        return PublishedWheel(record=published.record, path=published.path, cached=True)

    def _build(self, planned: Planned, located: Located) -> PublishedWheel:
        step = planned.step
        self.emit(StepStarted(step=step.label))
        if planned.raised:
            self.emit(
                Notice(
                    step=step.label,
                    message=f"its recipe needs a newer macOS than {planned.raised.tag}: "
                    f"the wheel is tagged {step.target.platform.tag}",
                )
            )
        check_toolchain(planned.toolchain, step.target.platform, step.settings.needs, step.label)
        log = self.wheelhouse.new_log(step)
        try:
            with self._folder(step) as root:
                from orchestrator.pipeline.step import StepBuild  # noqa: PLC0415 (only when built)

                return StepBuild(self, planned, located, root, log).run()
        except OrchestratorError as error:
            error.log = error.log or str(log)
            raise
        except Exception as error:
            raise unforeseen(error, what=step.label, log=log) from error

    @contextlib.contextmanager
    def _folder(self, step: Step) -> Iterator[Path]:
        """A build's own folder, removed at the end unless it is to be kept.

        Some packages write its path into their wheel: the same step has the same folder, unless
        it is in use.
        """
        root = Path(tempfile.gettempdir()) / f"orchestrate-{step.fingerprint[:16]}"
        try:
            root.mkdir(mode=0o700)
        except FileExistsError:
            root = Path(tempfile.mkdtemp(prefix=f"{root.name}-"))
        try:
            yield root
        finally:
            if self.options.keep_build_dir:
                self.emit(Notice(step=step.label, message=f"build folder kept: {root}"))
            else:
                shutil.rmtree(root, ignore_errors=True)

    def _failure(
        self, label: str, request: Request, source: Source | None, error: OrchestratorError
    ) -> Failure:
        self.emit(
            StepFailed(
                step=label,
                code=error.code,
                message=error.message,
                hint=error.hint,
                log=error.log or "",
            )
        )
        name = source.name if source else request.name or request.text
        return failure_of(error, name=name, version=source.version if source else "")


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
