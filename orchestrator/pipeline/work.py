"""What the builds of wheels and of libraries share: a folder, a log, a measure, who is told."""

from __future__ import annotations

import contextlib
import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Generic, TypeVar

from orchestrator.model import LogLine, Phase, PhaseStarted, StepFinished, Usage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from orchestrator.model import Finding, PlanStep, Published, Step
    from orchestrator.pipeline.folder import BuildFolder
    from orchestrator.pipeline.workshop import Workshop

B = TypeVar("B")
P = TypeVar("P", bound="Published")

_SHOWN_FINDINGS = 12
_SHORTEST = 0.001


class Work(ABC, Generic[B, P]):
    """The work on one step: ``prepare``, then ``compile``, then ``finish``.

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
        self.root = folder.path
        self.log = log
        self.processes = workshop.processes.holding(folder.lock)
        self.cpus = 1
        self._parallelism = 0.0
        self._began = self._paused = time.monotonic()

    @abstractmethod
    def prepare(self) -> None:
        """Takes it to where a compiler is needed.

        Raises:
            OrchestratorError: Of the source; what else fails, ``compile`` tells.
        """

    @abstractmethod
    def compile(self, cpus: int) -> B:
        """Compiles what was prepared, with so many programs at once.

        Raises:
            OrchestratorError: It can't be built.
        """

    @abstractmethod
    def finish(self, built: B, step: Step) -> P:
        """Repairs, verifies, tests and publishes what was compiled.

        Args:
            built: What ``compile`` made.
            step: As its record names it.
        """

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

    def pause(self) -> None:
        """What follows until it is compiled is waiting for CPUs."""
        self._paused = time.monotonic()

    @contextlib.contextmanager
    def compiling(self, cpus: int) -> Iterator[None]:
        """Measures the time in which it is compiled."""
        self.cpus = cpus
        began, before = time.monotonic(), self.processes.cpu_seconds
        self._began += began - self._paused
        try:
            yield
        finally:
            seconds = max(time.monotonic() - began, _SHORTEST)
            self._parallelism = (self.processes.cpu_seconds - before) / seconds

    def enter(self, phase: Phase) -> None:
        """Tells that a phase begins."""
        self.write(f"=== {phase}")
        self.workshop.emit(PhaseStarted(step=self.step.label, phase=phase))

    def tell(self, published: P) -> P:
        """Tells that it is done."""
        record = published.record
        name, seconds = published.path.name, record.seconds
        self.workshop.emit(
            StepFinished(step=self.step.label, filename=name, cached=False, seconds=seconds)
        )
        return published

    def show(self, line: str) -> None:
        """Tells of a line that a tool printed."""
        self.workshop.emit(LogLine(step=self.step.label, line=line))

    def note(self, line: str) -> None:
        """A line of orchestrator's own, in the log and shown."""
        self.write(line)
        self.show(line)

    def write(self, *lines: str) -> None:
        """Lines for the log alone."""
        with self.log.open("a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)


def finding_lines(findings: Sequence[Finding]) -> tuple[str, ...]:
    """Findings as lines, the first dozen."""
    return tuple(
        f"{finding.code} {finding.where}{': ' if finding.where else ''}{finding.message}"
        for finding in findings[:_SHOWN_FINDINGS]
    )
