"""One attempt to compile a source tree: environment, kit, backend."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from orchestrator.build import languages
from orchestrator.build.emulated import emulated_kit
from orchestrator.build.environment import BuildEnvironment
from orchestrator.build.frontend import Frontend, Workspace, inherited, link_build_tools
from orchestrator.build.hybrid import EmulatedEnvironment, Emulation, emulated_python
from orchestrator.build.identity import check_tags, identified
from orchestrator.build.library_prefix import library_env, pkg_config_env, with_library_flags
from orchestrator.build.openblas import lay_in_openblas, pkg_config_folder
from orchestrator.build.target_side import lay_in
from orchestrator.errors import OrchestratorError
from orchestrator.model import BuiltWheel
from orchestrator.resolve.configuration import uv_environment
from orchestrator.targets.blas import blas_env, openblas_requirement
from orchestrator.targets.fortran import add_fortran
from orchestrator.targets.rust import link_rust
from orchestrator.targets.toolchain import Kit, KitRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.model import BuildSettings, Route, SourceTree
    from orchestrator.pipeline.step import StepBuild


class Bench(msgspec.Struct, frozen=True, kw_only=True):
    """What an attempt compiles with.

    Attributes:
        environment: Filled.
        kit: What the backend sees.
        frontend: That knows both.
        notes: For the record.
    """

    environment: BuildEnvironment
    kit: Kit
    frontend: Frontend
    notes: tuple[str, ...]


class Attempt:
    """Compiles one step's source tree by one route.

    Attributes:
        log_start: Bytes of the log that were written before it.

    Args:
        build: The step's build: its folder, log and events.
        tree: The patched source.
        route: By which it is compiled.
        emulation: Of the target's Python; None where the route needs none.
        constraints: Bounds of the build requirements.
    """

    def __init__(
        self,
        build: StepBuild,
        tree: SourceTree,
        route: Route,
        emulation: Emulation | None,
        constraints: Sequence[str],
    ) -> None:
        self.build = build
        self.workshop = build.workshop
        self.step = build.step
        self.root = build.root
        self.tree = tree
        self.route = route
        self.emulation = emulation
        self.constraints = constraints
        self.log_start = build.log.stat().st_size
        self._bench: Bench | OrchestratorError | None = None

    def prepare(self) -> None:
        """Makes the environment and the kit: all that needs no compiler, once."""
        if self._bench is None:
            try:
                self._bench = self._made()
            except OrchestratorError as error:
                self._bench = error

    def run(self) -> BuiltWheel:
        """Compiles, after preparing what is not prepared.

        Raises:
            OrchestratorError: Of the environment, the kit or the backend, or the wheel is not the
                one that was asked for.
        """
        self.prepare()
        if isinstance(self._bench, OrchestratorError):
            raise self._bench
        assert self._bench is not None  # noqa: S101 (prepared)
        return self._compiled(self._bench)

    def _made(self) -> Bench:
        self.build.enter("environment")
        workspace = Workspace(self.root / "work", self.build.log, inherited(os.environ))
        link_build_tools(workspace.root / "tools")
        environment, kit = self._prepare(workspace.root / "tools")
        frontend = Frontend(
            self.tree,
            self.step.settings,
            workspace,
            processes=self.build.processes,
            on_line=self.build.show,
            seconds=self.workshop.options.timeout,
        )
        frontend.fill(environment, kit, self.constraints)
        found = self._provide_languages(environment.installed(), kit)
        notes = (
            *self._emulated(),
            *self.build.library_notes,
            *found,
            *self._lay_in_target_side(environment),
        )
        return Bench(environment=environment, kit=kit, frontend=frontend, notes=notes)

    def _compiled(self, bench: Bench) -> BuiltWheel:
        self.build.enter("build")
        path = bench.frontend.build(self.root / "built", self.build.cpus)
        source = identified(self.step.source, path.name)
        check_tags(self.step, path.name)
        return BuiltWheel(
            step=msgspec.structs.replace(self.step, source=source),
            path=path,
            route=self.route,
            build_requires=bench.environment.installed(),
            notes=(*bench.notes, *_changed_flags(bench.kit)),
        )

    def _prepare(self, tools: Path) -> tuple[BuildEnvironment, Kit]:
        """The environment, and the kit that fits the Python in it."""
        kind = EmulatedEnvironment if self.emulation else BuildEnvironment
        environment = kind(
            self.root / "environment",
            processes=self.build.processes,
            env={**os.environ, **uv_environment(self.workshop.configuration)},
            log=self.build.log,
            on_line=self.build.show,
            # Build requirements that are steps of the plan: of the host, and of the target.
            wheels=self.workshop.wheelhouse.directory if self.build.work.needs else None,
            fresh=[label.partition("==")[0] for label in self.build.work.needs],
            strict=self.workshop.options.locked is not None,
        )
        request = KitRequest(
            directory=self.root / "kit",
            target=self.step.target,
            python=self.build.planned.python,
            environment_python=Path(environment.python_executable),
            settings=self._settings(),
        )
        request.directory.mkdir()
        if self.emulation and isinstance(environment, EmulatedEnvironment):
            environment.furnish(self.emulation.runtime)
            python = emulated_python(self.emulation.runtime)
            request = msgspec.structs.replace(request, python=python, runner=environment.runner)
            kit = self._kit(request)
            # Before those that build requirements brought, which are the target's, and slow.
            return environment, msgspec.structs.replace(kit, path=(*kit.path, tools))
        environment.create(self.build.planned.python)
        return environment, self._kit(request)

    def _settings(self) -> BuildSettings:
        """The recipes' settings, and flags that lead to the libraries that they name."""
        settings = self.step.settings
        if not self.step.libraries:
            return settings
        return with_library_flags(settings, self.build.libraries)

    def _kit(self, request: KitRequest) -> Kit:
        platform, settings = self.step.target.platform, self.step.settings
        if self.emulation and self.emulation.compilers and self.route == "emulated":
            kit = emulated_kit(request, self.emulation.compilers)
        else:
            kit = self.build.planned.toolchain.prepare(request)
        env = {**kit.env, **blas_env(settings.blas, platform)}
        openblas = openblas_requirement(settings)
        folders = (pkg_config_folder(self.root / "target-side"),) if openblas else ()
        path = kit.path
        if self.step.libraries:
            env |= library_env(self.build.libraries, *folders)
            path = (*path, self.build.libraries / "bin")
        elif folders:
            env |= pkg_config_env(*folders)
        if self.step.toolchain.name == "zig":
            env |= add_fortran(platform, kit, request.directory)
        return msgspec.structs.replace(kit, env=env, path=path)

    def _lay_in_target_side(self, environment: BuildEnvironment) -> tuple[str, ...]:
        platform, scratch = self.step.target.platform, self.root / "target-side"
        named = self.step.settings.target_build_requires
        notes: tuple[str, ...] = ()
        if not self.emulation:  # else all of the environment is the target's
            notes = lay_in(environment, platform, named, scratch)
        if pin := openblas_requirement(self.step.settings):
            notes += (lay_in_openblas(environment, platform, pin, scratch),)
        for note in notes:
            self.build.note(note)
        return notes

    def _emulated(self) -> tuple[str, ...]:
        """What of the target took part, for the record."""
        if not self.emulation:
            return ()
        runtime, compilers = self.emulation.runtime, self.emulation.compilers
        notes: tuple[str, ...] = (
            f"the build ran in Python {runtime.version} under {runtime.runner}",
        )
        if compilers and self.route == "emulated":
            notes += (f"compiled by GCC {compilers.version} of Debian {compilers.release}",)
        return notes

    def _provide_languages(self, build_requires: Sequence[str], kit: Kit) -> tuple[str, ...]:
        """Makes the languages beyond C available to the backend; returns what they are."""
        needed = languages.needed_languages(build_requires, self.step.settings.needs.languages)
        found = []
        if "rust" in needed:
            rust = languages.check_rust(self.step.target.platform, self.step.label)
            link_rust(rust, kit.path[0])
            found.append(rust.version)
        if "fortran" in needed and self.step.toolchain.name == "zig":
            fortran = languages.check_fortran(self.step.target.platform, self.step.label)
            found.append(fortran.version)
        return tuple(found)


def _changed_flags(kit: Kit) -> tuple[str, ...]:
    """What the compiler wrappers changed, once each."""
    if kit.log is None or not kit.log.exists():
        return ()
    lines = kit.log.read_text(encoding="utf-8", errors="replace").splitlines()
    return tuple(dict.fromkeys(lines))
