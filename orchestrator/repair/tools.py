"""Running the programs that repair wheels."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from orchestrator.errors import MissingToolError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def run_tool(
    command: Sequence[str], extra_env: Mapping[str, str] | None = None
) -> tuple[int, tuple[str, ...]]:
    """Runs a repair tool to its end; its exit status and the last lines it printed.

    Raises:
        MissingToolError: The program does not exist.
    """
    try:
        done = subprocess.run(
            command,
            env={**os.environ, **(extra_env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    except FileNotFoundError as error:
        raise MissingToolError(f"{command[0]}: {error.strerror}.") from error
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    return done.returncode, tuple(lines[-6:])


def python_program(*arguments: str) -> list[str]:
    """A command of this Python that imports nothing from the folder it is run in."""
    return [sys.executable, "-P", *arguments]
