"""What an archive or a folder of a source holds, without unpacking it or running any of it."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from orchestrator.audit.sources import HEAD_OF_SOURCE, Sources, included, kind_of
from orchestrator.build.archives import read_entries, telling_damage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    _Open = Callable[[], IO[bytes]]

_NOT_SOURCE = frozenset({".git", ".hg", ".tox", ".venv", "venv", "node_modules", "__pycache__"})


def glimpse_archive(archive: Path) -> Sources:
    """What tells of the build of an sdist.

    Raises:
        NotAnArchiveError: The file is of another kind, or damaged.
        TruncatedArchiveError: The file ends too early.
        ArchiveTooLargeError: It expands beyond the bound.
    """
    with telling_damage(archive):
        return _collected(
            (entry.name.removeprefix("./").partition("/")[2], entry.size, entry.open)
            for entry in read_entries(archive)
            if entry.kind == "file"
        )


def glimpse_folder(folder: Path) -> Sources:
    """What tells of the build of a source folder."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    ours = (path for path in paths if not _NOT_SOURCE.intersection(path.relative_to(folder).parts))
    return _collected(
        (path.relative_to(folder).as_posix(), path.stat().st_size, _opener(path)) for path in ours
    )


def _opener(path: Path) -> _Open:
    return lambda: path.open("rb")


def _collected(files: Iterator[tuple[str, int, _Open]]) -> Sources:
    names: list[str] = []
    scripts: dict[str, str] = {}
    includes: dict[str, str] = {}
    for name, size, opener in files:
        names.append(name)
        kind = kind_of(name, size)
        if kind == "neither":
            continue
        with opener() as content:
            text = content.read() if kind == "script" else content.read(HEAD_OF_SOURCE)
        if kind == "script":
            scripts[name] = text.decode(errors="replace")
        for header in included(text):
            includes.setdefault(header, name)
    return Sources(names=tuple(names), scripts=scripts, includes=includes)
