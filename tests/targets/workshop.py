"""A kit and a folder to compile in: what the tests of the toolchains share."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from orchestrator.model import BuildSettings, Interpreter, Platform, Target
from orchestrator.targets.interpreters import find_interpreter
from orchestrator.targets.toolchain import Kit, KitRequest

CP311 = Interpreter(major=3, minor=11)


class Shop:
    """A prepared kit and a folder to compile in."""

    def __init__(self, kit: Kit, folder: Path) -> None:
        self.kit = kit
        self.folder = folder
        inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        path = os.pathsep.join([*map(str, kit.path), inherited["PATH"]])
        self.env = {**inherited, **kit.env, "PATH": path}

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=self.folder, env=self.env, capture_output=True, text=True, check=False
        )

    def say(self, *command: str) -> str:
        done = self.run(*command)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def compiles(self, text: str, *flags: str) -> bool:
        """Whether a C program compiles and links, as configure scripts ask."""
        self.write("conftest.c", text)
        return self.run("cc", *flags, "conftest.c", "-o", "conftest").returncode == 0


def kit_request(
    folder: Path, platform: Platform, settings: BuildSettings | None = None
) -> KitRequest:
    """A request for a kit in a new folder."""
    folder.mkdir()
    return KitRequest(
        directory=folder,
        target=Target(platform=platform, interpreter=CP311),
        python=find_interpreter(CP311),
        environment_python=Path(sys.executable),
        settings=settings or BuildSettings(),
    )
