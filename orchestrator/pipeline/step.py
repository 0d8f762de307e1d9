"""One step on its way: fetch, patch, environment, build, repair, verify, test, publish."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from orchestrator import __version__
from orchestrator.build.diagnose import compiler_errors, diagnose
from orchestrator.build.evidence import holds_extensions
from orchestrator.build.library_prefix import LICENCES, lay_in_libraries
from orchestrator.build.patch import apply_patches
from orchestrator.build.sources import prepare
from orchestrator.build.sourcetree import check_tree
from orchestrator.errors import BackendFailedError, VerificationError
from orchestrator.model import (
    BuiltWheel,
    PublishedWheel,
    RepairedWheel,
    SourceTree,
    VerifiedWheel,
)
from orchestrator.pipeline.compilation import Compilation
from orchestrator.pipeline.perform import libraries_of
from orchestrator.pipeline.proof import proved
from orchestrator.pipeline.work import Work, finding_lines
from orchestrator.repair.repair import repair
from orchestrator.targets.sdk import symbols
from orchestrator.verify.check import verify_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.model import PlanStep, Step
    from orchestrator.pipeline.folder import BuildFolder
    from orchestrator.pipeline.workshop import Workshop
    from orchestrator.plan.steps import Planned

NO_BINARIES = "WHL107"


class StepBuild(Work[BuiltWheel, PublishedWheel]):
    """Builds one wheel.

    Attributes:
        libraries: Folder into which the libraries that it needs are laid.
        library_notes: What they are, for the record.
    """

    def __init__(self, workshop: Workshop, work: PlanStep, folder: BuildFolder, log: Path) -> None:
        super().__init__(workshop, work, folder, log)
        self.planned = workshop.equipped(work.step)
        self.libraries = self.root / "libraries"
        self.library_notes: tuple[str, ...] = ()
        self._compilation: Compilation

    def prepare(self) -> None:
        """Takes it to where a compiler is needed.

        Raises:
            OrchestratorError: Of the source; what else fails, ``compile`` tells.
        """
        self.write(*_heading(self.planned))
        libraries = libraries_of(self.workshop, self.step)
        self.library_notes = lay_in_libraries(libraries, self.libraries)
        self._compilation = Compilation(self, self.source())
        self._compilation.prepare()
        self.pause()

    def compile(self, cpus: int) -> BuiltWheel:
        """Compiles what was prepared, with so many programs at once.

        Raises:
            OrchestratorError: It can't be built.
        """
        with self.compiling(cpus):
            return self._compilation.run()

    def finish(self, built: BuiltWheel, step: Step) -> PublishedWheel:
        """Repairs, verifies, tests and publishes what was compiled.

        Args:
            built: The wheel.
            step: As its record names it.
        """
        tree = self._compilation.tree
        self.enter("repair")
        source = built.step.source
        built = msgspec.structs.replace(built, step=msgspec.structs.replace(step, source=source))
        repaired = repair(
            built,
            self.root / "repaired",
            [tree.path, self.libraries, self.root / "target-side", self.root / "kit" / "lib"],
            licences=self.libraries / LICENCES,
            processes=self.processes,
            log=self.log,
        )
        self.enter("verify")
        verified = proved(self, self._verified(repaired, tree), tree)
        self.enter("publish")
        published = self.workshop.wheelhouse.publish(
            verified,
            seconds=self.usage.seconds,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        return self.tell(published)

    def source(self) -> SourceTree:
        """The source: fetched, unpacked, patched, and fit for the target's Python."""
        self.enter("fetch")
        settings = self.step.settings
        shop = self.workshop
        tree = prepare(self.step.source, self.root / "source", shop.configuration, shop.watch)
        self.enter("patch")
        apply_patches(tree.path, settings.patches, self.note)
        check_tree(tree, self.step.target.interpreter, has_backend=settings.backend is not None)
        return msgspec.structs.replace(tree, released=self.work.released or tree.released)

    def _verified(self, repaired: RepairedWheel, tree: SourceTree) -> VerifiedWheel:
        findings = verify_wheel(
            repaired.path,
            target=self.step.target,
            system=symbols,
            expects_binaries=self._expects_binaries(tree),
            build_paths=(str(self.root),),
        )
        errors = [finding for finding in findings if finding.severity == "error"]
        if not errors:
            return VerifiedWheel(repaired=repaired, findings=findings)
        kept = self.workshop.wheelhouse.reject(repaired.path, findings)
        reason, details, hint = "", finding_lines(errors), None
        if any(finding.code == NO_BINARIES for finding in errors):
            reason, swallowed, hint = self._swallowed_failure()
            details += swallowed
        raise VerificationError(
            f"{self.step.label}: the wheel has {len(errors)} error findings and was kept aside, "
            f"not published: {kept}{reason}",
            log=str(self.log),
            details=details,
            hint=hint,
        )

    def _expects_binaries(self, tree: SourceTree) -> bool:
        """Whether a wheel without binaries is a failure, by recipe, index or sources."""
        if self.step.settings.extensions:
            return self.step.settings.extensions == "required"
        binaries = self.work.binaries
        return holds_extensions(tree.path) if binaries is None else binaries

    def _swallowed_failure(self) -> tuple[str, tuple[str, ...], str | None]:
        """What the compiler said, where the package's build went on without it.

        Returns:
            A sentence for the message, the compiler's lines, and what to do; empty and None
            where nothing failed to compile.
        """
        log = self.log.read_text(encoding="utf-8", errors="replace")
        if not compiler_errors(log):
            return "", (), None
        failure = diagnose(BackendFailedError(""), log, self.step.target.platform)
        message = f"\nSomething did not compile, and its build went on without.{failure.message}"
        optional = 'If it works without, its recipe can say so: extensions = "optional".'
        return message, failure.details, f"{failure.hint} {optional}"


def _heading(planned: Planned) -> tuple[str, ...]:
    """What a log begins with: what is built, from what, by what."""
    step = planned.step
    versions = ", ".join(f"{name} {value}" for name, value in step.toolchain.versions.items())
    return (
        f"{step.label}, by orchestrator {__version__}",
        f"source: {step.source.location} ({step.source.digest})",
        f"recipes: {', '.join(step.settings.recipes) or 'none'}",
        f"toolchain: {step.toolchain.name} ({versions})",
        f"python: {step.python} in {planned.python.executable}",
    )
