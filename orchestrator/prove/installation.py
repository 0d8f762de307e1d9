"""Where a wheel is run: a fresh environment of its target, filled by the host's uv, and programs.

Only wheels are installed: what has none can't be run here, and that says nothing of our wheel.
"""

from __future__ import annotations

import contextlib
import os
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from orchestrator.build.frontend import inherited
from orchestrator.emulator.environment import make_environment
from orchestrator.emulator.runtime import Runtime
from orchestrator.errors import BuildTimeoutError, InterpreterNotFoundError
from orchestrator.process import OnLine, Processes
from orchestrator.resolve.configuration import IndexConfiguration, uv_environment
from orchestrator.targets.interpreters import find_interpreter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

INSTALL_SECONDS = 1800
_KEPT_LINES = 5000
_SHOWN = 8
_RULES = " \t\u00d7\u2502\u251c\u2570\u2500\u25b6"  # how uv draws what follows from what


class Bench(msgspec.Struct, frozen=True, kw_only=True):
    """Where and by what wheels are run.

    Attributes:
        runtime: Runs the target's Python.
        directory: Folder for everything that is made; made where it is missing.
        configuration: Where packages come from.
        processes: Runs every program.
        log: File that their output is appended to.
        on_line: Sees each line of it.
    """

    runtime: Runtime
    directory: Path
    configuration: IndexConfiguration
    processes: Processes
    log: Path
    on_line: OnLine


class Printed(msgspec.Struct, frozen=True, kw_only=True):
    """What a program left: its exit status, None if its time was up, and its last lines."""

    status: int | None
    lines: tuple[str, ...]


class Installation:
    """An environment in which a wheel is installed, step by step, and run.

    Args:
        bench: Where.
        find_links: Folders of wheels, beyond the configured ones.
    """

    def __init__(self, bench: Bench, find_links: Sequence[Path]) -> None:
        self._bench = bench
        bench.directory.mkdir(parents=True, exist_ok=True)
        self._home = bench.directory / "home"
        self._temporary = bench.directory / "tmp"
        for folder in (self._home, self._temporary):
            folder.mkdir()
        self._environment = make_environment(bench.runtime, bench.directory / "environment")
        places = (*bench.configuration.find_links, *map(str, find_links))
        self._configuration = msgspec.structs.replace(bench.configuration, find_links=places)

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self._environment.python

    def install(self, *requirements: str) -> str:
        """Installs wheels with what they require.

        Returns:
            What uv said if it could not be done; else nothing.
        """
        from uv import find_uv_bin  # noqa: PLC0415 (only when something is run)

        command = [find_uv_bin(), "pip", "install", *self._environment.uv_target]
        printed = self._run(
            [*command, "--only-binary", ":all:", "--", *requirements],
            cwd=self._bench.directory,
            env={**os.environ, **uv_environment(self._configuration)},
            seconds=INSTALL_SECONDS,
        )
        self._environment.own_scripts()
        return "" if printed.status == 0 else _sentence(printed.lines) or "uv said nothing"

    def compile(self) -> None:
        """Compiles what is installed, by the host's Python of the same version, where it has one.

        The byte code of a minor version is the same everywhere, and emulation takes twenty times
        as long to make it.
        """
        runtime = self._bench.runtime
        if runtime.qemu is None:
            return
        with contextlib.suppress(InterpreterNotFoundError):
            python = find_interpreter(runtime.interpreter)
            command = [str(python.executable), "-I", "-m", "compileall", "-q"]
            self._run(
                [*command, str(self._environment.site_packages)],
                cwd=self._bench.directory,
                env=inherited(os.environ),
                seconds=INSTALL_SECONDS,
            )

    def run(self, command: Sequence[str], *, cwd: Path, cpu: str, seconds: float) -> Printed:
        """Runs a program with the environment's ``bin`` first on PATH.

        Args:
            command: Program and arguments.
            cwd: Working directory.
            cpu: Model that the emulator shows; empty: its own choice, or no emulator.
            seconds: Time that it may take.
        """
        folder = self._environment.directory
        env = inherited(os.environ)
        env |= {
            "PATH": f"{folder / 'bin'}{os.pathsep}{env.get('PATH', os.defpath)}",
            "VIRTUAL_ENV": str(folder),
            "HOME": str(self._home),
            "TMPDIR": str(self._temporary),
            # So that a crash shows its Python frames.
            "PYTHONFAULTHANDLER": "1",
            # What a hung test printed must be in the log.
            "PYTHONUNBUFFERED": "1",
            "PYTHONNOUSERSITE": "1",
            "NO_COLOR": "1",
            "TERM": "dumb",
        }
        if cpu:
            env["QEMU_CPU"] = cpu
        return self._run(command, cwd=cwd, env=env, seconds=seconds)

    def _run(
        self, command: Sequence[str], *, cwd: Path, env: Mapping[str, str], seconds: float
    ) -> Printed:
        lines: deque[str] = deque(maxlen=_KEPT_LINES)

        def keep(line: str) -> None:
            lines.append(line)
            self._bench.on_line(line)

        status: int | None
        try:
            status = self._bench.processes.run(
                command, cwd=cwd, env=env, log=self._bench.log, on_line=keep, seconds=seconds
            )
        except BuildTimeoutError:
            status = None
        return Printed(status=status, lines=tuple(lines))


def _sentence(lines: Sequence[str]) -> str:
    """The last lines of uv's explanation in one, without the rules that it draws."""
    words = [line.strip(_RULES) for line in lines if not line.startswith("Using Python")]
    return " ".join([word for word in words if word][-_SHOWN:])
