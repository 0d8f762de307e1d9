"""How one error is shown: what went wrong, the lines that prove it, what to do, the full log."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING

from orchestrator.model import Value
from orchestrator.report.text import write_line
from orchestrator.words import clean

if TYPE_CHECKING:
    from typing import TextIO

    from rich.console import Console

    from orchestrator.errors import OrchestratorError
    from orchestrator.model import Failure


class Problem(Value):
    """An error of the whole run or of one step, ready to be shown.

    Attributes:
        code: Stable, e.g. ``SRC003``.
        message: What, where, why.
        details: Lines that prove it, such as a compiler's error.
        hint: What to do next, may be empty.
        log: Path of the full log, may be empty.
    """

    code: str
    message: str
    details: tuple[str, ...] = ()
    hint: str = ""
    log: str = ""

    def lines(self) -> list[tuple[str, str]]:
        """The lines to show, each split into a label (may be empty) and its text."""
        message, *more = self.message.splitlines() or [""]
        return [
            (f"error[{self.code}]:", clean(message)),
            *(("", f"  {clean(line)}") for line in (*more, *self.details)),
            *((f"  {label}:", text) for label, text in self._pointers() if text),
        ]

    def _pointers(self) -> tuple[tuple[str, str], ...]:
        return ("hint", clean(self.hint)), ("log", self.log)


def problem_of_failure(failure: Failure) -> Problem:
    """A failed step's problem; the message names the project, if it did not before."""
    about = "==".join(filter(None, (failure.name, failure.version)))
    message = failure.message
    if failure.name not in message:
        message = f"{about}: {message}"
    return Problem(
        code=failure.code,
        message=message,
        details=failure.details,
        hint=failure.hint,
        log=failure.log,
    )


def render_error(error: OrchestratorError, stream: TextIO, *, as_json: bool) -> None:
    """Shows the error that ended the run: coloured on a terminal, plain in a pipe, or as JSON."""
    problem = Problem(
        code=error.code,
        message=error.message,
        details=error.details,
        hint=error.hint,
        log=error.log or "",
    )
    if as_json:
        event = {"event": "error", "code": problem.code, "message": problem.message}
        event |= {"hint": problem.hint, "log": problem.log}
        write_line(stream, json.dumps({**event, "details": problem.details}))
    elif stream.isatty():
        from rich.console import Console  # noqa: PLC0415 (takes a tenth of a second)

        print_problem(problem, Console(file=stream))
    else:
        write_problem(problem, stream)


def write_problem(problem: Problem, stream: TextIO) -> None:
    """Writes a problem as plain lines."""
    for label, text in problem.lines():
        write_line(stream, f"{label} {text}" if label else text)


def print_problem(problem: Problem, console: Console) -> None:
    """Prints a problem in colour; prose is broken at words, paths and compilers' lines are not."""
    from rich.text import Text  # noqa: PLC0415

    for label, text in problem.lines():
        line = f"{label} {text}" if label else text
        if label and not label.endswith("log:"):
            line = textwrap.fill(
                line,
                width=console.width,
                subsequent_indent="    ",
                break_long_words=False,
                break_on_hyphens=False,
            )
        style = "bold red" if label.startswith("error") else "cyan"
        shown = Text(line)
        shown.stylize(style, 0, len(label))
        console.print(shown, soft_wrap=True, highlight=False)
