"""Redirect wheels, where a version has neither wheel nor sdist: from choosing to publishing."""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.build.redirect import build_redirect
from orchestrator.errors import NoSdistError, NoSubstituteWheelError
from orchestrator.model import Notice, PhaseStarted, StepFinished, StepStarted, VerifiedWheel
from orchestrator.plan.redirects import oldest_platform, redirect_of, redirect_step
from orchestrator.registry.advice import advice_of
from orchestrator.repair.repair import canonical
from orchestrator.resolve.index import list_files
from orchestrator.resolve.select import matching_versions, wheels_for
from orchestrator.targets.sdk import symbols
from orchestrator.verify.check import verify_wheel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orchestrator.model import Phase, PublishedWheel, Request, Step, Target
    from orchestrator.pipeline.workshop import Workshop
    from orchestrator.resolve.pages import FileEntry


def redirect_for(
    workshop: Workshop, request: Request, target: Target, refusal: NoSdistError
) -> Step:
    """The step that makes a redirect wheel for a request whose newest version has no sdist.

    Its version is the newest that the substitute has a wheel of.

    Args:
        workshop: Of the run.
        request: Of kind ``index``.
        target: What is asked for.
        refusal: Why nothing can be built.

    Raises:
        NoSdistError: No recipe redirects it: the refusal, with what can be done instead.
        NoSubstituteWheelError: A recipe does, to a project that has no wheel for the target.
    """
    files = list_files(request.name, workshop.configuration)
    lacking: NoSubstituteWheelError | None = None
    for version in matching_versions(request, files, target.interpreter):
        if installable := _installable(wheels_for(version, files), target):
            raise lacking or _explained(refusal, f"{request.name} {version} {installable}")
        settings = workshop.registry.settings(request.name, version, target)
        substitute = settings.substitute
        if substitute is None:
            raise lacking or refusal
        if substitute.kind != "redirect":
            raise lacking or _explained(refusal, advice_of(substitute, request.name, version))
        offered = list_files(substitute.name, workshop.configuration)
        try:
            step = redirect_step(request.name, version, settings, offered, target)
        except NoSubstituteWheelError as error:
            lacking = lacking or error
        else:
            _check_platform(step, target, explicit=workshop.options.explicit_platform)
            return step
    raise lacking or refusal


def make_redirect(workshop: Workshop, step: Step) -> PublishedWheel:
    """Takes a step of kind ``redirect`` through its phases.

    Raises:
        VerificationError: The wheel is not what a redirect may be.
    """
    started = time.monotonic()
    requires = redirect_of(step).requires
    workshop.emit(StepStarted(step=step.label))
    workshop.emit(Notice(step=step.label, message=f"a redirect: its wheel requires {requires}"))
    log = workshop.wheelhouse.new_log(step)
    log.write_text(
        f"{step.label}: a redirect to {requires}\nmade for: {step.source.location}\n"
        f"recipes: {', '.join(step.settings.recipes)}\n",
        encoding="utf-8",
    )

    def enter(phase: Phase) -> None:
        workshop.emit(PhaseStarted(step=step.label, phase=phase))

    with tempfile.TemporaryDirectory(prefix="orchestrate-redirect-") as folder:
        enter("build")
        repaired = canonical(build_redirect(step, Path(folder)), Path(folder) / "canonical")
        enter("verify")
        findings = verify_wheel(repaired.path, target=step.target, system=symbols)
        enter("publish")
        published = workshop.wheelhouse.publish(
            VerifiedWheel(repaired=repaired, findings=findings),
            seconds=time.monotonic() - started,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
        )
    workshop.emit(
        StepFinished(
            step=step.label,
            filename=published.path.name,
            cached=False,
            seconds=published.record.seconds,
        )
    )
    return published


def _installable(wheels: Iterable[FileEntry], target: Target) -> str:
    """What installers do with the version as it is; empty where there is no wheel for it."""
    platforms = [platform for wheel in wheels if (platform := oldest_platform(wheel, target))]
    if not platforms:
        return ""
    tag = min(platforms, key=lambda platform: platform.minimum).tag
    return f"has a wheel for {target.interpreter.abi_tag}-{tag}: pip and uv install that."


def _explained(refusal: NoSdistError, hint: str) -> NoSdistError:
    return NoSdistError(refusal.message, hint=hint)


def _check_platform(step: Step, target: Target, *, explicit: bool) -> None:
    needed = step.target.platform
    if explicit and needed.minimum > target.platform.minimum:
        raise NoSubstituteWheelError(
            f"{step.source.name} {step.source.version} would redirect to {step.source.filename}, "
            f"which needs more than {target.platform.tag}.",
            hint=f"--platform {needed.tag}",
        )
