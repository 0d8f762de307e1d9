"""The phase of a build in which its wheel is run, where something on this host runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from orchestrator.emulator.runtime import find_runtime
from orchestrator.model import Event, LogLine, Notice, VerifiedWheel
from orchestrator.pipeline.controls import Suspicion, error_of, refute
from orchestrator.pipeline.exhibit import exhibit_of, imports_only, override_tree
from orchestrator.pipeline.perform import make
from orchestrator.pipeline.workshop import Located
from orchestrator.prove.installation import Bench
from orchestrator.prove.prove import Exhibit, Proving, prove

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.emulator.runtime import Runtime
    from orchestrator.model import ProofRun, SourceTree, Target
    from orchestrator.pipeline.step import StepBuild


def proved(build: StepBuild, verified: VerifiedWheel, tree: SourceTree) -> VerifiedWheel:
    """Runs a step's wheel as far as was asked for and as this host can.

    Returns:
        The wheel with its runs; as it was, where nothing runs it.

    Raises:
        WheelTestFailedError: It did not pass; it was kept aside.
    """
    asked = build.workshop.options.test
    runtime = find_runtime(build.step.target, build.workshop.host) if asked != "none" else None
    if runtime is None:
        return verified
    build.enter("test")
    return _StepProof(build, runtime).run(verified, tree)


class _StepProof:
    """One step's wheel on its bench."""

    def __init__(self, build: StepBuild, runtime: Runtime) -> None:
        self._build = build
        self._workshop = build.workshop
        self._step = build.step
        self._bench = Bench(
            runtime=runtime,
            directory=build.root / "test",
            configuration=build.workshop.configuration,
            processes=build.processes,
            log=build.log,
            on_line=build.show,
        )

    def run(self, verified: VerifiedWheel, tree: SourceTree) -> VerifiedWheel:
        exhibit, notes = self._exhibit(verified.repaired.path, tree)
        proving = prove(exhibit, self._bench)
        notes += proving.notes
        for note in notes:
            self._workshop.emit(Notice(step=self._step.label, message=note))
        if proving.failed:
            self._refuse(verified, exhibit, proving, proving.failed)
        return _with(verified, proving.runs, notes)

    def _exhibit(self, wheel: Path, tree: SourceTree) -> tuple[Exhibit, tuple[str, ...]]:
        plan = self._step.settings.test
        if self._workshop.options.test == "imports":
            plan = imports_only(plan)

        def files() -> Path:
            other = override_tree(
                plan,
                self._step.source,
                self._build.root / "test-source",
                self._workshop.configuration,
                self._workshop.watch,
            )
            return other or tree.path

        return exhibit_of(wheel, plan, files, siblings=self._workshop.wheelhouse.directory)

    def _refuse(
        self, verified: VerifiedWheel, exhibit: Exhibit, proving: Proving, failed: ProofRun
    ) -> None:
        source = self._build.step.source
        suspicion = Suspicion(
            target=self._step.target,
            host=self._workshop.host,
            exhibit=exhibit,
            bench=self._bench,
            proving=proving,
            official=f"{source.name}=={source.version}" if source.kind == "index" else "",
            build=self._for_host,
        )
        refutation = refute(suspicion, failed)
        kept = self._workshop.wheelhouse.reject(
            verified.repaired.path, verified.findings, refutation
        )
        aside = f"; the wheel was kept aside, not published: {kept}"
        raise error_of(self._step.label, failed, refutation, aside=aside, log=self._build.log)

    def _for_host(self, target: Target, folder: Path) -> Path:
        def show(event: Event) -> None:
            if isinstance(event, LogLine):
                self._build.show(event.line)

        work = self._build.work
        located = Located(source=self._step.source, binaries=work.binaries, released=work.released)
        return make(self._workshop.beside(folder, show), located, target).path


def _with(
    verified: VerifiedWheel, runs: tuple[ProofRun, ...], notes: tuple[str, ...]
) -> VerifiedWheel:
    """The wheel with its runs, and with notes for its record."""
    built = verified.repaired.built
    built = msgspec.structs.replace(built, notes=(*built.notes, *notes))
    repaired = msgspec.structs.replace(verified.repaired, built=built)
    return msgspec.structs.replace(verified, repaired=repaired, runs=runs)
