"""Running programs so that nothing they start outlives the build.

Every command is the leader of a session of its own: a timeout or an interrupt ends the whole
process group. Output goes to a log file, line by line, and to whoever watches.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from orchestrator.errors import (
    BuildTimeoutError,
    DiskFullError,
    InterruptedBuildError,
    MissingToolError,
)

OnLine = Callable[[str], None]

# How programs say it: the C library, and zig.
_DISK_FULL = (b"No space left on device", b"Disk quota exceeded", b"NoSpaceLeft")
# Some don't say it, but stumble over what they could not write: bytes without which none succeeds.
_TOO_LITTLE = 1 << 20
# getrusage(2) counts memory in kilobytes on Linux, in bytes on macOS.
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


class _Running:
    """What the commands of one run share."""

    def __init__(self) -> None:
        self.processes: set[subprocess.Popen[bytes]] = set()
        self.lock = threading.Lock()
        self.stopped = False


class Processes:
    """The running commands of all builds; ``stop`` ends them and refuses new ones.

    Attributes:
        cpu_seconds: That the commands and all they started took, as far as they have ended.
        memory: Bytes that the largest of them held at once.
    """

    def __init__(self) -> None:
        # The first call is not safe in several threads, and each that looks for uv makes it.
        sysconfig.get_config_vars()
        self._running = _Running()
        self._held: tuple[int, ...] = ()
        self.cpu_seconds = 0.0
        self.memory = 0

    def holding(self, *held: int) -> Processes:
        """The same, for one build, whose commands are counted apart.

        Args:
            held: File descriptors that its commands inherit: a lock is held until the last
                command that was started under it is gone, even where this process is killed.
        """
        part = Processes()
        part._running = self._running
        part._held = held
        return part

    def stop(self) -> None:
        """Kills every process group; commands that run raise ``InterruptedBuildError``."""
        with self._running.lock:
            self._running.stopped = True
            for process in self._running.processes:
                _kill_group(process)

    def check(self) -> None:
        """For work that is no process: whether it may go on.

        Raises:
            InterruptedBuildError: ``stop`` was called.
        """
        if self._running.stopped:
            raise InterruptedBuildError("The build was interrupted.")

    def run(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        log: Path,
        on_line: OnLine,
        seconds: float,
    ) -> int:
        """Runs a command to its end and returns its exit status.

        Args:
            command: Program and arguments.
            cwd: Working directory.
            env: The whole environment.
            log: File that output is appended to.
            on_line: Called with each line, without its end.
            seconds: Time after which the process group is killed.

        Raises:
            BuildTimeoutError: It took longer.
            DiskFullError: It failed and said that the disk is full.
            InterruptedBuildError: ``stop`` was called.
            MissingToolError: The program does not exist.
        """
        late = threading.Event()
        full = False
        with log.open("ab") as file:
            file.write(f"$ {shlex.join(command)}\n".encode())
            file.flush()
            process = self._start(command, cwd, env)

            def expire() -> None:
                late.set()
                _kill_group(process)

            timer = threading.Timer(seconds, expire)
            timer.daemon = True
            timer.start()
            try:
                assert process.stdout is not None  # noqa: S101 (a pipe was asked for)
                for raw in process.stdout:
                    file.write(raw)
                    full = full or any(words in raw for words in _DISK_FULL)
                    on_line(raw.decode(errors="replace").rstrip())
                status = self._end_of(process)
            finally:
                timer.cancel()
                _kill_group(process)  # children that the command left behind
                self._end_of(process)
                with self._running.lock:
                    self._running.processes.discard(process)
                if process.stdout:
                    process.stdout.close()
        if self._running.stopped:
            raise InterruptedBuildError("The build was interrupted.", log=str(log))
        if late.is_set():
            raise BuildTimeoutError(f"{command[0]} ran longer than {seconds:.0f} s.", log=str(log))
        if status and (full or shutil.disk_usage(cwd).free < _TOO_LITTLE):
            raise DiskFullError(f"The disk is full: {Path(command[0]).name} failed.", log=str(log))
        return status

    def _end_of(self, process: subprocess.Popen[bytes]) -> int:
        """Waits for a command's end; returns its exit status, and notes what it took."""
        if process.returncode is None:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            self.cpu_seconds += usage.ru_utime + usage.ru_stime
            self.memory = max(self.memory, usage.ru_maxrss * _MAXRSS_UNIT)
        return process.returncode

    def _start(
        self, command: Sequence[str], cwd: Path, env: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        with self._running.lock:
            self.check()
            try:
                process = subprocess.Popen(
                    command,
                    cwd=cwd,
                    env=dict(env),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    pass_fds=self._held,
                )
            except FileNotFoundError as error:
                raise MissingToolError(f"{command[0]}: {error.strerror}.") from error
            self._running.processes.add(process)
            return process


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
