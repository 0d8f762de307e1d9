"""What operators do to files that are published: yank them, bring them back, delete them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from orchestrator.errors import NoSuchFileError
from orchestrator.index.state import ProjectState, State, change_state

if TYPE_CHECKING:
    from orchestrator.wheelhouse.store import Wheelhouse


def files_of(wheelhouse: Wheelhouse, text: str) -> tuple[str, ...]:
    """The published files that somebody means, by name.

    Args:
        wheelhouse: That has them.
        text: A file's name, or ``NAME==VERSION``.

    Raises:
        NoSuchFileError: There are none.
    """
    name, equals, version = text.partition("==")
    published = wheelhouse.filenames()
    found = (
        tuple(file for file in published if _is_of(file, name, version))
        if equals
        else tuple(file for file in published if file == text)
    )
    if not found:
        raise NoSuchFileError(
            f"The wheelhouse has no file of {text}." if equals else f"There is no file {text}.",
            hint="Name a file, or a version as NAME==VERSION.",
        )
    return found


def yank(wheelhouse: Wheelhouse, files: tuple[str, ...], reason: str) -> None:
    """Has installers leave files alone unless they are asked for by version (PEP 592).

    Raises:
        OrchestratorError: It can't be written down.
    """
    change_state(
        wheelhouse,
        lambda state: msgspec.structs.replace(
            state, yanked={**state.yanked, **dict.fromkeys(files, reason)}
        ),
    )


def unyank(wheelhouse: Wheelhouse, files: tuple[str, ...]) -> None:
    """Takes that back.

    Raises:
        OrchestratorError: It can't be written down.
    """
    change_state(wheelhouse, lambda state: _without_yanks(state, files))


def delete(wheelhouse: Wheelhouse, filename: str) -> str:
    """Removes a file; its name stays taken.

    Returns:
        Hex sha256 of what it was.

    Raises:
        NoSuchFileError: There is none.
        OrchestratorError: The wheelhouse can't be written, or is shared.
    """
    digest = wheelhouse.remove(filename)
    if digest is None:
        raise NoSuchFileError(f"There is no file {filename}.")
    change_state(
        wheelhouse,
        lambda state: msgspec.structs.replace(
            _without_yanks(state, (filename,)), deleted={**state.deleted, filename: digest}
        ),
    )
    return digest


def set_project(wheelhouse: Wheelhouse, name: str, project: ProjectState) -> None:
    """Gives a project a status (PEP 792), or says what it extends (PEP 708).

    Raises:
        OrchestratorError: It can't be written down.
    """
    change_state(
        wheelhouse,
        lambda state: msgspec.structs.replace(
            state, projects={**state.projects, canonicalize_name(name): project}
        ),
    )


def _without_yanks(state: State, files: tuple[str, ...]) -> State:
    kept = {file: why for file, why in state.yanked.items() if file not in files}
    return msgspec.structs.replace(state, yanked=kept)


def _is_of(filename: str, name: str, version: str) -> bool:
    try:
        found, of_version, _, _ = parse_wheel_filename(filename)
        return found == canonicalize_name(name) and of_version == Version(version)
    except (InvalidWheelFilename, InvalidVersion):
        return False
