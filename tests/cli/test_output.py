"""What a user sees: help, JSON, plain lines in a pipe, a terminal of 80 columns."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import unicodedata
from pathlib import Path

import pytest
from command_line import COMMAND, PROJECTS, CommandLine

COMMANDS = [
    (),
    ("audit",),
    ("build",),
    ("compare",),
    ("doctor",),
    ("emit",),
    ("emit", "cibuildwheel"),
    ("emit", "github-actions"),
    ("lock",),
    ("plan",),
    ("recipe",),
    ("recipe", "list"),
    ("recipe", "show"),
    ("recipe", "new"),
    ("recipe", "lint"),
    ("repair",),
    ("verify",),
    ("why",),
]
ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07]*\x07)")


def controls(text: str) -> set[str]:
    return {c for c in text if unicodedata.category(c) == "Cc" and c != "\n"}


def on_a_terminal(command_line: CommandLine, *arguments: str | Path) -> tuple[int, str]:
    """Runs a command on a terminal of 80 columns; returns its status and what was written."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    env = command_line.env | {"TERM": "xterm-256color"}
    process = subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        cwd=command_line.folder,
        env=env,
        stdin=slave,
        stdout=slave,
        stderr=slave,
    )
    os.close(slave)
    seen = b""
    while True:
        try:
            seen += os.read(master, 65536)
        except OSError:  # what Linux says when the last writer has gone
            break
    os.close(master)
    return process.wait(), seen.decode()


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_help(command_line: CommandLine, words: tuple[str, ...]):
    outcome = command_line.run(*words, "--help")
    assert outcome.status == 0
    assert outcome.err == ""
    assert outcome.out.startswith("Usage: orchestrate")
    assert max(map(len, outcome.out.splitlines())) <= 80
    assert not controls(outcome.out)
    assert "\\" not in outcome.out


@pytest.mark.parametrize("words", [("-h",), ("build", "-h"), ("--version",)], ids=" ".join)
def test_short_options(command_line: CommandLine, words: tuple[str, ...]):
    outcome = command_line.run(*words)
    assert (outcome.status, outcome.err) == (0, "")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("biuld",), "biuld"),
        (("build",), "REQUIREMENT"),
        (("build", "annoy", "--no-such"), "--no-such"),
        (("build", "annoy", "--timeout", "0"), "--timeout"),
        (("verify",), "WHEEL"),
    ],
)
def test_wrong_usage(command_line: CommandLine, words: tuple[str, ...], said: str):
    outcome = command_line.run(*words)
    assert outcome.status == 2
    assert said in outcome.err
    assert outcome.out == ""


def test_an_error_of_the_input_goes_to_standard_error(command_line: CommandLine):
    outcome = command_line.run("build", "annoy", "--platform", "win_amd64")
    assert outcome.status == 2
    assert outcome.out == ""
    assert outcome.err.startswith("error[TGT001]: ")
    assert "win_amd64" in outcome.err
    assert not controls(outcome.err)


@pytest.mark.network
@pytest.mark.toolchain
def test_json(command_line: CommandLine):
    outcome = command_line.build(PROJECTS / "c-setuptools", PROJECTS / "fails-to-compile")
    assert outcome.status == 1
    assert outcome.err == ""
    assert outcome.out.isascii()
    assert not controls(outcome.out)
    (wheel,) = outcome.summary["wheels"]
    assert list(outcome.summary) == ["event", "wheels", "failed", "skipped", "install"]
    assert list(wheel) == [
        "name", "version", "kind", "filename", "path", "sha256", "platform", "python", "proof",
        "runs", "fingerprint", "cached", "seconds",
    ]  # fmt: skip
    (failure,) = outcome.summary["failed"]
    assert list(failure) == ["name", "version", "code", "message", "hint", "log"]
    assert Path(wheel["path"]).is_file()
    assert Path(failure["log"]).is_file()
    phases = [e["phase"] for e in outcome.events if e["event"] == "phase" and "c-set" in e["step"]]
    assert phases == ["fetch", "patch", "environment", "build", "repair", "verify", "publish"]


@pytest.mark.network
@pytest.mark.toolchain
def test_a_pipe_gets_plain_lines(command_line: CommandLine):
    outcome = command_line.run(
        "build", PROJECTS / "c-setuptools", "--wheelhouse", command_line.wheelhouse, "-v"
    )
    assert outcome.status == 0
    assert not controls(outcome.out + outcome.err)
    assert "c_setuptools-1.0-cp311-cp311-macosx_11_0_arm64.whl" in outcome.out
    assert f"pip install --no-index --find-links {command_line.wheelhouse}" in outcome.out


@pytest.mark.network
@pytest.mark.toolchain
def test_a_terminal_shows_progress_and_is_left_clean(command_line: CommandLine):
    status, seen = on_a_terminal(
        command_line,
        "build", PROJECTS / "c-setuptools", PROJECTS / "fails-to-compile",
        "--wheelhouse", "wheelhouse",
    )  # fmt: skip
    assert status == 1
    assert "\x1b[?25l" in seen  # the cursor was hidden while things moved
    assert seen.rindex("\x1b[?25h") > seen.rindex("\x1b[?25l")
    shown = ESCAPES.sub("", seen)
    for phase in ("environment", "build"):
        assert phase in shown
    assert "c_setuptools-1.0-cp311-cp311-macosx_11_0_arm64.whl" in shown
    assert "use of undeclared identifier" in shown
    assert "error[BLD002]" in shown
    # What moves is redrawn in place: no line of it may wrap.
    moving = seen[: seen.rindex("\x1b[?25h")]
    assert max(len(ESCAPES.sub("", line)) for line in re.split(r"[\r\n]+", moving)) <= 80
    assert list(command_line.temporary.iterdir()) == []


@pytest.mark.parametrize("words", [("doctor",), ("recipe", "list"), ("recipe", "lint")])
def test_other_commands_on_a_terminal(command_line: CommandLine, words: tuple[str, ...]):
    _, seen = on_a_terminal(command_line, *words)
    assert max(len(line) for line in ESCAPES.sub("", seen).splitlines()) <= 80


@pytest.mark.parametrize(
    "words", [("doctor",), ("recipe", "list"), ("recipe", "show", "numpy")], ids=" ".join
)
def test_other_commands_speak_json(command_line: CommandLine, words: tuple[str, ...]):
    outcome = command_line.run(*words, "--json")
    assert outcome.events
    assert outcome.err == ""
    assert not controls(outcome.out)
