"""Words for numbers, and lines of foreign programs made fit to be shown. Pure."""

from __future__ import annotations

import re
import unicodedata

# Control sequences of terminals: CSI (colours, cursor), OSC (titles, links), two-character ones.
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])")
_KILO = 1000


def clean(line: str) -> str:
    """A line as a terminal would end up showing it: no escapes, no overwritten progress bars."""
    shown = _ESCAPES.sub("", line).rstrip("\r\n").rpartition("\r")[2].expandtabs()
    return "".join(char for char in shown if unicodedata.category(char) != "Cc").rstrip()


def duration(seconds: float) -> str:
    """``4.8 s``, ``2 min 05 s``, ``1 h 02 min``."""
    if seconds < 59.95:  # noqa: PLR2004 (what rounds to a minute)
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:  # noqa: PLR2004
        return f"{minutes} min {rest:02} s"
    return f"{minutes // 60} h {minutes % 60:02} min"


def stopwatch(seconds: float) -> str:
    """``0:07``, ``12:30``, ``1:02:30``: keeps its width while it runs."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def size(count: int) -> str:
    """A number of bytes in units of 1000: ``812 B``, ``76.1 kB``, ``4.2 MB``."""
    amount = float(count)
    for unit in ("B", "kB", "MB"):
        if amount < _KILO:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= _KILO
    return f"{amount:.1f} GB"


def counted(count: int, noun: str) -> str:
    """``1 wheel``, ``2 wheels``."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
