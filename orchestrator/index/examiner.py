"""Has uploaded wheels looked at by another process (``examination``), and outlives it."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import msgspec

from orchestrator.index.examination import Examined

if TYPE_CHECKING:
    from pathlib import Path

_COMMAND = (sys.executable, "-P", "-m", "orchestrator.index.examination")
# For one wheel, however large.
_SECONDS = 300.0
# After so many a new process is begun: whatever the last one leaked is gone.
_WHEELS = 200
_IDLE_SECONDS = 60.0


class Examiner:
    """A process that looks at one wheel after the other; started when it is needed.

    Args:
        seconds: For one wheel; after that it is given up.
        command: Of the process.
    """

    def __init__(self, seconds: float = _SECONDS, command: tuple[str, ...] = _COMMAND) -> None:
        self._seconds = seconds
        self._command = command
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._examined = 0
        self._idle: threading.Timer | None = None

    def examine(self, path: Path) -> Examined:
        """Looks at a wheel; other threads wait.

        Args:
            path: Of its file, named as the wheel is.
        """
        with self._lock:
            answer = self._ask(path)
            self._examined += 1
            if not answer or self._examined >= _WHEELS:
                self._end()
            self._idle = threading.Timer(_IDLE_SECONDS, self.close)
            self._idle.daemon = True
            self._idle.start()
        if not answer:
            return Examined(problem=f"{path.name}: the process that looked at it broke off.")
        return msgspec.json.decode(answer, type=Examined)

    def close(self) -> None:
        """Ends the process; the next wheel starts another."""
        with self._lock:
            self._end()

    def _ask(self, path: Path) -> bytes:
        """The line that the process answers; empty where it does not."""
        if self._idle:
            self._idle.cancel()
        if self._process and self._process.poll() is not None:  # e.g. the system had no memory
            self._end()
        process = self._process or self._start()
        deadline = threading.Timer(self._seconds, process.kill)
        deadline.daemon = True
        deadline.start()
        try:
            if process.stdin is None or process.stdout is None:
                return b""
            process.stdin.write(msgspec.json.encode(str(path)) + b"\n")
            process.stdin.flush()
            return process.stdout.readline()
        except OSError:
            return b""
        finally:
            deadline.cancel()

    def _start(self) -> subprocess.Popen[bytes]:
        # A session of its own: Ctrl-C at the server lets the upload in hand end.
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._examined = 0
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process:
            process.kill()
            with contextlib.suppress(OSError):
                process.communicate()
