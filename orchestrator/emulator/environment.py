"""An environment (PEP 405) of a runtime: what wheels are installed into and run from."""

from __future__ import annotations

from pathlib import Path

from orchestrator.emulator.runtime import Runtime
from orchestrator.errors import BuildEnvironmentError
from orchestrator.model import Value
from orchestrator.targets.host import run_command

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
    """

    directory: Path
    python: Path
    site_packages: Path
    runtime: Runtime


def make_environment(runtime: Runtime, directory: Path) -> Environment:
    """Makes an empty environment without pip; the host's uv installs into it.

    Args:
        runtime: Its Python.
        directory: Made; it must not exist, or be empty.

    Raises:
        BuildEnvironmentError: The interpreter could not make it.
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
    return Environment(
        directory=directory,
        python=directory / "bin" / "python",
        site_packages=directory / "lib" / f"python{version}" / "site-packages",
        runtime=runtime,
    )


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
