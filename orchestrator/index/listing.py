"""What one look at a wheelhouse's folders sees: names, and whether anything changed."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import TYPE_CHECKING

from orchestrator.wheelhouse.store import project_of

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.index.facts import Project

METADATA = ".metadata"
PROVENANCE = ".provenance"


class Listing:
    """What one look at the folders saw.

    Attributes:
        wheels: File names of wheels with records, by project.
        records: File names of records, by file name of the wheel.
        beside: Files that lie beside wheels.
        signs: By project, a number that changes with any of its files.
        entries: What was read of projects since.
    """

    def __init__(self) -> None:
        self.wheels: dict[str, list[str]] = {}
        self.records: dict[str, list[str]] = {}
        self.beside: set[str] = set()
        self.signs: dict[str, int] = {}
        self.entries: dict[str, Project | None] = {}

    def note(self, entry: os.DirEntry[str], extra: int = 0) -> str:
        """Counts a file in; the name of its project."""
        name = _project_of(entry.name.partition("-")[0])
        sign = hash((entry.name, entry.inode(), extra))
        self.signs[name] = self.signs.get(name, 0) ^ sign
        return name


def look(folder: Path) -> Listing:
    """Looks at the folders."""
    listing = Listing()
    found: dict[str, list[str]] = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".whl"):
                try:
                    name = listing.note(entry, entry.stat().st_mtime_ns)
                except OSError:
                    continue  # deleted meanwhile
                found.setdefault(name, []).append(entry.name)
            elif entry.name.endswith((f".whl{METADATA}", f".whl{PROVENANCE}")):
                listing.note(entry)
                listing.beside.add(entry.name)
    try:
        with os.scandir(folder / ".records") as entries:
            for entry in entries:
                if entry.name.endswith(".json") and not entry.name.startswith("."):
                    listing.note(entry)
                    wheel = entry.name.removesuffix(".json").rpartition(".")[0]
                    listing.records.setdefault(wheel, []).append(entry.name)
    except FileNotFoundError:
        pass  # a folder where nothing was published yet
    for name, wheels in found.items():
        recorded = [wheel for wheel in wheels if wheel in listing.records]
        if recorded:
            listing.wheels[name] = recorded
    return listing


@lru_cache(maxsize=100_000)
def _project_of(distribution: str) -> str:
    return project_of(distribution)


def time_of(path: Path) -> tuple[int, int, int]:
    """Of a folder's or a file's last change; zeros where there is none."""
    try:
        status = path.stat()
    except OSError:
        return (0, 0, 0)
    return (status.st_mtime_ns, status.st_ino, status.st_size)
