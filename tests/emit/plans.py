"""Small plans for the tests of what is made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.model import (
    NO_PYTHON,
    BuildSettings,
    PlanStep,
    Source,
    Step,
    Target,
    ToolchainIdentity,
)
from orchestrator.targets.tags import parse_interpreter, parse_platform

if TYPE_CHECKING:
    from orchestrator.model import StepKind


def target(platform: str = "macos", python: str = "3.11") -> Target:
    return Target(platform=parse_platform(platform), interpreter=parse_interpreter(python))


def planned(
    name: str,
    *needs: PlanStep,
    seconds: float = 600.0,
    target: Target = target(),  # noqa: B008 (a frozen value)
    kind: StepKind = "wheel",
    source: Source | None = None,
) -> PlanStep:
    """A step of a plan, and what it needs."""
    if kind == "library":
        target = Target(platform=target.platform, interpreter=NO_PYTHON)
    step = Step(
        source=source or Source(name=name, version="1.0", kind="index", location=""),
        settings=BuildSettings(),
        target=target,
        toolchain=ToolchainIdentity(name="zig", versions={}),
        python="",
        fingerprint=name,
        kind=kind,
    )
    return PlanStep(step=step, needs=tuple(need.step.label for need in needs), seconds=seconds)
