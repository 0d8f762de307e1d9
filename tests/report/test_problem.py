import io
import json
import os
import pty

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from sample_run import FAILED

from orchestrator.errors import HashMismatchError, NoSdistError, OrchestratorError
from orchestrator.model import Failure
from orchestrator.report.problem import Problem, print_problem, problem_of_failure, render_error
from orchestrator.words import clean, duration, size, stopwatch


def shown(error: OrchestratorError, *, as_json: bool = False) -> str:
    stream = io.StringIO()
    render_error(error, stream, as_json=as_json)
    return stream.getvalue()


def test_plain() -> None:
    error = NoSdistError(
        "tiny 1.0 has only wheels\nseen: a.whl", log="/x/y.log", details=("a", "  b")
    )
    assert shown(error) == (
        "error[SRC003]: tiny 1.0 has only wheels\n"
        "  seen: a.whl\n"
        "  a\n"
        "    b\n"
        "  hint: Ask for a version that has an sdist, or build from its repository: git+URL@TAG.\n"
        "  log: /x/y.log\n"
    )


def test_what_is_empty_is_not_shown() -> None:
    assert shown(HashMismatchError("wrong", hint="")) == "error[SRC007]: wrong\n"


def test_json() -> None:
    error = NoSdistError("tiny 1.0 has only wheels", details=("ä",))
    (line,) = shown(error, as_json=True).splitlines()
    assert json.loads(line) == {
        "event": "error",
        "code": "SRC003",
        "message": "tiny 1.0 has only wheels",
        "hint": NoSdistError.default_hint,
        "log": "",
        "details": ["ä"],
    }


def test_terminal_gets_colour() -> None:
    master, slave = pty.openpty()
    with os.fdopen(slave, "w") as stream:
        render_error(NoSdistError("tiny has [no] sdist"), stream, as_json=False)
        text = os.read(master, 65536).decode()
    os.close(master)
    assert "error[SRC003]:" in text
    assert "[no]" in text
    assert "\x1b[" in text or os.environ.get("NO_COLOR")


def test_prose_is_broken_at_words_and_paths_are_not() -> None:
    problem = Problem(code="BLD002", message="word " * 40, hint="hint " * 40, log="/p" * 60)
    console = Console(file=io.StringIO(), width=60)
    with console.capture() as capture:
        print_problem(problem, console)
    *prose, log = capture.get().splitlines()
    assert max(map(len, prose)) <= 60
    assert not [line for line in prose if line.endswith(("wor", "hin"))]
    assert log == "  log: " + "/p" * 60


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("annoy: does not compile", "annoy: does not compile"),
        ("does not compile", "annoy==1.17.3: does not compile"),
    ],
)
def test_failures_name_their_project_once(message: str, expected: str) -> None:
    failure = Failure(
        name="annoy", version="1.17.3", code="BLD002", message=message, hint="", log=""
    )
    assert problem_of_failure(failure).message == expected


def test_failures_keep_the_lines_that_prove_them() -> None:
    assert problem_of_failure(FAILED).details == FAILED.details


# --- words ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("\x1b[1;31merror\x1b[0m: x\n", "error: x"),
        ("10%\r50%\r100%\r\n", "100%"),
        ("\x1b]8;;https://e.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]0;title\x07text", "text"),
        ("a\tb", "a       b"),
        ("bell\x07 null\x00", "bell null"),
        ("ünïcode", "ünïcode"),
        ("", ""),
    ],
)
def test_clean(line: str, expected: str) -> None:
    assert clean(line) == expected


@given(st.text(st.characters() | st.sampled_from("\x1b[];\x07\r\n\t\\m0"), max_size=40))
def test_clean_lines_can_not_steer_a_terminal(line: str) -> None:
    assert not [char for char in clean(line) if ord(char) < 32 or 127 <= ord(char) < 160]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.04, "0.0 s"),
        (4.83, "4.8 s"),
        (59.9, "59.9 s"),
        (59.96, "1 min 00 s"),
        (125.4, "2 min 05 s"),
        (3599.7, "1 h 00 min"),
        (7400, "2 h 03 min"),
    ],
)
def test_duration(seconds: float, expected: str) -> None:
    assert duration(seconds) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"), [(7.9, "0:07"), (750, "12:30"), (3750, "1:02:30")]
)
def test_stopwatch(seconds: float, expected: str) -> None:
    assert stopwatch(seconds) == expected


@pytest.mark.parametrize(
    ("count", "expected"),
    [(0, "0 B"), (999, "999 B"), (76_100, "76.1 kB"), (4_200_000, "4.2 MB"), (2e9, "2.0 GB")],
)
def test_size(count: int, expected: str) -> None:
    assert size(count) == expected
