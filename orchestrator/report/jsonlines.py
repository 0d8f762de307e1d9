"""Progress for programs: one JSON object a line, the summary last (``--json``)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Self

import msgspec

from orchestrator.model import BuildReport, Event, LogLine
from orchestrator.report.summary import summary_event
from orchestrator.report.text import write_line

if TYPE_CHECKING:
    from typing import TextIO


class JsonReporter:
    """Writes each event as JSON in ASCII; lines of the tools' output only where ``verbose``."""

    def __init__(self, stream: TextIO, *, verbose: bool) -> None:
        self._stream = stream
        self._verbose = verbose

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        """Has nothing to restore."""

    def handle(self, event: Event) -> None:
        """Writes an event; its kind is in ``event``."""
        if self._verbose or not isinstance(event, LogLine):
            # The standard encoder: tools print bytes that are no UTF-8, which msgspec refuses.
            write_line(self._stream, json.dumps(msgspec.to_builtins(event)))

    def finish(self, report: BuildReport) -> None:
        """Writes the summary."""
        write_line(self._stream, json.dumps(summary_event(report)))
