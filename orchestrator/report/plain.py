"""Progress as plain lines, for pipes and logs of other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from orchestrator.model import (
    BuildReport,
    Event,
    LogLine,
    Notice,
    PhaseStarted,
    Progress,
    Resolved,
    StepEvent,
    StepFailed,
    StepFinished,
    StepSkipped,
    StepStarted,
    StepTested,
)
from orchestrator.report.summary import write_summary
from orchestrator.report.text import write_line
from orchestrator.words import clean, counted, duration

if TYPE_CHECKING:
    from typing import TextIO


class PlainReporter:
    """Writes a line per phase, and every line of the tools' output where ``verbose``."""

    def __init__(self, stream: TextIO, *, verbose: bool) -> None:
        self._stream = stream
        self._verbose = verbose

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        """Has nothing to restore."""

    def handle(self, event: Event) -> None:
        """Writes what an event says, if it says something new."""
        if isinstance(event, Progress):
            return  # every step that ends has a line anyway
        said = self._words(event)
        if said:
            write_line(self._stream, f"{event.step}: {said}")

    def finish(self, report: BuildReport) -> None:
        """Writes the summary."""
        write_summary(report, self._stream)

    def _words(self, event: StepEvent) -> str:
        words = ""
        match event:
            case StepStarted():
                pass
            case PhaseStarted(phase=phase):
                words = phase
            case LogLine(line=line) if self._verbose:
                words = f"| {clean(line)}"
            case Notice(message=message):
                words = f"note: {clean(message)}"
            case StepFinished(filename=filename, cached=cached, seconds=seconds):
                words = f"{filename} ({'cached' if cached else duration(seconds)})"
            case StepTested(proof=proof, seconds=seconds):
                words = f"{proof} ({duration(seconds)})"
            case Resolved(packages=packages, seconds=seconds):
                words = f"{counted(packages, 'package')} ({duration(seconds)})"
            case StepFailed(code=code, message=message):
                words = f"failed: {code} {clean(message)}"
            case StepSkipped(because=because):
                words = f"not tried because of {because}"
        return words
