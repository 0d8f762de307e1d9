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

    from orchestrator.pipeline.build import Builder, Located
    from orchestrator.plan.steps import Planned

_SHOWN_FINDINGS = 12
NO_BINARIES = "WHL107"


class StepBuild:
    """Builds one step.

    Args:
        builder: What the steps of a run share.
        planned: The step, and what it is built with.
        located: What the index knows of the source.
        root: The build's own folder.
        log: The build's log.
    """

    def __init__(
        self, builder: Builder, planned: Planned, located: Located, root: Path, log: Path
    ) -> None:
        self.builder = builder
        self.planned = planned
        self.step = planned.step
        self.located = located
        self.root = root
        self.log = log

    def run(self) -> PublishedWheel:
        """Takes the step through all phases."""
        started = time.monotonic()
        self._write(*_heading(self.planned))
        tree = self.source()
        built = Compilation(self, tree).run()
        self.enter("repair")
        repaired = repair(
            built,
            self.root / "repaired",
            [tree.path, self.root / "target-side", self.root / "kit" / "lib"],
            processes=self.builder.processes,
            log=self.log,
        )
        self.enter("verify")
        verified = proved(self, self._verified(repaired, tree), tree)
        self.enter("publish")
        published = self.builder.wheelhouse.publish(
            verified,
            seconds=time.monotonic() - started,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        self.builder.emit(
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
        self.builder.emit(PhaseStarted(step=self.step.label, phase=phase))

    def show(self, line: str) -> None:
        """Tells of a line that a tool printed."""
        self.builder.emit(LogLine(step=self.step.label, line=line))

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
        builder = self.builder
        tree = prepare(self.step.source, self.root / "source", builder.configuration, builder.watch)
        self.enter("patch")
        apply_patches(tree.path, settings.patches, self.note)
        check_tree(tree, self.step.target.interpreter, has_backend=settings.backend is not None)
        return msgspec.structs.replace(tree, released=self.located.released or tree.released)

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
        kept = self.builder.wheelhouse.reject(repaired.path, findings)
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
        binaries = self.located.binaries
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
