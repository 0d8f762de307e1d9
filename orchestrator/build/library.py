"""Builds a native library from its source into a folder that stands for its prefix."""

from __future__ import annotations

import os
import platform as this_machine
from typing import TYPE_CHECKING

from orchestrator.build.diagnose import diagnose
from orchestrator.build.library_commands import (
    PREFIX,
    Places,
    library_commands,
    substituted,
)
from orchestrator.build.library_prefix import library_env
from orchestrator.errors import LibraryFailedError, OrchestratorError
from orchestrator.targets.facts import platform_facts

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.build.frontend import Workspace
    from orchestrator.model import SourceTree, Step
    from orchestrator.process import OnLine, Processes
    from orchestrator.targets.toolchain import Kit


class LibraryFrontend:
    """Builds one library's source tree.

    Args:
        step: What is built.
        tree: Its patched source.
        workspace: The build's folder.
        processes: Runs every program.
        on_line: Sees what they print.
        seconds: How long each may take.
    """

    def __init__(
        self,
        step: Step,
        tree: SourceTree,
        workspace: Workspace,
        *,
        processes: Processes,
        on_line: OnLine,
        seconds: float,
    ) -> None:
        self.step = step
        self.tree = tree
        self.workspace = workspace
        self._processes = processes
        self._on_line = on_line
        self._seconds = seconds

    def build(self, kit: Kit, needs: Path, jobs: int) -> Path:
        """Configures, compiles and installs.

        Args:
            kit: For the target.
            needs: Folder of the libraries that it needs.
            jobs: How many compilers may run at a time.

        Returns:
            The folder that stands for the prefix it was configured for.

        Raises:
            OrchestratorError: A command failed; what the log says of it.
        """
        build = self.step.settings.library
        assert build is not None  # noqa: S101 (a library's step says how)
        stage = self.workspace.root / "stage"
        places = Places(
            source=self.tree.path,
            work=self.workspace.root / "objects",
            stage=stage,
            needs=needs,
            meson_cross_file=kit.meson_cross_file,
            triples=(platform_facts(self.step.target.platform).gnu, _this_triple(kit)),
            jobs=jobs,
        )
        env = self._env(kit, places)
        for command in library_commands(build, places):
            status = self._processes.run(
                command.words,
                cwd=command.folder,
                env=env | ({"DESTDIR": command.destination} if command.destination else {}),
                log=self.workspace.log,
                on_line=self._on_line,
                seconds=self._seconds,
            )
            if status:
                raise self._failure(command.words)
        installed = stage / PREFIX.strip("/")
        installed.mkdir(parents=True, exist_ok=True)
        return installed

    def _env(self, kit: Kit, places: Places) -> dict[str, str]:
        env = {**self.workspace.env, **kit.env, **library_env(places.needs)}
        settings = self.step.settings.env
        env |= {name: substituted(value, places) for name, value in settings.items()}
        path = (*kit.path, places.needs / "bin", self.workspace.root / "tools")
        env["PATH"] = os.pathsep.join((*map(str, path), env.get("PATH", "")))
        return env

    def _failure(self, words: tuple[str, ...]) -> OrchestratorError:
        log = self.workspace.log
        text = log.read_text(encoding="utf-8", errors="replace")
        name = f"{self.step.source.name} {self.step.source.version}"
        failure = LibraryFailedError(
            f"The library {name} could not be built: {' '.join(words[:2])} failed.", log=str(log)
        )
        return diagnose(failure, text, self.step.target.platform)


def _this_triple(kit: Kit) -> str:
    """This machine, as the kit calls it: never the same as the target where it is none."""
    return kit.env.get("build_alias") or f"{this_machine.machine()}-pc-linux-gnu"
