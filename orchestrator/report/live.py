"""Progress on a terminal: a line per running step that changes in place, results scroll above."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

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
    Value,
)
from orchestrator.report.summary import print_summary
from orchestrator.words import clean, counted, duration, stopwatch

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

_REFRESHES = 8  # a second


class Row(Value):
    """A running step: when it began (clock's seconds), its phase, its tools' last line."""

    started: float
    phase: str = ""
    line: str = ""


class LiveReporter:
    """Draws the running steps below what was printed; also the tools' output where ``verbose``.

    Rich draws from a thread of its own: the table of rows is never changed, only replaced.
    """

    def __init__(
        self,
        stream: TextIO,
        *,
        verbose: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = Console(file=stream, highlight=False)
        self._verbose = verbose
        self._clock = clock
        self._rows: dict[str, Row] = {}
        self._progress: Progress | None = None
        self._progress_at = 0.0
        self._live = Live(
            console=self._console,
            get_renderable=self._running,
            refresh_per_second=_REFRESHES,
            transient=True,
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._live.stop()

    def handle(self, event: Event) -> None:
        """Changes what is drawn, and prints what should stay."""
        if isinstance(event, Progress):
            self._progress = event
            self._progress_at = self._clock()
        else:
            self._handle(event)

    def _handle(self, event: StepEvent) -> None:
        row = self._rows.get(event.step) or Row(started=self._clock())
        match event:
            case StepStarted():
                self._replace(event.step, row)
            case PhaseStarted(phase=phase):
                self._replace(event.step, Row(started=row.started, phase=phase))
            case LogLine(line=line):
                self._log(event.step, row, clean(line))
            case Notice(message=message):
                self._print("note", "yellow", f"{event.step}: {clean(message)}")
            case StepFinished(filename=filename, cached=cached, seconds=seconds):
                self._replace(event.step, None)
                verb, time_taken = ("cached", "") if cached else ("built", duration(seconds))
                self._print(verb, "bold green", filename, time_taken)
            case StepTested(step=step, proof=proof, seconds=seconds):
                self._replace(step, None)
                self._print(proof, "bold green", step, duration(seconds))
            case Resolved(step=step, packages=packages, seconds=seconds):
                self._replace(step, None)
                said = f"{step}: {counted(packages, 'package')}"
                self._print("resolved", "bold green", said, duration(seconds))
            case StepFailed(code=code):
                self._replace(event.step, None)
                self._print("failed", "bold red", event.step, code)
            case StepSkipped(because=because):
                self._print("skipped", "yellow", event.step, f"because of {because}")

    def finish(self, report: BuildReport) -> None:
        """Clears the running steps and prints the summary."""
        self._live.stop()
        print_summary(report, self._console)

    def _log(self, step: str, row: Row, line: str) -> None:
        if line:
            self._replace(step, Row(started=row.started, phase=row.phase, line=line.strip()))
        if self._verbose:
            self._console.print(Text(line, style="dim"), soft_wrap=True)

    def _replace(self, step: str, row: Row | None) -> None:
        others = {name: other for name, other in self._rows.items() if name != step or row}
        self._rows = others | ({step: row} if row else {})

    def _print(self, verb: str, style: str, text: str, more: str = "") -> None:
        grid = Table.grid(padding=(0, 1, 0, 0))
        grid.add_column(style=style, justify="right", min_width=len("  failed"))
        grid.add_column(overflow="fold")
        grid.add_row(verb, Text.assemble(text, ("  " + more if more else "", "dim")))
        self._console.print(grid)

    def _running(self) -> Group:
        """The rows, as wide as the terminal; a target is named where the steps' targets differ."""
        rows, now = self._rows, self._clock()
        one_target = len({label.partition(" for ")[2] for label in rows}) == 1
        table = Table.grid(padding=(0, 2, 0, 0), expand=True)
        table.add_column(no_wrap=True, overflow="ellipsis", max_width=self._console.width * 2 // 5)
        table.add_column(no_wrap=True, style="cyan", min_width=len("environment"))
        table.add_column(no_wrap=True, justify="right", min_width=len("0:00"))
        table.add_column(no_wrap=True, overflow="ellipsis", style="dim", ratio=1)
        for label, row in rows.items():
            name = label.partition(" for ")[0] if one_target else label.replace(" for ", " ")
            table.add_row(Text(name), row.phase, stopwatch(now - row.started), Text(row.line))
        return Group(table, *self._score(now))

    def _score(self, now: float) -> tuple[Text, ...]:
        """How many steps have ended, and when the last will."""
        progress = self._progress
        if progress is None:
            return ()
        text = f"{progress.ended} of {progress.total}"
        if progress.seconds is not None:
            left = max(0.0, progress.seconds - (now - self._progress_at))
            text += f", about {duration(left)} left"
        return (Text(text, style="dim"),)
