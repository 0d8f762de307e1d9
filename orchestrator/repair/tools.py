"""Running the programs that repair wheels."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence

SYSTEM_PREFIXES = ("/usr/lib/", "/System/Library/")

RunTool = Callable[[Sequence[str], dict[str, str]], tuple[int, str]]
"""Runs a program with an environment; its exit status and output."""


def run_tool(command: Sequence[str], env: dict[str, str]) -> tuple[int, str]:
    """Runs a repair tool to its end."""
    done = subprocess.run(
        command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def inherited_env() -> dict[str, str]:
    """A copy of this process's environment."""
    return dict(os.environ)
