"""What operators decide about files and projects: ``.index/state.json`` in the wheelhouse.

Yanked files, and projects' statuses. Written whole, under the wheelhouse's lock, so that readers
see either what was or what is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from orchestrator.errors import StateFileError
from orchestrator.index.facts import Status
from orchestrator.model import Value, learn
from orchestrator.wheelhouse.store import as_json, place

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from orchestrator.wheelhouse.store import Wheelhouse

FOLDER = ".index"
_NAME = "state.json"


class ProjectState(Value):
    """Of a project (PEP 792), and what it extends (PEP 708)."""

    status: Status = "active"
    reason: str = ""
    tracks: tuple[str, ...] = ()


class State(Value):
    """What operators decided.

    Attributes:
        yanked: Why, by file name.
        projects: By normalized name.
        deleted: Hex sha256 of files that were deleted, by file name: no upload takes such a name
            for other bytes, as clients may have locked the old ones.
    """

    yanked: dict[str, str] = msgspec.field(default_factory=dict)
    projects: dict[str, ProjectState] = msgspec.field(default_factory=dict)
    deleted: dict[str, str] = msgspec.field(default_factory=dict)


learn(State)


def state_path(wheelhouse: Path) -> Path:
    """Where a wheelhouse keeps it."""
    return wheelhouse / FOLDER / _NAME


def read_state(wheelhouse: Path) -> State:
    """What is decided; nothing where nobody decided anything.

    Raises:
        msgspec.MsgspecError: The file was edited by hand, and is not what it should be.
    """
    try:
        return msgspec.json.decode(state_path(wheelhouse).read_bytes(), type=State)
    except FileNotFoundError:
        return State()


def change_state(wheelhouse: Wheelhouse, change: Callable[[State], State]) -> State:
    """Decides something, while nobody else does.

    Args:
        wheelhouse: Whose state it is.
        change: Makes the new state of the old one.

    Returns:
        The new state.

    Raises:
        StateFileError: What is there can't be read.
        WheelhouseNotWritableError: The folder can't be written.
    """
    path = state_path(wheelhouse.directory)
    with wheelhouse.writing() as incoming:
        path.parent.mkdir(exist_ok=True)
        try:
            before = read_state(wheelhouse.directory)
        except msgspec.MsgspecError as error:
            raise StateFileError(f"{path}: {error}") from error
        after = change(before)
        if after != before:
            place(incoming, path, as_json(after))
    return after
