"""What operators decide about files and projects: ``.index/state.json`` in the wheelhouse.

Yanked files, and projects' statuses. Written whole, under the wheelhouse's lock, so that readers
see either what was or what is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from orchestrator.index.facts import Status
from orchestrator.model import Value, learn

if TYPE_CHECKING:
    from pathlib import Path

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
    """

    yanked: dict[str, str] = msgspec.field(default_factory=dict)
    projects: dict[str, ProjectState] = msgspec.field(default_factory=dict)


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
