"""One step done: once among all who share the wheelhouse, in a folder of its own, and measured."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING, Any

import msgspec

from orchestrator.errors import OrchestratorError
from orchestrator.model import (
    Notice,
    PlanStep,
    Published,
    PublishedLibrary,
    PublishedWheel,
    StepFailed,
    StepResult,
    StepStarted,
    Usage,
)
from orchestrator.pipeline.folder import BuildFolder
from orchestrator.pipeline.workshop import failure_of
from orchestrator.plan.fingerprint import settled
from orchestrator.plan.fitness import check_toolchain
from orchestrator.plan.libraries import in_order
from orchestrator.report.unforeseen import unforeseen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from orchestrator.model import Step, Target
    from orchestrator.pipeline.work import Work
    from orchestrator.pipeline.workshop import Emit, Located, Workshop
    from orchestrator.wheelhouse.claims import Claim

# How often it is looked whether somebody else has done a step.
_POLL_SECONDS = 0.1


class Performance:
    """Does one step; ``prepare`` may be called before, by another thread.

    Args:
        workshop: What the steps of a run share.
        work: The step, and what the plan knows of it.
    """

    def __init__(self, workshop: Workshop, work: PlanStep) -> None:
        self._workshop = workshop
        self._work = work
        self._step = work.step
        self._lock = threading.Lock()
        self._claim: Claim | None = None
        self._folder: BuildFolder | None = None
        self._log: Path | None = None
        self._build: Work[Any, Published] | None = None
        self._failure: Exception | None = None
        self._over = False

    def prepare(self, needs: Mapping[str, Published]) -> None:
        """Does what needs no compiler, unless somebody else does the step already.

        What fails is told by ``run``.
        """
        with self._lock:
            if self._over:
                return
            self._claim = self._claim or self._workshop.wheelhouse.claim(self._step)
            try:
                if self._claim and not self._find(needs):
                    self._prepare()
            except Exception as error:  # noqa: BLE001 (told by run)
                self._failure = error

    def run(
        self,
        cpus: int,
        needs: Mapping[str, Published],
        *,
        compiled: Callable[[], None] = lambda: None,
        blocked: Callable[[], None] = lambda: None,
    ) -> StepResult:
        """Does the step; that it fails is a value here.

        Args:
            cpus: That its build may keep busy.
            needs: What the steps made that it needs, by their labels.
            compiled: Called when it needs CPUs no longer.
            blocked: Called when somebody else is doing the step, and nothing is left but to wait.
        """
        began = time.monotonic()
        try:
            result = self.do(cpus, needs, compiled=compiled, blocked=blocked)
        except OrchestratorError as error:
            label, source = self._step.label, self._step.source
            tell_failure(self._workshop.emit, label, error)
            failure = failure_of(error, name=source.name, version=source.version)
            return StepResult(step=self._step, result=failure, usage=self._usage(began))
        return StepResult(step=self._step, result=result, usage=self._usage(began))

    def do(
        self,
        cpus: int,
        needs: Mapping[str, Published],
        *,
        compiled: Callable[[], None] = lambda: None,
        blocked: Callable[[], None] = lambda: None,
    ) -> Published:
        """The same, for those who want to know why it failed.

        Raises:
            OrchestratorError: It can't be done.
        """
        try:
            with self._lock:
                self._over = True
                self._claim = self._claim or self._wait_for_claim(blocked)
                # Whoever had the claim before may have done it.
                return self._find(needs) or self._make(cpus, compiled)
        except OrchestratorError as error:
            error.log = error.log or (str(self._log) if self._log else None)
            raise
        except Exception as error:  # (a bug in one step must not lose the others)
            raise unforeseen(error, what=self._step.label, log=self._log) from error
        finally:
            self.close()

    def close(self) -> None:
        """Removes the folder, or says that it was kept, and lets others do the step."""
        if self._folder:
            keep = self._workshop.options.keep_build_dir
            if keep:
                message = f"build folder kept: {self._folder.path}"
                self._workshop.emit(Notice(step=self._step.label, message=message))
            self._folder.close(keep=keep)
            self._folder = None
        if self._claim:
            self._claim.release()
            self._claim = None

    def _wait_for_claim(self, blocked: Callable[[], None]) -> Claim:
        wheelhouse = self._workshop.wheelhouse
        if claim := wheelhouse.claim(self._step):
            return claim
        owner = wheelhouse.owner_of(self._step) or "another run"
        message = f"{owner} is doing this step; waiting for its end"
        self._workshop.emit(Notice(step=self._step.label, message=message))
        blocked()
        while not (claim := wheelhouse.claim(self._step)):
            self._workshop.processes.check()
            time.sleep(_POLL_SECONDS)
        return claim

    def _find(self, needs: Mapping[str, Published]) -> Published | None:
        """What the step makes, where the wheelhouse has it, or what is just as good."""
        kept = self._workshop.kept(self._step)
        if kept or not needs:
            return kept
        interfaces = {label: interface_of(made) for label, made in needs.items()}
        self._step = msgspec.structs.replace(self._step, settled=settled(self._step, interfaces))
        return self._workshop.adopt(self._step)

    def _prepare(self) -> None:
        """Takes the build to the point where it needs a compiler."""
        if self._build or self._step.kind == "redirect":
            return
        self._workshop.emit(StepStarted(step=self._step.label))
        for note in self._work.notes:
            self._workshop.emit(Notice(step=self._step.label, message=note))
        step, toolchain = self._step, self._workshop.toolchain_of(self._step)
        check_toolchain(toolchain, step.target.platform, step.settings.needs, step.label)
        self._log = self._workshop.wheelhouse.new_log(self._step)
        self._folder = BuildFolder.make(self._step)
        build = _kind_of_work(step)(self._workshop, self._work, self._folder, self._log)
        build.prepare()
        self._build = build

    def _make(self, cpus: int, compiled: Callable[[], None]) -> Published:
        if self._failure:
            raise self._failure
        if self._step.kind == "redirect":
            from orchestrator.pipeline.redirect import make_redirect  # noqa: PLC0415 (seldom)

            return make_redirect(self._workshop, self._step)
        self._prepare()
        assert self._build is not None  # noqa: S101 (prepared)
        built = self._build.compile(cpus)
        compiled()
        return self._build.finish(built, self._step)

    def _usage(self, began: float) -> Usage:
        return self._build.usage if self._build else Usage(seconds=time.monotonic() - began)


def make(workshop: Workshop, located: Located, target: Target) -> PublishedWheel:
    """Builds one source for one target, on its own.

    Raises:
        OrchestratorError: It can't be built.
    """
    work = PlanStep(
        step=workshop.surveyor.survey(located, target).planned.step,
        binaries=located.binaries,
        released=located.released,
    )
    made = Performance(workshop, work).do(os.cpu_count() or 1, {})
    assert isinstance(made, PublishedWheel)  # noqa: S101 (a source's step is a wheel's)
    return made


def libraries_of(workshop: Workshop, step: Step) -> tuple[PublishedLibrary, ...]:
    """The libraries that a step is built with, and theirs, each behind what it needs.

    A plan has them made before; one that is not in this wheelhouse is made here.

    Raises:
        OrchestratorError: One can't be built.
    """
    found = []
    for library in in_order(step.libraries):
        made = workshop.libraries.find(library.fingerprint) or Performance(
            workshop, PlanStep(step=library)
        ).do(os.cpu_count() or 1, {})
        assert isinstance(made, PublishedLibrary)  # noqa: S101 (a library's step)
        found.append(made)
    return tuple(found)


def _kind_of_work(step: Step) -> type[Work[Any, Any]]:
    """What does steps of this kind; imported only when something is built."""
    if step.kind == "library":
        from orchestrator.pipeline.library import LibraryBuild  # noqa: PLC0415

        return LibraryBuild
    from orchestrator.pipeline.step import StepBuild  # noqa: PLC0415

    return StepBuild


def interface_of(made: Published) -> str:
    """The digest of what a wheel or a library offers to those that are built with it."""
    if isinstance(made, PublishedLibrary):
        return made.record.interface
    from orchestrator.binary.wheelfile import read_wheel  # noqa: PLC0415 (imports lief)
    from orchestrator.plan.interface import interface_digest  # noqa: PLC0415

    return interface_digest(read_wheel(made.path).members)


def tell_failure(emit: Emit, step: str, error: OrchestratorError) -> None:
    """Tells that a step ended in an error."""
    emit(
        StepFailed(
            step=step,
            code=error.code,
            message=error.message,
            hint=error.hint,
            log=error.log or "",
        )
    )
