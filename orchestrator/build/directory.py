"""Source directories: which files belong to the source, their digest, and a copy to build in.

The user's folder itself is never built in: backends write into it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.build.disk import telling_full_disk
from orchestrator.build.git import copy_history, describe, tracked_files
from orchestrator.errors import BadRequirementError
from orchestrator.files import sha256_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_JUNK = frozenset(
    {".git", ".hg", ".svn", ".tox", ".nox", ".venv", ".eggs", "__pycache__", "node_modules"}
    | {".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis"}
)
_OUTPUT = frozenset({"dist", "wheelhouse"})  # at the top only
_SETUPTOOLS_OUTPUT = ("lib", "temp.", "bdist.")


def digest_of_folder(folder: Path) -> str:
    """``sha256:HEX`` over the source's paths, executable bits and contents.

    Raises:
        BadRequirementError: A file can't be read.
    """
    digest = hashlib.sha256(describe(folder).encode() if _is_checkout(folder) else b"")
    try:
        for name in source_files(folder):
            path = folder / name
            if path.is_symlink() and _stays_inside(path, folder):
                kind, content = "link", str(path.readlink())
            else:
                kind = "program" if os.access(path, os.X_OK) else "file"
                content = sha256_of(path)
            digest.update(f"{name}\0{kind}\0{content}\0".encode(errors="surrogateescape"))
    except OSError as error:
        raise BadRequirementError(f"{error.filename} can't be read: {error.strerror}.") from error
    return f"sha256:{digest.hexdigest()}"


def copy_folder(folder: Path, into: Path) -> None:
    """Copies the source's files, and a checkout's history, as version tools read it.

    Args:
        folder: The user's.
        into: Folder that does not exist yet.

    Raises:
        BadRequirementError: A file can't be read.
        DiskFullError: The disk is full.
    """
    if _is_checkout(folder):
        copy_history(folder, into)
    try:
        with telling_full_disk(into):
            into.mkdir(parents=True, exist_ok=True)
            for name in source_files(folder):
                path, copy = folder / name, into / name
                copy.parent.mkdir(parents=True, exist_ok=True)
                # A link that leaves the source would lead nowhere: its file is copied instead.
                shutil.copy2(path, copy, follow_symlinks=not _stays_inside(path, folder))
    except OSError as error:
        raise BadRequirementError(f"{folder} can't be copied: {error}.") from error


def source_files(folder: Path) -> list[str]:
    """The source's files and links, relative and sorted.

    In a git checkout those that git does not ignore, elsewhere all but what tools leave
    behind (caches, virtual environments, build output); never a ``dist`` or ``wheelhouse``
    at the top.
    """
    names = [name for listed in tracked_files(folder) for name in _expanded(folder, listed)]
    return sorted(
        name
        for name in names or _walk(folder)
        if name.partition("/")[0] not in _OUTPUT and _is_content(folder / name, folder)
    )


def _is_checkout(folder: Path) -> bool:
    return (folder / ".git").exists() and bool(tracked_files(folder))


def _expanded(folder: Path, name: str) -> Iterator[str]:
    path = folder / name
    if path.is_dir() and not path.is_symlink():  # a submodule
        yield from (f"{name.rstrip('/')}/{inner}" for inner in source_files(path))
    else:
        yield name


def _walk(folder: Path) -> Iterator[str]:
    for parent, folders, files in os.walk(folder):
        here = Path(parent)
        links = [name for name in folders if (here / name).is_symlink()]
        folders[:] = [name for name in folders if name not in _JUNK and not _is_made(here / name)]
        for name in (*files, *links):
            if not name.endswith(".pyc"):
                yield str((here / name).relative_to(folder))


def _is_content(path: Path, folder: Path) -> bool:
    """Whether it is a file, or a link within the source: no socket, no link into nothing."""
    return path.is_file() or (path.is_symlink() and _stays_inside(path, folder))


def _is_made(folder: Path) -> bool:
    """Whether a folder is a virtual environment or what setuptools leaves in ``build``."""
    if folder.name == "build":
        made = [path.name.startswith(_SETUPTOOLS_OUTPUT) for path in folder.iterdir()]
        return bool(made) and all(made)
    return (folder / "pyvenv.cfg").is_file()


def _stays_inside(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())
