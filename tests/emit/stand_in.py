"""Runs a Dockerfile's stages without Docker: every instruction is what BuildKit's parser read.

There is no root file system of its own: the container's folders (``/opt/venv``, ``/build``…) lie
below a folder of the test, and the paths in commands are rewritten to them. Left out is what
needs root: adding the user. The base image is given by the test as a folder of programs.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from container import parsed

_OWN = re.compile(r"(?<![\w.}/])/(?=(opt|build|tmp|app|home/app)\b)")
_ROOT_ONLY = ("useradd", "adduser")


class InstructionFailedError(Exception):
    """A command of the Dockerfile failed; the message is what it printed."""


class Container:
    """What ``docker build`` would make of a Dockerfile and a context.

    Attributes:
        folder: Stands for ``/``.
        env: Of the commands, as ENV and ARG have set it.
        said: What the commands printed.
    """

    def __init__(self, context: Path, folder: Path, programs: Path, architecture: str) -> None:
        self.context = context
        self.folder = folder
        self.cwd = folder
        self.said = ""
        self.command: tuple[str, ...] = ()
        # The environment is this machine's: its caches, and how it reaches its index.
        self.env = os.environ | {
            "PATH": f"{programs}:{Path(sys.executable).parent}:/usr/bin:/bin",
            "TARGETARCH": architecture,
        }
        for name in ("opt", "build", "tmp"):
            (folder / name).mkdir(parents=True)

    def build(self, text: str, skip: str = "") -> None:
        """Carries out all instructions; one that fails is an ``InstructionFailedError``.

        Args:
            text: Of the Dockerfile.
            skip: Pattern of commands that are left out.
        """
        for one in parsed(text):
            if one.cmd in ("ENV", "ARG"):
                self._set(one)
            elif one.cmd == "WORKDIR":
                self.cwd = Path(self._local(one.value[0]))
                self.cwd.mkdir(parents=True, exist_ok=True)
            elif one.cmd == "COPY":
                self._copy(one)
            elif one.cmd == "RUN" and not one.value[0].startswith(_ROOT_ONLY):
                if not (skip and re.search(skip, one.value[0])):
                    self._run(one)
            elif one.cmd == "CMD":
                self.command = one.value

    def start(self) -> str:
        """Runs CMD as the container would; returns what it printed."""
        return self._shell(self.command)

    def _set(self, one: Any) -> None:
        values = one.value if one.cmd == "ENV" else one.value[0].partition("=")[::2]
        for name, value in zip(values[::2], values[1::2], strict=True):
            if value or one.cmd == "ENV":
                known = re.sub(r"\$\{(\w+)\}", lambda found: self.env[found[1]], value)
                self.env[name] = self._local(known.strip('"'))

    def _copy(self, one: Any) -> None:
        *sources, target = one.value
        if one.heredocs:
            (self.cwd / target).write_text(one.heredocs[0].content)
        elif sources == ["."]:
            shutil.copytree(self.context, self.cwd, dirs_exist_ok=True)

    def _run(self, one: Any) -> None:
        mounted = []
        for flag in one.flags:
            options = dict(part.partition("=")[::2] for part in flag[len("--mount=") :].split(","))
            if options.get("from") == "wheelhouse":
                source = self.context / "wheelhouse"
            elif options.get("type") == "bind":
                source = self.context / options["source"]
            else:
                continue  # caches and secrets are this machine's own
            target = self.cwd / self._local(options["target"])
            if not target.exists():
                target.symlink_to(source)
                mounted.append(target)
        self.said += self._shell(("/bin/sh", "-c", self._local(one.value[0])))
        for target in mounted:
            target.unlink()

    def _shell(self, command: tuple[str, ...]) -> str:
        done = subprocess.run(
            command,
            cwd=self.cwd,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
            check=False,
        )
        if done.returncode:
            raise InstructionFailedError(done.stdout)
        return done.stdout

    def _local(self, text: str) -> str:
        return _OWN.sub(f"{self.folder}/", text)
