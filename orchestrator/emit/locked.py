"""Which wheels a lock file (PEP 751) gives a target, and which ones it lacks. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from packaging.tags import Tag, create_compatible_tags_selector
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from orchestrator.model import Value
from orchestrator.resolve.closure import select

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from orchestrator.model import Target


class Unavailable(Value):
    """A locked package for which the lock lists no wheel that installs on the target.

    Attributes:
        name: Normalized.
        version: PEP 440; empty where the lock names a directory or a repository.
    """

    name: str
    version: str

    @property
    def requirement(self) -> str:
        """``name==version``, or the name alone."""
        return f"{self.name}=={self.version}" if self.version else self.name


def without_wheel(
    lock: Mapping[str, Any], target: Target, tags: Sequence[Tag], where: str
) -> tuple[Unavailable, ...]:
    """The packages that the target needs and that the lock has no fitting wheel of.

    Args:
        lock: Content of a ``pylock.toml``.
        target: What is needed.
        tags: Those of the wheels that install there.
        where: The lock file, for messages.

    Raises:
        UnusableLockError: The lock is not valid, or was not made for the target.
    """
    fitting = create_compatible_tags_selector(tags)
    return tuple(
        Unavailable(name=package.name, version=str(package.version or ""))
        for package in select(lock, target, where)
        if not any(fitting((wheel, wheel_tags(wheel.filename)) for wheel in package.wheels or ()))
    )


def newest_wheel(
    name: str, version: str, filenames: Iterable[str], tags: Sequence[Tag]
) -> str | None:
    """The wheel of a version (or of any, when empty) that fits best, of those in a wheelhouse."""
    wheels = [parsed for filename in filenames if (parsed := _parsed(filename))]
    ours = [
        (filename, found, its_tags)
        for filename, project, found, its_tags in wheels
        if project == canonicalize_name(name) and (not version or str(found) == version)
    ]
    fitting = create_compatible_tags_selector(tags)
    best = list(fitting((entry, entry[2]) for entry in ours))
    return max(best, key=lambda entry: entry[1])[0] if best else None


def version_of(filename: str) -> str:
    """The version that a wheel's name holds."""
    return str(parse_wheel_filename(filename)[1])


def wheel_tags(filename: str) -> frozenset[Tag]:
    """The tags that a wheel's name holds."""
    return parse_wheel_filename(filename)[3]


def _parsed(filename: str) -> tuple[str, str, Any, frozenset[Tag]] | None:
    try:
        name, version, _, tags = parse_wheel_filename(filename)
    except InvalidWheelFilename:
        return None
    return filename, name, version, tags
