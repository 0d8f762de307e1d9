"""What a repair works with: a folder of its own, and a way to run the programs that do the work."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.errors import OrchestratorError
from orchestrator.process import Processes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SECONDS = 1800
_SHOWN_LINES = 6


class Bench:
    """Runs repair tools.

    Args:
        scratch: Folder that is removed when the repair is over.
        processes: Runs the tools; a repair on its own needs none.
        log: File that gets all that the tools print; None where nobody keeps it.
    """

    def __init__(
        self, scratch: Path, processes: Processes | None = None, log: Path | None = None
    ) -> None:
        self.scratch = scratch
        self._processes = processes or Processes()
        self._log = log

    def folder(self, name: str) -> Path:
        """An empty folder below ``scratch``."""
        path = self.scratch / name
        path.mkdir()
        return path

    def run(
        self, command: Sequence[str], env: Mapping[str, str] | None = None
    ) -> tuple[int, tuple[str, ...]]:
        """Runs a tool to its end; its exit status and the last lines it printed.

        Args:
            command: Program and arguments.
            env: The whole environment; this process's own when None.

        Raises:
            MissingToolError: The program does not exist.
        """
        lines: list[str] = []
        try:
            status = self._processes.run(
                command,
                cwd=self.scratch,
                env=os.environ if env is None else env,
                log=self._log or Path(os.devnull),
                on_line=lines.append,
                seconds=_SECONDS,
            )
        except OrchestratorError as error:
            error.log = error.log if self._log else None
            raise
        return status, tuple(line for line in lines if line.strip())[-_SHOWN_LINES:]


def python_program(*arguments: str) -> list[str]:
    """A command of this Python that imports nothing from the folder it is run in."""
    return [sys.executable, "-P", *arguments]
