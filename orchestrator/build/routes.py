"""The ways to run a build for a machine that is not this one, and when to try the next. Pure.

cross: the host's Python runs the backend and answers as the target's would; fast, and enough for
most. hybrid: the target's own Python runs it, emulated, and so can import what was just built; the
compiler still is the host's. emulated: compiler and all run under emulation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from orchestrator.errors import (
    BackendFailedError,
    MissingToolError,
    NoRuntimeError,
    OrchestratorError,
    WrongWheelError,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from orchestrator.model import Route

# What a build that was told of another machine than it runs on may stumble over.
_MAY_BE_MENDED = frozenset({BackendFailedError, WrongWheelError})

_UNAVAILABLE: dict[str, tuple[type[OrchestratorError], str, str]] = {
    "hybrid": (
        NoRuntimeError,
        "nothing here runs the target's Python",
        "orchestrate emulator setup",
    ),
    "emulated": (
        MissingToolError,
        "there is no compiler of the target beside its Python",
        "orchestrate emulator setup --compiler",
    ),
}


def routes(
    asked: Route | Literal[""], available: Collection[Route], label: str
) -> tuple[Route, ...]:
    """The routes to try, in order.

    Args:
        asked: By the recipe; empty: whatever works first.
        available: For the target on this host; ``native`` needs no other.
        label: Of the step.

    Raises:
        NoRuntimeError: The recipe asks for an emulated Python, and there is none.
        MissingToolError: The recipe asks for an emulated compiler, and there is none.
    """
    if "native" in available:  # what the others imitate
        return ("native",)
    if asked in _UNAVAILABLE and asked not in available:
        kind, why, hint = _UNAVAILABLE[asked]
        raise kind(f"{label} must be built by the route {asked!r}, and {why}.", hint=hint)
    order: tuple[Route, ...] = ("cross", "hybrid", "emulated")
    return tuple(route for route in order if route in available and asked in ("", route))


def may_be_mended(failure: OrchestratorError) -> bool:
    """Whether a failure could be one of the route alone: its cause is not known to be another."""
    return type(failure) in _MAY_BE_MENDED


def next_step(asked: Route | Literal[""], available: Collection[Route]) -> str:
    """What would open another route, where the one that failed was the last; or empty."""
    if asked or "native" in available or "emulated" in available:
        return ""
    if "hybrid" in available:
        return "With `orchestrate emulator setup --compiler`, the target's own GCC would be tried."
    return "With `orchestrate emulator setup`, the target's own Python would be tried."
