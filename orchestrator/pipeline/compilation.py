"""A source tree compiled into a wheel, and what is tried when that fails."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from orchestrator.build import era, languages
from orchestrator.build.diagnose import compiler_errors, diagnose
from orchestrator.build.environment import BuildEnvironment
from orchestrator.build.frontend import Frontend, Workspace, inherited, link_build_tools
from orchestrator.build.identity import check_tags, identified
from orchestrator.build.target_side import lay_in
from orchestrator.errors import BackendFailedError
from orchestrator.model import BuiltWheel, SourceTree
from orchestrator.resolve.configuration import uv_environment
from orchestrator.targets.blas import blas_env
from orchestrator.targets.toolchain import Kit, KitRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.pipeline.step import StepBuild


class Compilation:
    """Compiles one step's source tree.

    Args:
        build: The step's build: its folder, log and events.
        tree: The patched source.
    """

    def __init__(self, build: StepBuild, tree: SourceTree) -> None:
        self.build = build
        self.builder = build.builder
        self.step = build.step
        self.root = build.root
        self.tree = tree

    def run(self) -> BuiltWheel:
        """Compiles with build tools of the sdist's time, then, if it wasn't the code, with today's.

        Raises:
            OrchestratorError: What the log says about the last failure.
        """
        bounds = era.constraints(
            self.tree.released, self.step.target.interpreter, era.release_table()
        )
        try:
            return self._attempt(bounds)
        except BackendFailedError as error:
            log = self.build.log.read_text(encoding="utf-8", errors="replace")
            if not bounds or compiler_errors(log):
                raise diagnose(error, log) from error
        self.build.note("failed with build tools of the sdist's time; trying today's")
        for name in ("environment", "kit", "work", "target-side"):
            shutil.rmtree(self.root / name, ignore_errors=True)
        try:
            return self._attempt(())
        except BackendFailedError as error:
            log = self.build.log.read_text(encoding="utf-8", errors="replace")
            raise diagnose(error, log) from error

    def _attempt(self, bounds: Sequence[str]) -> BuiltWheel:
        self.build.enter("environment")
        workspace = Workspace(self.root / "work", self.build.log, inherited(os.environ))
        link_build_tools(workspace.root / "tools")
        environment = BuildEnvironment(
            self.root / "environment",
            self.build.planned.python,
            processes=self.builder.processes,
            env={**os.environ, **uv_environment(self.builder.configuration)},
            log=self.build.log,
            on_line=self.build.show,
        )
        kit = self._kit(environment)
        frontend = Frontend(
            self.tree,
            self.step.settings,
            workspace,
            processes=self.builder.processes,
            on_line=self.build.show,
            seconds=self.builder.options.timeout,
        )
        frontend.fill(environment, kit, bounds)
        self._check_languages(environment.installed())
        notes = self._lay_in_target_side(environment)
        self.build.enter("build")
        path = frontend.build(self.root / "built")
        source = identified(self.step.source, path.name)
        check_tags(self.step, path.name)
        return BuiltWheel(
            step=msgspec.structs.replace(self.step, source=source),
            path=path,
            build_requires=environment.installed(),
            notes=(*notes, *_changed_flags(kit)),
        )

    def _kit(self, environment: BuildEnvironment) -> Kit:
        directory = self.root / "kit"
        directory.mkdir()
        kit = self.build.planned.toolchain.prepare(
            KitRequest(
                directory=directory,
                target=self.step.target,
                python=self.build.planned.python,
                environment_python=Path(environment.python_executable),
                settings=self.step.settings,
            )
        )
        blas = blas_env(self.step.settings.blas, self.step.target.platform)
        return msgspec.structs.replace(kit, env={**kit.env, **blas})

    def _lay_in_target_side(self, environment: BuildEnvironment) -> tuple[str, ...]:
        notes = lay_in(
            environment,
            self.step.target.platform,
            self.step.settings.target_build_requires,
            self.root / "target-side",
        )
        for note in notes:
            self.build.note(note)
        return notes

    def _check_languages(self, build_requires: Sequence[str]) -> None:
        needed = languages.needed_languages(build_requires, self.step.settings.needs.languages)
        if "rust" in needed:
            languages.check_rust(self.step.target.platform, self.step.label)
        if "fortran" in needed and self.step.toolchain.name == "zig":
            languages.check_fortran(self.step.label)


def _changed_flags(kit: Kit) -> tuple[str, ...]:
    """What the compiler wrappers changed, once each."""
    if kit.log is None or not kit.log.exists():
        return ()
    lines = kit.log.read_text(encoding="utf-8", errors="replace").splitlines()
    return tuple(dict.fromkeys(lines))
