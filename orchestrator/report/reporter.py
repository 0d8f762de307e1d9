"""The protocol of a reporter, and which one suits where the output goes."""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, Self

from orchestrator.report.jsonlines import JsonReporter
from orchestrator.report.plain import PlainReporter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TextIO

    from orchestrator.model import BuildReport, Event


class Reporter(Protocol):
    """Tells a user or a program how a run goes; a context manager around the run."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exception: object) -> None: ...

    def handle(self, event: Event) -> None:
        """Tells of an event."""

    def finish(self, report: BuildReport) -> None:
        """Tells how the run ended."""


class SharedReporter:
    """Lets several threads use one reporter, one after the other."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._reporter.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self._reporter.__exit__(*exception)

    def handle(self, event: Event) -> None:
        """Tells of an event, when no other thread does."""
        with self._lock:
            self._reporter.handle(event)

    def finish(self, report: BuildReport) -> None:
        """Tells how the run ended."""
        with self._lock:
            self._reporter.finish(report)


def reporter_for(stream: TextIO, *, as_json: bool, verbose: bool) -> Reporter:
    """The reporter for a stream: JSON where asked for, live on a terminal, else plain lines.

    Args:
        stream: Where to, usually standard output.
        as_json: One JSON object a line, and nothing else.
        verbose: Every line that the tools print.
    """
    if as_json:
        return SharedReporter(JsonReporter(stream, verbose=verbose))
    if stream.isatty():
        from orchestrator.report.live import LiveReporter  # noqa: PLC0415 (imports rich)

        return SharedReporter(LiveReporter(stream, verbose=verbose))
    return SharedReporter(PlainReporter(stream, verbose=verbose))


@contextmanager
def watching(*, quiet: bool = False) -> Iterator[Callable[[Event], None]]:
    """Tells on standard error how it goes, where what comes of it goes to standard output.

    Args:
        quiet: Tells nothing: a program reads the result.
    """
    if quiet:
        yield lambda _: None
        return
    with reporter_for(sys.stderr, as_json=False, verbose=False) as reporter:
        yield reporter.handle
