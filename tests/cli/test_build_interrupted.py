"""Ctrl-C, a request to end, and a timeout during a compile: all processes end, nothing stays."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from command_line import PROJECTS, CommandLine, Outcome

if TYPE_CHECKING:
    import subprocess

pytestmark = [pytest.mark.toolchain, pytest.mark.network]

COMPILES = re.compile(r"slow compile in process (\d+)")


def process_of(line: str) -> int:
    """The process that the project's build has started, as it printed it."""
    found = COMPILES.search(json.loads(line).get("line", ""))
    return int(found[1]) if found else 0


def compiling(process: subprocess.Popen[str]) -> int:
    """Waits for the compile to start; returns its process."""
    assert process.stdout is not None
    for line in process.stdout:
        if child := process_of(line):
            return child
    raise AssertionError("the build ended before the compile: " + str(process.communicate()))


def is_gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    stat = Path(f"/proc/{process}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z"


def started(command_line: CommandLine) -> tuple[subprocess.Popen[str], int]:
    process = command_line.start(
        "build", PROJECTS / "slow-compile", "--wheelhouse", command_line.wheelhouse, "--json", "-v"
    )
    return process, compiling(process)


def ended(command_line: CommandLine, process: subprocess.Popen[str]) -> Outcome:
    began = time.monotonic()
    out, err = process.communicate(timeout=30)
    assert time.monotonic() - began < 5
    return command_line.checked(Outcome(status=process.returncode, out=out, err=err))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("group", [False, True], ids=["process", "group"])
def test_interrupt(command_line: CommandLine, number: signal.Signals, *, group: bool):
    process, child = started(command_line)
    (os.killpg if group else os.kill)(process.pid, number)
    outcome = ended(command_line, process)
    assert outcome.status == 130
    assert outcome.problem["code"] == "BLD008"
    assert is_gone(child)
    assert command_line.published() == []
    (log,) = (command_line.wheelhouse / ".logs").iterdir()
    assert f"slow compile in process {child}" in log.read_text()


def test_what_is_ignored_stays_ignored(command_line: CommandLine):
    """As nohup asks, the terminal's end does not end the build."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        process, child = started(command_line)
    finally:
        signal.signal(signal.SIGHUP, before)
    process.send_signal(signal.SIGHUP)
    time.sleep(0.2)
    assert not is_gone(child)
    process.send_signal(signal.SIGINT)
    assert ended(command_line, process).status == 130


def test_a_second_interrupt_changes_nothing(command_line: CommandLine):
    process, child = started(command_line)
    for _ in range(3):
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(0.02)
    outcome = ended(command_line, process)
    assert outcome.status == 130
    assert is_gone(child)
    assert command_line.published() == []


def test_timeout(command_line: CommandLine):
    outcome = command_line.build(PROJECTS / "slow-compile", "--timeout", "0.1", "-v")
    assert outcome.status == 1
    assert outcome.problem["code"] == "BLD003"
    assert "slow-compile" in outcome.problem["message"]
    assert Path(outcome.problem["log"]).is_file()
    (child,) = filter(None, map(process_of, outcome.out.splitlines()))
    assert is_gone(child)
    assert command_line.published() == []
