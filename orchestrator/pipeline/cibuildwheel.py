"""``orchestrate build --runner cibuildwheel``: another program compiles, all else is as ever.

Each build is a call of its own; what it made is verified and published like any wheel.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from orchestrator.build.identity import check_tags, identified
from orchestrator.emit.write import write_files
from orchestrator.errors import (
    BackendFailedError,
    InterruptedBuildError,
    NoCibuildwheelError,
    NoWheelError,
    OrchestratorError,
    VerificationError,
)
from orchestrator.files import ZIP_EPOCH
from orchestrator.model import (
    BuildReport,
    BuiltWheel,
    Failure,
    LogLine,
    PhaseStarted,
    PublishedWheel,
    RepairedWheel,
    Step,
    StepFinished,
    StepStarted,
    Target,
    ToolchainIdentity,
    VerifiedWheel,
)
from orchestrator.pipeline.handover import CibuildwheelProject, hand_over
from orchestrator.pipeline.perform import tell_failure
from orchestrator.pipeline.work import finding_lines
from orchestrator.pipeline.workshop import Workshop, failure_of
from orchestrator.plan.fingerprint import fingerprint_of, parts_of
from orchestrator.repair.canonical import canonical_zip
from orchestrator.targets.host import run_command
from orchestrator.targets.sdk import symbols
from orchestrator.verify.check import verify_wheel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.emit.cibuildwheel.handover import Handed
    from orchestrator.model import Phase
    from orchestrator.pipeline.workshop import BuildOptions, Emit

_ENGINES = ("docker", "podman")


def build(requirements: Sequence[str], options: BuildOptions, emit: Emit) -> BuildReport:
    """Builds wheels of the named requirements for every target.

    Raises:
        NoCibuildwheelError: It is not here, or does not build for a target on this machine.
        NotHandedOverError: What a package needs can't be said to it.
        OrchestratorError: The input is wrong, before anything is built.
        InterruptedBuildError: Ctrl-C.
    """
    targets = options.targets
    identity, env = _equipment(targets)
    projects = hand_over(
        requirements, targets, recipes=options.recipes, explicit=options.explicit_platform
    )
    workshop = Workshop(options, emit)
    results: list[PublishedWheel | Failure] = []
    try:
        for project in projects:
            for handed in project.handover.targets:
                if options.fail_fast and any(isinstance(item, Failure) for item in results):
                    break
                results.append(_Order(workshop, project, handed, identity, env).result())
    except KeyboardInterrupt:
        workshop.processes.stop()
        raise InterruptedBuildError("Interrupted; build folders were removed.") from None
    return BuildReport(
        wheels=tuple(item for item in results if isinstance(item, PublishedWheel)),
        failed=tuple(item for item in results if isinstance(item, Failure)),
        wheelhouse=workshop.wheelhouse.directory,
    )


def _equipment(targets: Sequence[Target]) -> tuple[ToolchainIdentity, dict[str, str]]:
    """What this machine has of cibuildwheel, and the environment that it runs in."""
    # Last, what was installed with orchestrate.
    own = os.pathsep.join((os.environ.get("PATH", ""), str(Path(sys.executable).parent)))
    program = shutil.which("cibuildwheel", path=own)
    if program is None:
        raise NoCibuildwheelError(
            "There is no cibuildwheel on PATH.", hint="`uv tool install cibuildwheel` brings it."
        )
    env = {**os.environ, "PATH": own}
    systems = {target.platform.os for target in targets}
    if "macos" in systems and sys.platform != "darwin":
        raise NoCibuildwheelError(
            "cibuildwheel builds wheels for macOS on a Mac only.",
            hint="Run the same command on a Mac, or without --runner: orchestrate cross-compiles.",
        )
    if "linux" in systems:
        env |= {"CIBW_CONTAINER_ENGINE": _engine(own)}
    versions = {"cibuildwheel": _version(Path(program))}
    return ToolchainIdentity(name="cibuildwheel", versions=versions), env


def _version(program: Path) -> str:
    """Of cibuildwheel, which has no ``--version``; the Python of its script knows it."""
    first = program.read_text(encoding="utf-8", errors="replace").partition("\n")[0]
    python = first.removeprefix("#!").strip() if first.startswith("#!/") else sys.executable
    told = run_command((python, "-c", "import cibuildwheel; print(cibuildwheel.__version__)"))
    return told.text


def _engine(path: str) -> str:
    for name in _ENGINES:
        program = shutil.which(name, path=path)
        if program and run_command((program, "info")).status == 0:
            return name
    raise NoCibuildwheelError(
        "cibuildwheel builds wheels for Linux in containers, and neither"
        f" {' nor '.join(_ENGINES)} answers here.",
        hint="Start one of them, or build without --runner.",
    )


class _Order:
    """One build: a package for one target.

    Args:
        workshop: Wheelhouse, processes, events.
        project: Of the package.
        handed: The target.
        identity: Of cibuildwheel.
        env: That it runs in.
    """

    def __init__(
        self,
        workshop: Workshop,
        project: CibuildwheelProject,
        handed: Handed,
        identity: ToolchainIdentity,
        env: dict[str, str],
    ) -> None:
        self._workshop = workshop
        self._project = project
        self._handed = handed
        self._env = env
        source = project.handover.source
        pins = tuple(pin for pin in handed.constraints if "==" in pin)
        parts = parts_of(source, handed.settings, handed.target, identity, "", build_requires=pins)
        self._step = Step(
            source=source,
            settings=handed.settings,
            target=handed.target,
            toolchain=identity,
            python="",
            fingerprint=fingerprint_of(parts),
            build_requires=pins,
            parts=parts,
        )

    def result(self) -> PublishedWheel | Failure:
        """Builds, verifies and publishes it, unless the wheelhouse has it; failures are values."""
        kept = self._workshop.kept(self._step)
        if isinstance(kept, PublishedWheel):
            return kept
        emit, label, source = self._workshop.emit, self._step.label, self._step.source
        emit(StepStarted(step=label))
        log = self._workshop.wheelhouse.new_log(self._step)
        try:
            with tempfile.TemporaryDirectory(prefix="orchestrate-") as folder:
                return self._publish(Path(folder), log)
        except OrchestratorError as error:
            error.log = error.log or str(log)
            tell_failure(emit, label, error)
            return failure_of(error, name=source.name, version=source.version)

    def _publish(self, root: Path, log: Path) -> PublishedWheel:
        began = time.monotonic()
        self._enter("build")
        wheel = self._wheel(root, log)
        source = identified(self._step.source, wheel.name)
        check_tags(self._step, wheel.name)
        step = msgspec.structs.replace(self._step, source=source)
        built = BuiltWheel(
            step=step, path=wheel, route="native", build_requires=step.build_requires
        )
        self._enter("repair")  # it is repaired already
        (root / "canonical").mkdir()
        canonical = root / "canonical" / wheel.name
        canonical_zip(wheel, canonical, ZIP_EPOCH)
        self._enter("verify")
        verified = self._verified(RepairedWheel(built=built, path=canonical), log)
        self._enter("publish")
        published = self._workshop.wheelhouse.publish(
            verified,
            seconds=time.monotonic() - began,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        name, seconds = published.path.name, published.record.seconds
        self._workshop.emit(
            StepFinished(step=step.label, filename=name, cached=False, seconds=seconds)
        )
        return published

    def _wheel(self, root: Path, log: Path) -> Path:
        """Runs cibuildwheel, which tests the wheel, too."""
        project, made = root / "project", root / "made"
        write_files({project / file.path: file.content for file in self._project.files}, force=True)
        env = dict(self._env)
        if self._workshop.options.test == "none":
            env["CIBW_TEST_SKIP"] = "*"
        options = ("--only", self._handed.identifier, "--output-dir", str(made))
        status = self._workshop.processes.run(
            ("sh", "build.sh", *options),
            cwd=project,
            env=env,
            log=log,
            on_line=lambda line: self._workshop.emit(LogLine(step=self._step.label, line=line)),
            seconds=self._workshop.options.timeout,
        )
        if status:
            raise BackendFailedError(f"{self._step.label}: cibuildwheel failed.", log=str(log))
        wheels = sorted(made.glob("*.whl"))
        if len(wheels) != 1:
            raise NoWheelError(f"{self._step.label}: cibuildwheel left {len(wheels)} wheels.")
        return wheels[0]

    def _verified(self, repaired: RepairedWheel, log: Path) -> VerifiedWheel:
        findings = verify_wheel(repaired.path, target=self._step.target, system=symbols)
        errors = [finding for finding in findings if finding.severity == "error"]
        if not errors:
            return VerifiedWheel(repaired=repaired, findings=findings)
        kept = self._workshop.wheelhouse.reject(repaired.path, findings)
        raise VerificationError(
            f"{self._step.label}: the wheel has {len(errors)} error findings and was kept aside,"
            f" not published: {kept}",
            log=str(log),
            details=finding_lines(errors),
        )

    def _enter(self, phase: Phase) -> None:
        self._workshop.emit(PhaseStarted(step=self._step.label, phase=phase))
