"""What running wheels showed: a line for each run, and why one did not pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from orchestrator.report.problem import problem_of_failure, write_problem
from orchestrator.report.text import write_line
from orchestrator.words import counted, duration

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TextIO

    from orchestrator.model import ProofRun, TestedWheel

_HEADINGS = ("proof", "CPU", "outcome", "ran", "time")


def write_tested(tested: Sequence[TestedWheel], stream: TextIO) -> None:
    """Writes what came of every wheel as plain lines, in columns."""
    rows = [_row(run) for wheel in tested for run in wheel.runs]
    widths = [max(map(len, column)) for column in zip(_HEADINGS, *rows, strict=True)]
    if rows:
        write_line(stream, f"\n{_line(_HEADINGS, widths)}")
    for wheel in tested:
        if wheel.runs:
            write_line(stream, wheel.path.name)
        for run in wheel.runs:
            write_line(stream, _line(_row(run), widths))
        if wheel.before is not None and wheel.runs:
            write_line(stream, f"  in its record: {_change(wheel)}")
    failed = [wheel.failure for wheel in tested if wheel.failure]
    for failure in failed:
        write_line(stream, "")
        write_problem(problem_of_failure(failure), stream)
    if failed:
        write_line(stream, f"\n{len(failed)} of {counted(len(tested), 'wheel')} did not pass.")


def proofs_event(tested: Sequence[TestedWheel]) -> dict[str, object]:
    """The last line of ``--json``, as plain data."""
    return {
        "event": "summary",
        "wheels": [
            {
                "wheel": wheel.path.name,
                "path": str(wheel.path),
                "target": str(wheel.target) if wheel.target else "",
                "proof": wheel.proof,
                "before": wheel.before,
                "runs": msgspec.to_builtins(wheel.runs),
                "notes": list(wheel.notes),
            }
            for wheel in tested
        ],
        "failed": [msgspec.to_builtins(wheel.failure) for wheel in tested if wheel.failure],
    }


def _in_words(tests: Mapping[str, int]) -> str:
    """``160 passed, 2 skipped``; empty where nothing was counted."""
    return ", ".join(f"{number} {word}" for word, number in tests.items())


def _row(run: ProofRun) -> tuple[str, ...]:
    ran = counted(len(run.imports), "import")
    if run.command:
        ran = _in_words(run.tests) or "test command"
    return run.proof, run.cpu or "host", run.outcome, ran, duration(run.seconds)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    *words, time = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return "  ".join(("", *words, time.strip().rjust(widths[-1])))


def _change(wheel: TestedWheel) -> str:
    return wheel.proof if wheel.before == wheel.proof else f"{wheel.before} -> {wheel.proof}"
