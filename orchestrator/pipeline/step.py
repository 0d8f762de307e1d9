"""One step on its way through the phases: fetch, patch, environment, build, repair, verify, publish."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from orchestrator.build import era, languages
from orchestrator.build.diagnose import diagnose
from orchestrator.build.environment import BuildEnvironment
from orchestrator.build.evidence import holds_extensions
from orchestrator.build.frontend import Frontend, Workspace, inherited, link_build_tools
from orchestrator.build.identity import check_tags, identified
from orchestrator.build.patch import apply_patches
from orchestrator.build.sources import prepare
from orchestrator.build.sourcetree import check_tree
from orchestrator.build.target_side import lay_in
from orchestrator.errors import BackendFailedError, VerificationError
from orchestrator.model import (
    BuiltWheel,
    LogLine,
    Phase,
    PhaseStarted,
    PublishedWheel,
    RepairedWheel,
    SourceTree,
    StepFinished,
    VerifiedWheel,
)
from orchestrator.repair.repair import repair
from orchestrator.resolve.configuration import uv_environment
from orchestrator.targets.sdk import system
from orchestrator.targets.toolchain import Kit, KitRequest
from orchestrator.verify.check import verify_wheel

if TYPE_CHECKING:
    from orchestrator.pipeline.build import Builder
    from orchestrator.plan.steps import Planned

_SHOWN_FINDINGS = 12


class StepBuild:
    """Builds one step.

    Args:
        builder: What the steps of a run share.
        planned: The step, and what it is built with.
        root: The build's own folder.
        log: The build's log.
        binaries: Whether the project's wheels hold binaries; None where no one knows.
    """

    def __init__(
        self, builder: Builder, planned: Planned, root: Path, log: Path, *, binaries: bool | None
    ) -> None:
        self.builder = builder
        self.planned = planned
        self.step = planned.step
        self.root = root
        self.log = log
        self.binaries = binaries

    def run(self) -> PublishedWheel:
        """Takes the step through all phases."""
        started = time.monotonic()
        tree = self._source()
        built = self._wheel(tree)
        self._enter("repair")
        repaired = repair(built, self.root / "repaired", [tree.path])
        self._enter("verify")
        verified = self._verified(repaired, tree)
        self._enter("publish")
        published = self.builder.wheelhouse.publish(
            verified,
            seconds=time.monotonic() - started,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        self.builder.emit(
            StepFinished(
                step=self.step.label,
                filename=published.path.name,
                cached=False,
                seconds=published.record.seconds,
            )
        )
        return published

    def _enter(self, phase: Phase) -> None:
        self.builder.emit(PhaseStarted(step=self.step.label, phase=phase))

    def _line(self, line: str) -> None:
        self.builder.emit(LogLine(step=self.step.label, line=line))

    def _note(self, line: str) -> None:
        """A line of orchestrator's own in the log."""
        with self.log.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")
        self._line(line)

    def _source(self) -> SourceTree:
        """Fetched, unpacked, patched, and fit for the target's Python."""
        self._enter("fetch")
        settings = self.step.settings
        tree = prepare(self.step.source, self.root / "source", self.builder.configuration)
        self._enter("patch")
        apply_patches(tree.path, settings.patches, self._note)
        check_tree(tree, self.step.target.interpreter, has_backend=settings.backend is not None)
        return tree

    def _wheel(self, tree: SourceTree) -> BuiltWheel:
        self._enter("environment")
        processes, settings = self.builder.processes, self.step.settings
        uv = uv_environment(self.builder.configuration)
        workspace = Workspace(self.root / "work", self.log, inherited(os.environ))
        link_build_tools(workspace.root / "tools")
        environment = BuildEnvironment(
            self.root / "environment",
            self.planned.python,
            processes=processes,
            env={**os.environ, **uv},
            log=self.log,
            on_line=self._line,
        )
        kit = self._kit(environment)
        frontend = Frontend(
            tree,
            settings,
            workspace,
            processes=processes,
            on_line=self._line,
            seconds=self.builder.options.timeout,
        )
        bounds = era.constraints(tree.released, self.step.target.interpreter, era.release_table())
        try:
            frontend.fill(environment, kit, bounds)
            self._check_languages(environment.installed())
            notes = lay_in(
                environment,
                self.step.target.platform,
                settings.target_build_requires,
                self.root / "target-side",
            )
            for note in notes:
                self._note(note)
            self._enter("build")
            path = frontend.build(self.root / "built")
        except BackendFailedError as error:
            log = self.log.read_text(encoding="utf-8", errors="replace")
            raise diagnose(error, log) from error
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
        return self.planned.toolchain.prepare(
            KitRequest(
                directory=directory,
                target=self.step.target,
                python=self.planned.python,
                environment_python=Path(environment.python_executable),
                settings=self.step.settings,
            )
        )

    def _check_languages(self, build_requires: tuple[str, ...]) -> None:
        needed = languages.needed_languages(build_requires, self.step.settings.needs.languages)
        if "rust" in needed:
            languages.check_rust(self.step.target.platform, self.step.label)
        if "fortran" in needed and self.planned.toolchain.name == "zig":
            languages.check_fortran(self.step.label)

    def _verified(self, repaired: RepairedWheel, tree: SourceTree) -> VerifiedWheel:
        binaries = holds_extensions(tree.path) if self.binaries is None else self.binaries
        findings = verify_wheel(
            repaired.path,
            target=self.step.target,
            system=system,
            expects_binaries=binaries,
            build_paths=(str(self.root),),
        )
        errors = [finding for finding in findings if finding.severity == "error"]
        if errors:
            kept = self.builder.wheelhouse.reject(repaired.path, findings)
            shown = errors[:_SHOWN_FINDINGS]
            raise VerificationError(
                f"{repaired.path.name} has {len(errors)} error findings; it is kept aside: {kept}",
                log=str(self.log),
                details=tuple(f"{f.code} {f.where}: {f.message}" for f in shown),
            )
        return VerifiedWheel(repaired=repaired, findings=findings)


def _changed_flags(kit: Kit) -> tuple[str, ...]:
    """What the compiler wrappers changed, once each."""
    if kit.log is None or not kit.log.exists():
        return ()
    lines = kit.log.read_text(encoding="utf-8", errors="replace").splitlines()
    return tuple(dict.fromkeys(lines))
