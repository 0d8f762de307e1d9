"""The build requirements that a source declares, after what its recipe says of them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from orchestrator.errors import BadMetadataError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orchestrator.model import BuildRequires, BuildSettings, Locked

# Of a source without [build-system] requires, as pypa/build has it (PEP 518 says setuptools).
DEFAULT = ("setuptools >= 40.8.0",)


def adjusted(
    requirements: Iterable[str], changes: BuildRequires, name: str, *, added: bool = True
) -> tuple[str, ...]:
    """Requirements after a recipe's removals and additions, sorted.

    Args:
        requirements: PEP 508.
        changes: Of the recipe.
        name: Of the project, for the message.
        added: Whether the recipe's additions count.

    Raises:
        BadMetadataError: A requirement can't be parsed.
    """
    removed = {canonicalize_name(name) for name in changes.remove}
    kept = []
    for text in requirements:
        try:
            required = canonicalize_name(Requirement(text).name)
        except InvalidRequirement as error:
            raise BadMetadataError(
                f"{name}: build requirement {text!r} can't be parsed: {error}."
            ) from error
        if required not in removed:
            kept.append(text)
    return tuple(sorted({*kept, *(changes.add if added else ())}))


def declared(stated: Iterable[str], settings: BuildSettings, name: str) -> tuple[str, ...]:
    """What is installed before the backend is first asked anything.

    Args:
        stated: In the source's own ``pyproject.toml``; replaced where a recipe names a backend.
        settings: Of the recipes.
        name: Of the project, for the message.

    Raises:
        BadMetadataError: A requirement can't be parsed.
    """
    own = settings.backend.requires if settings.backend else stated
    return adjusted(own, settings.build_requires, name)


def hashed(pins: Iterable[str], locked: Iterable[Locked]) -> tuple[str, ...]:
    """Pins with the hashes of the wheels that may be installed, as uv reads them in constraints.

    Args:
        pins: ``name==version``.
        locked: What they pin, with its files.
    """
    hashes = {
        f"{item.name}=={item.version}": [wheel.sha256 for wheel in item.wheels] for item in locked
    }
    return tuple(
        " ".join((pin, *(f"--hash=sha256:{digest}" for digest in hashes.get(pin, ()) if digest)))
        for pin in pins
    )


def locked_first(pins: Iterable[str], bounds: Iterable[str]) -> tuple[str, ...]:
    """Locked requirements, and bounds for what is not locked.

    Args:
        pins: ``name==version``.
        bounds: PEP 508.
    """
    pins = tuple(pins)
    locked = {pin.partition("==")[0] for pin in pins}
    return (*pins, *(bound for bound in bounds if Requirement(bound).name not in locked))
