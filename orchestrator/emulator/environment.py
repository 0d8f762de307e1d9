"""An environment (PEP 405) of a runtime: what wheels are installed into and run from."""

from __future__ import annotations

import os
from pathlib import Path

from orchestrator.emulator.runtime import Runtime
from orchestrator.errors import BuildEnvironmentError
from orchestrator.model import Value
from orchestrator.targets.host import run_command
from orchestrator.targets.interpreters import find_interpreter

_CONFIGURATION = """\
home = {home}
include-system-site-packages = false
version = {version}
"""


class Environment(Value):
    """A fresh environment.

    Attributes:
        directory: Of the environment; programs are in its ``bin``.
        python: Its interpreter, started like any other program.
        site_packages: Where pure and compiled modules are.
        runtime: What runs it.
        uv_target: How ``uv pip install`` is told to install into it.
    """

    directory: Path
    python: Path
    site_packages: Path
    runtime: Runtime
    uv_target: tuple[str, ...]

    def own_scripts(self) -> None:
        """Makes the scripts that uv installed start this environment's Python.

        To be called after installing; only where uv had to take another Python for it.
        """
        if not self.runtime.uv_platform:
            return
        for script in (self.directory / "bin").iterdir():
            if script.is_symlink():
                continue
            first, end, rest = script.read_bytes().partition(b"\n")
            if first.startswith(b"#!") and b"python" in first:
                script.write_bytes(b"#!" + os.fsencode(self.python) + end + rest)


def make_environment(runtime: Runtime, directory: Path) -> Environment:
    """Makes an empty environment without pip; the host's uv installs into it.

    Args:
        runtime: Its Python.
        directory: Made; it must not exist, or be empty.

    Raises:
        BuildEnvironmentError: The interpreter could not make it.
        InterpreterNotFoundError: uv can't look into the emulated Python, and the host has none of
            the same version to stand in for it.
    """
    if runtime.qemu:
        _write(runtime, directory)
    else:
        command = (str(runtime.python), "-I", "-m", "venv", "--without-pip", str(directory))
        answer = run_command(command)
        if answer.status:
            raise BuildEnvironmentError(
                f"{runtime.python} can't make an environment in {directory}.",
                hint="Its own words say why.",
                details=tuple((answer.stdout + answer.stderr).splitlines()[-5:]),
            )
    version = runtime.interpreter.version
    python = directory / "bin" / "python"
    return Environment(
        directory=directory,
        python=python,
        site_packages=directory / "lib" / f"python{version}" / "site-packages",
        runtime=runtime,
        uv_target=_uv_target(runtime, directory, python),
    )


def _uv_target(runtime: Runtime, directory: Path, python: Path) -> tuple[str, ...]:
    if not runtime.uv_platform:
        return ("--python", str(python))
    stand_in = str(find_interpreter(runtime.interpreter).executable)
    into = ("--prefix", str(directory), "--python-platform", runtime.uv_platform)
    return ("--python", stand_in, *into)


def _write(runtime: Runtime, directory: Path) -> None:
    """What the venv module would do in two seconds of emulation."""
    version = runtime.interpreter.version
    (directory / "bin").mkdir(parents=True)
    (directory / "include").mkdir()
    (directory / "lib" / f"python{version}" / "site-packages").mkdir(parents=True)
    (directory / "lib64").symlink_to("lib")
    for name in ("python", "python3", f"python{version}"):
        (directory / "bin" / name).symlink_to(runtime.python)
    text = _CONFIGURATION.format(home=runtime.python.parent, version=runtime.version)
    (directory / "pyvenv.cfg").write_text(text, encoding="utf-8")
