"""Unpacking archives that strangers made: all of it inside one folder, or nothing."""

from __future__ import annotations

import os
import shutil
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NoReturn

from orchestrator.build.archives import Entry, bound_of, read_entries, telling_damage
from orchestrator.build.disk import telling_full_disk
from orchestrator.errors import ArchiveTooLargeError, UnsafeArchiveError
from orchestrator.files import ZIP_EPOCH
from orchestrator.model import Source, SourceTree

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MAX_ENTRIES = 200_000
_CHUNK = 1 << 20
_DAY = 86_400
_OLDEST = 631_152_000  # 1990: no sdist is older
_REPRODUCIBLE = {
    # Times that build tools write in place of real ones.
    1_580_601_600,  # 2020-02-02, hatchling
    1_451_606_400,  # 2016-01-01, flit
    1_667_997_441,  # 2022-11-09, scikit-build-core
    1_153_704_088,  # 2006-07-24, cargo and so maturin
}


def unpack(archive: Path, into: Path, source: Source) -> SourceTree:
    """Unpacks an sdist (tar with gzip, bzip2 or xz; zip), whatever its name is.

    Owners and special permissions are dropped; times and executable bits are kept.

    Args:
        archive: The file.
        into: Folder of the unpacked files; made where it is missing, removed on failure.
        source: What the archive is, for the result.

    Returns:
        The tree in the archive's single top folder, or in ``into`` where it has none.

    Raises:
        NotAnArchiveError: The file is of another kind, or damaged.
        TruncatedArchiveError: The file ends too early.
        UnsafeArchiveError: An entry or link leaves the folder, or is no file, folder or link.
        ArchiveTooLargeError: More than 200 000 entries, 4 GiB, or 250 times its own size.
        DiskFullError: The disk is full.
    """
    writer = _Writer(into, archive)
    try:
        with telling_full_disk(into), telling_damage(archive):
            into.mkdir(parents=True, exist_ok=True)
            for entry in read_entries(archive):
                writer.add(entry)
            writer.make_links()
    except BaseException:
        shutil.rmtree(into, ignore_errors=True)
        raise
    return SourceTree(source=source, path=_top(into), released=date_of(writer.times))


class _Writer:
    """Writes entries below a folder; links come last, so that nothing is written through one."""

    def __init__(self, into: Path, archive: Path) -> None:
        self.times: set[int] = set()
        self._into = into
        self._archive = archive
        self._bound = bound_of(archive)
        self._entries = 0
        self._bytes = 0
        self._folders: set[Path] = set()
        self._links: list[tuple[Entry, Path]] = []

    def add(self, entry: Entry) -> None:
        self._count(entry.size)
        path = self._path(entry.name)
        if entry.kind == "folder":
            self._make_folder(path)
        elif entry.kind == "file":
            self._make_folder(path.parent)
            with path.open("wb") as file, entry.open() as content:
                shutil.copyfileobj(content, file, _CHUNK)
            self._finish(path, entry)
        elif entry.kind == "hard link":
            self._copy(entry, path)
        elif entry.kind == "link":
            self._links.append((entry, path))
        else:
            self._refuse(entry.name, "is neither a file, a folder nor a link")

    def _copy(self, entry: Entry, path: Path) -> None:
        """Makes a hard link's second name: a copy, which no later entry changes by the way."""
        original = self._path(entry.target)
        if not original.is_file():
            self._refuse(
                entry.name, f"is a hard link to {entry.target}, which is no file before it"
            )
        self._count(original.stat().st_size)
        self._make_folder(path.parent)
        shutil.copyfile(original, path)
        self._finish(path, entry)

    def make_links(self) -> None:
        for entry, path in self._links:
            self._check_link(entry, path)
            self._make_folder(path.parent)
            path.symlink_to(entry.target)
        # Once more, as a later link may have changed where an earlier one leads.
        for entry, path in self._links:
            self._check_link(entry, path)

    def _check_link(self, entry: Entry, path: Path) -> None:
        root = os.path.realpath(self._into)
        for place in (path.parent, path.parent / entry.target):
            real = os.path.realpath(place)
            if real != root and not real.startswith(root + os.sep):
                self._refuse(entry.name, f"links to {entry.target}, outside the archive")

    def _finish(self, path: Path, entry: Entry) -> None:
        path.chmod(0o755 if entry.executable else 0o644)
        self.times.add(int(entry.time))
        seconds = max(entry.time, ZIP_EPOCH)
        os.utime(path, (seconds, seconds))

    def _make_folder(self, path: Path) -> None:
        if path not in self._folders:
            path.mkdir(parents=True, exist_ok=True)
            self._folders.add(path)

    def _path(self, name: str) -> Path:
        parts = name.split("/")
        if name.startswith("/") or ".." in parts:
            self._refuse(name, "would be written outside the folder")
        return self._into.joinpath(*parts)

    def _count(self, size: int) -> None:
        self._entries += 1
        self._bytes += size
        if self._entries > MAX_ENTRIES or self._bytes > self._bound:
            raise ArchiveTooLargeError(
                f"{self._archive.name} holds more than {MAX_ENTRIES} entries"
                f" or {self._bound >> 20} MiB."
            )

    def _refuse(self, name: str, why: str) -> NoReturn:
        raise UnsafeArchiveError(f"{self._archive.name}: the entry {name!r} {why}.")


def _top(into: Path) -> Path:
    # Archives made on a Mac may hold the Finder's notes beside the real folder.
    notes = ("._", "__MACOSX")
    found = [path for path in into.iterdir() if not path.name.startswith(notes)]
    return found[0] if len(found) == 1 and found[0].is_dir() else into


def date_of(times: Iterable[int]) -> tuple[int, int, int] | None:
    """Year, month, day of the newest of files; None where an archive's times say nothing.

    Args:
        times: Seconds since the epoch.
    """
    now = time.time() + _DAY
    newest = max((seconds for seconds in times if _OLDEST <= seconds <= now), default=None)
    if newest is None or newest in _REPRODUCIBLE:
        return None
    date = datetime.fromtimestamp(newest, UTC)
    return date.year, date.month, date.day
