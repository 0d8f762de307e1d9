"""Reads a project and its wheelhouse from disk; uv says what its lock holds."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from orchestrator.errors import BadLockError, BadMetadataError, NoProjectError
from orchestrator.resolve.locked import export_uv_lock
from orchestrator.resolve.project import LOCKS, Project, describe_project

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_LOOKED_AT = ("setup.py", "main.py", *LOCKS)


def read_project(folder: Path) -> Project:
    """Reads a project's ``pyproject.toml`` and the files beside it.

    Raises:
        NoProjectError: There is none.
        BadMetadataError: It can't be read.
    """
    path = folder / "pyproject.toml"
    if not path.is_file():
        raise NoProjectError(f"{folder} has no pyproject.toml.")
    files = {name: folder / name for name in _LOOKED_AT}
    contents = {name: _text(file) for name, file in files.items() if file.is_file()}
    try:
        tables = tomllib.loads(_text(path))
    except tomllib.TOMLDecodeError as error:
        raise _unreadable(path, error) from error
    return describe_project(tables, contents, str(folder))


def read_lock(folder: Path, project: Project) -> dict[str, Any] | None:
    """The content of the project's lock as a ``pylock.toml``; None for ``requirements.txt``.

    Raises:
        BadLockError: It can't be read.
        UnusableLockError: uv does not accept it.
    """
    path = folder / project.lock
    if project.lock == "pylock.toml":
        try:
            return tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise BadLockError(f"{path} can't be read: {error}.") from error
    if project.lock == "uv.lock":
        return tomllib.loads(export_uv_lock(folder, "--no-emit-project"))
    return None


def wheels_in(wheelhouse: Path) -> Sequence[str]:
    """Names of the wheels in a folder, sorted."""
    return sorted(path.name for path in wheelhouse.glob("*.whl"))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> BadMetadataError:
    return BadMetadataError(f"{path} can't be read: {error}.", hint="Mend the file named.")
