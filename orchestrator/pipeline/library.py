"""A native library on its way: fetch, patch, build, repair, verify, publish."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from orchestrator import __version__
from orchestrator.build.frontend import Workspace, inherited, link_build_tools
from orchestrator.build.library import LibraryFrontend
from orchestrator.build.library_prefix import lay_in_libraries, with_library_flags
from orchestrator.build.library_source import prepare_library
from orchestrator.build.patch import apply_patches
from orchestrator.errors import VerificationError
from orchestrator.model import (
    BuiltLibrary,
    PackedLibrary,
    PublishedLibrary,
    SourceTree,
    VerifiedLibrary,
)
from orchestrator.pipeline.perform import libraries_of
from orchestrator.pipeline.work import Work, finding_lines
from orchestrator.plan.interface import interface_digest
from orchestrator.repair.bench import Bench
from orchestrator.repair.library import pack_library
from orchestrator.targets.sdk import symbols
from orchestrator.targets.toolchain import KitRequest
from orchestrator.verify.library import read_members, verify_library

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.model import PlanStep, Step
    from orchestrator.pipeline.folder import BuildFolder
    from orchestrator.pipeline.workshop import Workshop
    from orchestrator.targets.toolchain import Kit


class LibraryBuild(Work[BuiltLibrary, PublishedLibrary]):
    """Builds one library; those that it needs are in the wheelhouse."""

    def __init__(self, workshop: Workshop, work: PlanStep, folder: BuildFolder, log: Path) -> None:
        super().__init__(workshop, work, folder, log)
        self._needed = self.root / "libraries"
        self._notes: tuple[str, ...] = ()
        self._tree: SourceTree

    def prepare(self) -> None:
        """Fetches and patches the source, and lays in what it needs.

        Raises:
            OrchestratorError: Of the source, or of what it needs.
        """
        self.write(*_heading(self.step))
        libraries = libraries_of(self.workshop, self.step)
        self._notes = lay_in_libraries(libraries, self._needed)
        self._tree = self._source()
        self.pause()

    def compile(self, cpus: int) -> BuiltLibrary:
        """Compiles what was prepared, with so many programs at once.

        Raises:
            OrchestratorError: It can't be built.
        """
        with self.compiling(cpus):
            self.enter("build")
            workspace = Workspace(self.root / "work", self.log, inherited(os.environ))
            link_build_tools(workspace.root / "tools")
            frontend = LibraryFrontend(
                self.step,
                self._tree,
                workspace,
                processes=self.processes,
                on_line=self.show,
                seconds=self.workshop.options.timeout,
            )
            prefix = frontend.build(self._kit(), self._needed, cpus)
        return BuiltLibrary(step=self.step, prefix=prefix, notes=self._notes)

    def finish(self, built: BuiltLibrary, step: Step) -> PublishedLibrary:
        """Makes it movable, verifies and publishes it.

        Args:
            built: The library.
            step: As its record names it.
        """
        self.enter("repair")
        built = msgspec.structs.replace(built, step=step)
        scratch = self.root / "scratch"
        scratch.mkdir()
        bench = Bench(scratch, self.processes, self.log)
        packed = pack_library(built, self._tree.path, self._needed, self.root / "packed", bench)
        self.enter("verify")
        verified = self._verified(packed)
        self.enter("publish")
        published = self.workshop.libraries.publish(
            verified,
            seconds=self.usage.seconds,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        return self.tell(published)

    def _source(self) -> SourceTree:
        self.enter("fetch")
        tree = prepare_library(
            self.step,
            self.root / "source",
            self.workshop.configuration,
            processes=self.processes,
            on_line=self.note,
            progress=self.workshop.watch,
        )
        self.enter("patch")
        apply_patches(tree.path, self.step.settings.patches, self.note)
        return tree

    def _kit(self) -> Kit:
        request = KitRequest(
            directory=self.root / "kit",
            target=self.step.target,
            python=None,
            environment_python=None,
            settings=with_library_flags(self.step.settings, self._needed),
        )
        request.directory.mkdir()
        return self.workshop.toolchain_of(self.step).prepare(request)

    def _verified(self, packed: PackedLibrary) -> VerifiedLibrary:
        members = read_members(packed.built.prefix, (str(self.root),))
        findings = verify_library(self.step, members, read_members(self._needed), symbols)
        errors = [finding for finding in findings if finding.severity == "error"]
        if errors:
            raise VerificationError(
                f"{self.step.label} has {len(errors)} error findings and was not published.",
                log=str(self.log),
                details=finding_lines(errors),
            )
        return VerifiedLibrary(
            packed=packed, findings=findings, interface=interface_digest(members)
        )


def _heading(step: Step) -> tuple[str, ...]:
    """What a log begins with: what is built, from what, by what."""
    versions = ", ".join(f"{name} {value}" for name, value in step.toolchain.versions.items())
    return (
        f"{step.label}, by orchestrator {__version__}",
        f"source: {step.source.location} ({step.source.digest})",
        f"recipes: {', '.join(step.settings.recipes)}",
        f"toolchain: {step.toolchain.name} ({versions})",
    )
