"""Real installers, each in an environment of its own, pointed at an index and at nothing else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from uv import find_uv_bin

if TYPE_CHECKING:
    from collections.abc import Mapping

UV = (find_uv_bin(),)
"""Not ``python -m uv``, which has tools take the environment of the tests for theirs."""
PDM_NEEDS = "hishel<2"
"""PDM 2.29 does not know that a later one will differ."""

_FOREIGN = re.compile(r"(PIP|UV|POETRY|PDM|TWINE)_.*|VIRTUAL_ENV|PYTHONPATH|NETRC")


class Client:
    """A user with a home and a project, and the tools that a test asks for.

    Attributes:
        project: Where commands run.
        env: Environment variables, without those of whoever runs the tests.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project = folder / "project"
        self.project.mkdir(parents=True)
        kept = {name: value for name, value in os.environ.items() if not _FOREIGN.fullmatch(name)}
        self.env: Mapping[str, str] = kept | {
            "HOME": str(folder),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            "UV_PYTHON_DOWNLOADS": "never",
            "PDM_CHECK_UPDATE": "false",
            "POETRY_VIRTUALENVS_IN_PROJECT": "true",
            "PDM_IGNORE_ACTIVE_VENV": "1",
        }

    def run(self, *command: str | Path, fails: bool = False) -> str:
        """Runs a command to its end, which must be a good one; what it printed."""
        done = subprocess.run(
            command,
            cwd=self.project,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    def pip(self, *words: str | Path, fails: bool = False) -> str:
        """Runs the pip of ``with_pip``."""
        return self.run(self.folder / "pip" / "bin" / "python", "-m", "pip", *words, fails=fails)

    def with_pip(self, requirement: str, python: str) -> str:
        """Makes an environment with a pip; its version."""
        path = self.folder / "pip"
        interpreter = python_of(python)
        made(UV, "venv", "--quiet", "--python", interpreter, path)
        made(UV, "pip", "install", "--quiet", "--python", path / "bin" / "python", requirement)
        said = self.pip("--version")
        return said.split()[1]

    def uv(self, *words: str | Path, fails: bool = False) -> str:
        """Runs uv."""
        return self.run(*UV, *words, fails=fails)

    def tool(self, *words: str | Path, needs: str = "", fails: bool = False) -> str:
        """Runs a tool that uv installs, of the machine's own index."""
        path = self.folder / "tools"
        with_needs = ("--with", needs) if needs else ()
        command = (*UV, "tool", "run", "--quiet", "--python", sys.executable, *with_needs)
        path.mkdir(exist_ok=True)
        return self.run(*command, *words, fails=fails)


def python_of(version: str) -> str:
    """An interpreter of this machine; the test is skipped where there is none."""
    found = subprocess.run(
        [*UV, "python", "find", "--no-python-downloads", version],
        capture_output=True,
        text=True,
        check=False,
    )
    if found.returncode == 0:
        return found.stdout.strip()
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for path in sorted(pyenv.glob(f"{version}.*/bin/python")):
        return str(path)
    pytest.skip(f"no Python {version} here")


def made(*words: object) -> None:
    """Runs a command of the test's own preparations."""
    command = [
        str(part) for word in words for part in (word if isinstance(word, tuple) else [word])
    ]
    subprocess.run(command, check=True, capture_output=True)
