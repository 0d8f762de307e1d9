"""Programs that are run: their output, their end, and that nothing outlives them."""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from orchestrator.errors import (
    BuildTimeoutError,
    DiskFullError,
    InterruptedBuildError,
    MissingToolError,
)
from orchestrator.process import Processes

if TYPE_CHECKING:
    from pathlib import Path

# A shell that leaves a child behind and says its number.
LEAVES_A_CHILD = "sleep 600 & echo $!; {rest}"


class Run:
    """Runs shell code and keeps what was seen."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "log"
        self.lines: list[str] = []
        self.processes = Processes()

    def __call__(self, code: str, seconds: float = 30) -> int:
        return self.command("/bin/sh", "-c", code, seconds=seconds)

    def command(self, *command: str, seconds: float = 30) -> int:
        return self.processes.run(
            command,
            cwd=self.folder,
            env=dict(os.environ),
            log=self.log,
            on_line=self.lines.append,
            seconds=seconds,
        )

    def child_is_gone(self) -> bool:
        """Whether the child is, a moment later at most: the system reaps it."""
        for _ in range(100):
            try:
                os.kill(int(self.lines[0]), 0)
            except ProcessLookupError:
                return True
            time.sleep(0.02)
        return False


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path)


def test_output_goes_to_the_log_and_to_whoever_watches(run: Run):
    assert run("echo one; echo two >&2; exit 3") == 3
    assert run.lines == ["one", "two"]
    assert run.log.read_text() == "$ /bin/sh -c 'echo one; echo two >&2; exit 3'\none\ntwo\n"


def test_output_that_is_no_text(run: Run):
    assert run(r"printf '\377\n'") == 0
    assert run.log.read_bytes().endswith(b"\xff\n")
    assert len(run.lines) == 1


def test_nothing_can_be_asked_of_the_user(run: Run):
    assert run("read answer || echo nobody") == 0
    assert run.lines == ["nobody"]


def test_a_child_left_behind_is_ended(run: Run):
    assert run("sleep 600 >/dev/null 2>&1 & echo $!") == 0
    assert run.child_is_gone()


def test_a_timeout_ends_all(run: Run):
    began = time.monotonic()
    with pytest.raises(BuildTimeoutError) as caught:
        run(LEAVES_A_CHILD.format(rest="wait"), seconds=0.5)
    assert time.monotonic() - began < 5
    assert caught.value.log == str(run.log)
    assert run.child_is_gone()


def test_stop_ends_all_and_refuses_more(run: Run):
    threading.Timer(0.5, run.processes.stop).start()
    with pytest.raises(InterruptedBuildError):
        run(LEAVES_A_CHILD.format(rest="wait"))
    assert run.child_is_gone()
    with pytest.raises(InterruptedBuildError):
        run("true")
    with pytest.raises(InterruptedBuildError):
        run.processes.check()


def test_a_program_that_is_not_there(run: Run):
    with pytest.raises(MissingToolError, match="no-such-program"):
        run.command("no-such-program")


@pytest.mark.parametrize(
    "words", ["OSError: [Errno 28] No space left on device", "error: failed to write: NoSpaceLeft"]
)
def test_a_full_disk_is_told_as_such(run: Run, words: str):
    with pytest.raises(DiskFullError):
        run(f"echo '{words}'; exit 1")


def test_words_about_a_full_disk_mean_nothing_when_all_went_well(run: Run):
    assert run.command(sys.executable, "-c", "print('No space left on device')") == 0


def test_commands_of_a_build_are_counted_apart_and_hold_its_lock(tmp_path: Path) -> None:
    whole = Processes()
    handle = os.open(tmp_path, os.O_RDONLY)
    part = whole.holding(handle)
    code = f"import os; os.fstat({handle}); bytearray(64 << 20); sum(range(3_000_000))"
    status = part.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=dict(os.environ),
        log=tmp_path / "log",
        on_line=lambda _line: None,
        seconds=30,
    )
    os.close(handle)
    assert status == 0
    assert part.memory > 64 << 20
    assert part.cpu_seconds > 0.02
    assert (whole.memory, whole.cpu_seconds) == (0, 0)


def test_stopping_the_whole_stops_the_parts(tmp_path: Path) -> None:
    whole = Processes()
    part = whole.holding()
    whole.stop()
    with pytest.raises(InterruptedBuildError):
        part.check()
