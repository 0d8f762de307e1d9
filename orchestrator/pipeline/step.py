"""One step on its way: fetch, patch, environment, build, repair, verify, test, publish."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from orchestrator import __version__
from orchestrator.build.diagnose import compiler_errors, diagnose
from orchestrator.build.evidence import holds_extensions
from orchestrator.build.patch import apply_patches
from orchestrator.build.sources import prepare
from orchestrator.build.sourcetree import check_tree
from orchestrator.errors import BackendFailedError, VerificationError
from orchestrator.model import (
    Finding,
    LogLine,
    Phase,
    PhaseStarted,
    PublishedWheel,
    RepairedWheel,
    SourceTree,
    StepFinished,
    Usage,
    VerifiedWheel,
)
from orchestrator.pipeline.compilation import Compilation
from orchestrator.pipeline.proof import proved
from orchestrator.repair.repair import repair
from orchestrator.targets.sdk import symbols
from orchestrator.verify.check import verify_wheel

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from orchestrator.model import BuiltWheel, PlanStep, Step
    from orchestrator.pipeline.folder import BuildFolder
    from orchestrator.pipeline.workshop import Workshop
    from orchestrator.plan.steps import Planned

_SHOWN_FINDINGS = 12
_SHORTEST = 0.001
NO_BINARIES = "WHL107"


class StepBuild:
    """Builds one step: ``prepare``, then ``compile``, then ``finish``.

    Attributes:
        processes: Of this step alone.
        cpus: That its build may keep busy.

    Args:
        workshop: What the steps of a run share.
        work: The step, and what the plan knows of it.
        folder: The build's own.
        log: The build's log.
    """

    def __init__(self, workshop: Workshop, work: PlanStep, folder: BuildFolder, log: Path) -> None:
        self.workshop = workshop
        self.work = work
        self.step = work.step
        self.planned = workshop.equipped(work.step)
        self.root = folder.path
        self.log = log
        self.processes = workshop.processes.holding(folder.lock)
        self.cpus = 1
        self._parallelism = 0.0
        self._began = self._paused = time.monotonic()
        self._compilation: Compilation

    def prepare(self) -> None:
        """Takes it to where a compiler is needed.

        Raises:
            OrchestratorError: Of the source; what else fails, ``compile`` tells.
        """
        self._write(*_heading(self.planned))
        self._compilation = Compilation(self, self.source())
        self._compilation.prepare()
        self._paused = time.monotonic()

    def compile(self, cpus: int) -> BuiltWheel:
        """Compiles what was prepared, with so many programs at once.

        Raises:
            OrchestratorError: It can't be built.
        """
        self.cpus = cpus
        began, before = time.monotonic(), self.processes.cpu_seconds
        self._began += began - self._paused
        try:
            return self._compilation.run()
        finally:
            seconds = max(time.monotonic() - began, _SHORTEST)
            self._parallelism = (self.processes.cpu_seconds - before) / seconds

    @property
    def usage(self) -> Usage:
        """What it took so far; not the time that it waited for CPUs."""
        return Usage(
            seconds=time.monotonic() - self._began,
            cpu_seconds=self.processes.cpu_seconds,
            memory=self.processes.memory,
            cpus=self.cpus,
            parallelism=self._parallelism,
        )

    def finish(self, built: BuiltWheel, step: Step) -> PublishedWheel:
        """Repairs, verifies, tests and publishes what was compiled.

        Args:
            built: The wheel.
            step: As its record names it.
        """
        tree = self._compilation.tree
        self.enter("repair")
        source = built.step.source
        built = msgspec.structs.replace(built, step=msgspec.structs.replace(step, source=source))
        repaired = repair(
            built,
            self.root / "repaired",
            [tree.path, self.root / "target-side", self.root / "kit" / "lib"],
            processes=self.processes,
            log=self.log,
        )
        self.enter("verify")
        verified = proved(self, self._verified(repaired, tree), tree)
        self.enter("publish")
        published = self.workshop.wheelhouse.publish(
            verified,
            seconds=self.usage.seconds,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        self.workshop.emit(
            StepFinished(
                step=self.step.label,
                filename=published.path.name,
                cached=False,
                seconds=published.record.seconds,
            )
        )
        return published

    def enter(self, phase: Phase) -> None:
        """Tells that a phase begins."""
        self._write(f"=== {phase}")
        self.workshop.emit(PhaseStarted(step=self.step.label, phase=phase))

    def show(self, line: str) -> None:
        """Tells of a line that a tool printed."""
        self.workshop.emit(LogLine(step=self.step.label, line=line))

    def note(self, line: str) -> None:
        """A line of orchestrator's own, in the log and shown."""
        self._write(line)
        self.show(line)

    def _write(self, *lines: str) -> None:
        with self.log.open("a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)

    def source(self) -> SourceTree:
        """The source: fetched, unpacked, patched, and fit for the target's Python."""
        self.enter("fetch")
        settings = self.step.settings
        shop = self.workshop
        tree = prepare(self.step.source, self.root / "source", shop.configuration, shop.watch)
        self.enter("patch")
        apply_patches(tree.path, settings.patches, self.note)
        check_tree(tree, self.step.target.interpreter, has_backend=settings.backend is not None)
        return msgspec.structs.replace(tree, released=self.work.released or tree.released)

    def _verified(self, repaired: RepairedWheel, tree: SourceTree) -> VerifiedWheel:
        findings = verify_wheel(
            repaired.path,
            target=self.step.target,
            system=symbols,
            expects_binaries=self._expects_binaries(tree),
            build_paths=(str(self.root),),
        )
        errors = [finding for finding in findings if finding.severity == "error"]
        if not errors:
            return VerifiedWheel(repaired=repaired, findings=findings)
        kept = self.workshop.wheelhouse.reject(repaired.path, findings)
        reason, details, hint = "", _lines(errors), None
        if any(finding.code == NO_BINARIES for finding in errors):
            reason, swallowed, hint = self._swallowed_failure()
            details += swallowed
        raise VerificationError(
            f"{self.step.label}: the wheel has {len(errors)} error findings and was kept aside, "
            f"not published: {kept}{reason}",
            log=str(self.log),
            details=details,
            hint=hint,
        )

    def _expects_binaries(self, tree: SourceTree) -> bool:
        """Whether a wheel without binaries is a failure, by recipe, index or sources."""
        if self.step.settings.extensions:
            return self.step.settings.extensions == "required"
        binaries = self.work.binaries
        return holds_extensions(tree.path) if binaries is None else binaries

    def _swallowed_failure(self) -> tuple[str, tuple[str, ...], str | None]:
        """What the compiler said, where the package's build went on without it.

        Returns:
            A sentence for the message, the compiler's lines, and what to do; empty and None
            where nothing failed to compile.
        """
        log = self.log.read_text(encoding="utf-8", errors="replace")
        if not compiler_errors(log):
            return "", (), None
        failure = diagnose(BackendFailedError(""), log, self.step.target.platform)
        message = f"\nSomething did not compile, and its build went on without.{failure.message}"
        optional = 'If it works without, its recipe can say so: extensions = "optional".'
        return message, failure.details, f"{failure.hint} {optional}"


def _heading(planned: Planned) -> tuple[str, ...]:
    """What a log begins with: what is built, from what, by what."""
    step = planned.step
    versions = ", ".join(f"{name} {value}" for name, value in step.toolchain.versions.items())
    return (
        f"{step.label}, by orchestrator {__version__}",
        f"source: {step.source.location} ({step.source.digest})",
        f"recipes: {', '.join(step.settings.recipes) or 'none'}",
        f"toolchain: {step.toolchain.name} ({versions})",
        f"python: {step.python} in {planned.python.executable}",
    )


def _lines(findings: Sequence[Finding]) -> tuple[str, ...]:
    """Findings as lines, the first dozen."""
    return tuple(
        f"{finding.code} {finding.where}{': ' if finding.where else ''}{finding.message}"
        for finding in findings[:_SHOWN_FINDINGS]
    )
