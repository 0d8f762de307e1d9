"""A closure as the lock that an installer follows: one wheel for each package. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestrator.errors import LackingWheelsError
from orchestrator.resolve.urls import local_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.model import Closure, DistFile

_SHOWN = 20


def chosen_wheels(closure: Closure, built: Mapping[str, DistFile]) -> dict[str, DistFile]:
    """The wheel of every package, by name: the closure's own, else one that was built.

    Args:
        closure: Of the target.
        built: Wheels for packages that the closure lacks one of, by name.

    Raises:
        LackingWheelsError: There are packages that neither has a wheel of.
    """
    chosen = {
        package.name: wheel
        for package in closure.packages
        if (wheel := package.wheel or built.get(package.name))
    }
    lacking = [package for package in closure.packages if package.name not in chosen]
    if lacking:
        named = ", ".join(f"{package.name}=={package.version}" for package in lacking[:_SHOWN])
        more = f" and {len(lacking) - _SHOWN} more" if lacking[_SHOWN:] else ""
        raise LackingWheelsError(
            f"There is no wheel for {closure.target} of {named}{more}, neither on the index nor in"
            " the wheelhouse."
        )
    return chosen


def installation_lock(closure: Closure, chosen: Mapping[str, DistFile]) -> dict[str, Any]:
    """The tables of a ``pylock.toml`` (PEP 751) that installs exactly these wheels."""
    return {
        "lock-version": "1.0",
        "created-by": "orchestrate",
        "packages": [
            {"name": package.name, "wheels": [_table(chosen[package.name])]}
            for package in closure.packages
        ],
    }


def _table(wheel: DistFile) -> dict[str, Any]:
    path = local_path(wheel.url)
    return {
        "name": wheel.filename,
        "url": path.as_uri() if path else wheel.url,
        "hashes": {"sha256": wheel.sha256},
    }
