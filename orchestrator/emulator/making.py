"""A root that is being made: what its makers are given, and what they give back."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.emulator.debian import DebianPackage
from orchestrator.emulator.roots import Libc
from orchestrator.errors import BuildTimeoutError, EmulatorSetupError
from orchestrator.model import Interpreter, Value
from orchestrator.process import OnLine, Processes

if TYPE_CHECKING:
    from collections.abc import Mapping

# Debian's releases and the Python each is built around. Asking every release for its packages
# costs 10 MB and seconds for each, and a release never changes its Python.
RELEASES = {"3.9": "bullseye", "3.11": "bookworm", "3.13": "trixie", "3.14": "forky"}
NEWEST_STABLE = "trixie"
TOOL_SECONDS = 3600.0


class Making(Value):
    """A root that is being made.

    Attributes:
        interpreter: Wanted.
        libc: Wanted.
        sysroot: Folder to fill.
        log: Of the programs' output.
        processes: Runs the programs.
        on_line: Gets their output.
    """

    interpreter: Interpreter
    libc: Libc
    sysroot: Path
    log: Path
    processes: Processes
    on_line: OnLine


class Made(Value):
    """What a maker put into a root: see ``Root`` for the fields."""

    prefix: str
    source: str
    packages: tuple[DebianPackage, ...]


def run_tool(
    making: Making,
    command: tuple[str, ...],
    on_line: OnLine,
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> int:
    """Runs a program that fills or tries the root; its exit status."""
    try:
        return making.processes.run(
            command,
            cwd=cwd or making.sysroot,
            env=os.environ if env is None else env,
            log=making.log,
            on_line=on_line,
            seconds=TOOL_SECONDS,
        )
    except BuildTimeoutError as error:
        raise EmulatorSetupError(error.message, hint="") from error
