"""How a program ended, from its exit status and its output; and the lines that tell."""

from __future__ import annotations

import re
import signal
from typing import TYPE_CHECKING

from orchestrator.model import Outcome, Value

if TYPE_CHECKING:
    from collections.abc import Sequence

# What the importer prints around each import; see importer.py.
IMPORTING = "orchestrate: importing "
IMPORT_FAILED = "orchestrate: failed "
IMPORTED_ALL = "orchestrate: imported all"

_SHOWN = 16
_SHELL_SIGNAL = 128  # a shell's exit status for a command that a signal ended: 128 + its number
_CRASH = re.compile(r"Fatal Python error: |(?:qemu: )?uncaught target signal ")
_HUNG = re.compile(r"Timeout \([\d:.]+\)!")  # how faulthandler begins when its time is up
_FAILED_TEST = re.compile(r"(?:FAILED|ERROR|FAIL|XPASS)[ :]\S.*|E  +\S.*")
# Lines of a backtrace that tell nothing of the module: the import system's, and the importer's.
_NOISE = re.compile(
    r"Extension modules: "
    r'|  File "(?:<frozen importlib|.*/importlib/__init__\.py"|.*/prove/importer\.py")'
)


class Ending(Value):
    """How a program ended.

    Attributes:
        outcome: In a word.
        reason: In a few words, such as ``import of annoy: Segmentation fault``; empty if passed.
        details: The lines of its output that tell; empty if passed.
    """

    outcome: Outcome
    reason: str = ""
    details: tuple[str, ...] = ()


PASSED = Ending(outcome="passed")


def ending_of_imports(status: int | None, lines: Sequence[str]) -> Ending:
    """How the importer ended.

    Args:
        status: A negative one is a signal's; None: it was ended because its time was up.
        lines: What it printed.
    """
    begun = [line.removeprefix(IMPORTING) for line in lines if line.startswith(IMPORTING)]
    what = f"import of {begun[-1]}" if begun else "start of the interpreter"
    if IMPORTED_ALL in lines:
        what = "end of the interpreter after the imports"
    output = [line for line in lines if not line.startswith((IMPORTING, IMPORTED_ALL))]
    failed = [line.removeprefix(IMPORT_FAILED) for line in lines if line.startswith(IMPORT_FAILED)]
    if status and any(map(_HUNG.match, output)) and not failed:
        status = None
    if status and status > 0 and failed:
        more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        shown = [line for line in output if not line.startswith(IMPORT_FAILED)]
        return Ending(outcome="failed", reason=f"import of {failed[0]}{more}", details=_last(shown))
    return _ending(status, output, what)


def ending_of_command(status: int | None, lines: Sequence[str]) -> Ending:
    """How a test command ended that ``sh`` ran; arguments as for ``ending_of_imports``."""
    if status is not None and status > _SHELL_SIGNAL and _signal(status - _SHELL_SIGNAL):
        status = _SHELL_SIGNAL - status
    return _ending(status, lines, "test command")


def _ending(status: int | None, lines: Sequence[str], what: str) -> Ending:
    if status == 0:
        return PASSED
    if status is None:
        return Ending(
            outcome="hung", reason=f"{what}: did not end in time", details=_from(_HUNG, lines)
        )
    if status < 0:
        name = _signal(-status) or f"signal {-status}"
        return Ending(outcome="crashed", reason=f"{what}: {name}", details=_from(_CRASH, lines))
    return Ending(
        outcome="failed", reason=f"{what}: exit status {status}", details=_failures(lines)
    )


def _signal(number: int) -> str:
    """A signal's name in words, ``Segmentation fault``; empty where there is no such signal."""
    try:
        return signal.strsignal(signal.Signals(number)) or ""
    except ValueError:
        return ""


def _from(start: re.Pattern[str], lines: Sequence[str]) -> tuple[str, ...]:
    """The lines from the first that says so on, or the last ones where none does."""
    told = [line.rstrip() for line in lines if line.strip() and not _NOISE.match(line)]
    starts = (index for index, line in enumerate(told) if start.match(line))
    first = next(starts, None)
    return _last(told) if first is None else tuple(told[first : first + _SHOWN])


def _failures(lines: Sequence[str]) -> tuple[str, ...]:
    """The tests that failed and the last line, or the last lines where none is named."""
    named = list(dict.fromkeys(line.rstrip() for line in lines if _FAILED_TEST.match(line)))
    last = _last(lines)
    if not named:
        return last
    shown = named[: _SHOWN - 1]
    return (*shown, *last[-1:]) if last and last[-1] not in shown else tuple(shown)


def _last(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple(line.rstrip() for line in lines if line.strip())[-_SHOWN:]
