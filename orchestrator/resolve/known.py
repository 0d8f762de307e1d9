"""What sdists were found to require, kept by the digest of the sdist and by target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from orchestrator.files import cache_directory, write_atomically
from orchestrator.resolve.uv_compile import Metadata

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.model import Target


class KnownMetadata:
    """Of one target: what the cache holds, and what was learned since.

    Args:
        target: What the metadata is for: a ``setup.py`` may ask where it runs.
    """

    def __init__(self, target: Target) -> None:
        self._folder = cache_directory() / "metadata" / str(target)
        self._kept: dict[tuple[str, str], Metadata] = {}
        self._learned: dict[tuple[str, str], Metadata] = {}
        for path in sorted(self._folder.glob("*.json")):
            try:
                found = msgspec.json.decode(path.read_bytes(), type=Metadata)
            except (OSError, msgspec.MsgspecError):
                continue  # of another version's format, or being removed
            self._kept[found.name, found.version] = found

    def all(self) -> tuple[Metadata, ...]:
        """Everything, one for each version."""
        return tuple({**self._kept, **self._learned}.values())

    def learn(self, metadata: Metadata) -> None:
        """Takes an answer."""
        self._learned[metadata.name, metadata.version] = metadata

    def unknown(self) -> tuple[tuple[str, str], ...]:
        """Names and versions of those that nobody could tell anything of."""
        return tuple(key for key, found in self._learned.items() if not found.known)

    def contradicted(self, lock: Mapping[str, Any]) -> bool:
        """Whether the lock holds another sdist than what was kept is of; that is forgotten then."""
        wrong = [
            key
            for key, sha256 in _sdists(lock).items()
            if key in self._kept and self._kept[key].sha256 != sha256
        ]
        for key in wrong:
            del self._kept[key]
        return bool(wrong)

    def keep(self, lock: Mapping[str, Any]) -> None:
        """Writes what was learned of the sdists of a lock, for the next time."""
        for key, sha256 in _sdists(lock).items():
            found = self._learned.get(key)
            if found and found.known and sha256:
                found = msgspec.structs.replace(found, sha256=sha256)
                path = self._folder / f"{found.name}-{found.version}-{sha256[:24]}.json"
                write_atomically(path, msgspec.json.encode(found))


def _sdists(lock: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    """Hex sha256 of the sdist of every version in a lock."""
    return {
        (package["name"], package["version"]): package["sdist"].get("hashes", {}).get("sha256", "")
        for package in lock.get("packages", ())
        if "sdist" in package and "version" in package
    }
