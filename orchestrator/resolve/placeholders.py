"""Placeholders: what uv is given of projects that have neither a fitting wheel nor an sdist.

uv gives up when a version can't be installed on the target. Who asks what a closure lacks wants to
know the rest of it all the same: each version that has wheels for others only gets a wheel without
content, and without requirements, in a folder that uv looks into. In the lock that comes out, a
placeholder gives way to the wheels that the index does have.
"""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING, Any

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from orchestrator.errors import UnknownPackageError
from orchestrator.resolve.index import list_files
from orchestrator.resolve.select import releases_of, supports
from orchestrator.targets.wheel_tags import installable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from orchestrator.model import Target
    from orchestrator.resolve.configuration import IndexConfiguration
    from orchestrator.resolve.pages import FileEntry

# "Because tensorflow==2.10.0 has no wheels with a matching platform tag", "all versions of
# tflite-runtime have no wheels with a matching Python ABI tag"
_NO_WHEELS = re.compile(
    r"(?P<name>[A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?(?:[<>=!~]\S*)?(?: \(\S+\))? ha(?:s|ve) no "
    r"(?:usable )?wheels"
)


def lacking_wheels(lines: Iterable[str]) -> tuple[str, ...]:
    """Projects of which uv says that nothing fits the target, from its explanation."""
    said = " ".join(" ".join(lines).split())
    return tuple(
        dict.fromkeys(canonicalize_name(match["name"]) for match in _NO_WHEELS.finditer(said))
    )


class Placeholders:
    """Those of one target.

    Args:
        folder: That uv is told to look into; made when there is something to see.
        target: What is resolved for.
        configuration: Of the indexes.
    """

    def __init__(self, folder: Path, target: Target, configuration: IndexConfiguration) -> None:
        self.folder = folder
        self._target = target
        self._configuration = configuration
        self._tags = frozenset(installable(target))
        self._names: set[str] = set()
        self._wheels: dict[tuple[str, str], tuple[FileEntry, ...]] = {}

    def add(self, names: Iterable[str]) -> bool:
        """Makes placeholders for every version of projects that only fits others.

        Returns:
            Whether there are any that there were not before.

        Raises:
            IndexUnreachableError: An index did not answer.
        """
        new = [name for name in names if name not in self._names]
        before = len(self._wheels)
        for name in new:
            self._names.add(name)
            try:
                files = list_files(name, self._configuration)
            except UnknownPackageError:
                continue
            for version, listed in releases_of(files).items():
                if self._fits_others_only(listed):
                    self._write(name, str(version), listed)
        return len(self._wheels) > before

    def among(self, lock: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
        """Names and versions of the placeholders in a lock."""
        return tuple(key for package in lock.get("packages", ()) if (key := self._key(package)))

    def replaced(self, lock: Mapping[str, Any]) -> dict[str, Any]:
        """The lock with what the index has in place of placeholders."""
        packages = [
            {
                **{key: value for key, value in package.items() if key != "wheels"},
                "wheels": [_wheel_table(file) for file in self._wheels[key]],
            }
            if (key := self._key(package))
            else package
            for package in lock.get("packages", ())
        ]
        return {**lock, "packages": packages}

    def _key(self, package: Mapping[str, Any]) -> tuple[str, str] | None:
        version = package.get("version")
        if version is None or "sdist" in package:
            return None
        key = (package["name"], str(Version(version)))
        return key if key in self._wheels else None

    def _fits_others_only(self, listed: Sequence[FileEntry]) -> bool:
        wheels = [file for file in listed if file.kind == "wheel"]
        return bool(
            len(wheels) == len(listed)
            and not all(file.yanked for file in wheels)
            and all(supports(file.requires_python, self._target.interpreter) for file in wheels)
            and not any(self._tags & _tags(file.filename) for file in wheels)
        )

    def _write(self, name: str, version: str, listed: Sequence[FileEntry]) -> None:
        self.folder.mkdir(exist_ok=True)
        stem = f"{name.replace('-', '_')}-{version}"
        with zipfile.ZipFile(self.folder / f"{stem}-py3-none-any.whl", "w") as archive:
            said = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
            archive.writestr(f"{stem}.dist-info/METADATA", said)
            archive.writestr(f"{stem}.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
            archive.writestr(f"{stem}.dist-info/RECORD", "")
        self._wheels[name, version] = tuple(listed)


def _tags(filename: str) -> frozenset[Any]:
    try:
        return frozenset(parse_wheel_filename(filename)[3])
    except (InvalidWheelFilename, InvalidVersion):
        return frozenset()


def _wheel_table(file: FileEntry) -> dict[str, Any]:
    table: dict[str, Any] = {"name": file.filename, "url": file.url, "hashes": {}}
    if file.sha256:
        table["hashes"] = {"sha256": file.sha256}
    return table
