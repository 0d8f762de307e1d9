"""The journal: who uploaded, deleted, yanked, changed tokens, or was turned away, and when.

One JSON object a line, appended to ``.index/journal.jsonl`` of the wheelhouse in one write, so
that lines of several processes do not mix. Nothing in it is secret but names of projects: tokens
are called by their identifiers.
"""

from __future__ import annotations

import datetime as dt
import os
from typing import TYPE_CHECKING, Literal

import msgspec

from orchestrator.index.state import FOLDER
from orchestrator.model import Value

if TYPE_CHECKING:
    from pathlib import Path

Event = Literal[
    "upload",
    "refused upload",
    "delete",
    "yank",
    "unyank",
    "status",
    "token created",
    "token revoked",
    "refused login",
    "refused access",
    "limited",
]

_NAME = "journal.jsonl"
_LONGEST = 300  # characters of what a client says


class Entry(Value, omit_defaults=True):
    """One line.

    Attributes:
        time: RFC 3339, UTC.
        event: What happened.
        who: Identifier of the token, with its note; ``anonymous``; ``user@host`` of a command.
        peer: IP address; empty for a command.
        subject: The file, project or token that it happened to, or the path that was asked for.
        sha256: Of the file; hex.
        status: HTTP, where it was refused.
        why: The reason that was given, by the server or by whoever did it.
    """

    time: str
    event: Event
    who: str = ""
    peer: str = ""
    subject: str = ""
    sha256: str = ""
    status: int = 0
    why: str = ""


def utc_now(days: int = 0) -> str:
    """The time as the index writes it, or that in some days: RFC 3339, UTC, seconds."""
    now = dt.datetime.now(dt.UTC) + dt.timedelta(days=days)
    return now.isoformat(timespec="seconds").replace("+00:00", "Z")


def journal_path(wheelhouse: Path) -> Path:
    """Where a wheelhouse has it."""
    return wheelhouse / FOLDER / _NAME


class Journal:
    """The journal of a wheelhouse.

    Args:
        wheelhouse: Its folder.
    """

    def __init__(self, wheelhouse: Path) -> None:
        self.path = journal_path(wheelhouse)

    def add(
        self,
        event: Event,
        *,
        who: str = "",
        peer: str = "",
        subject: str = "",
        sha256: str = "",
        status: int = 0,
        why: str = "",
    ) -> None:
        """Writes a line; the arguments are fields of ``Entry``.

        Raises:
            OSError: It can't be written.
        """
        entry = Entry(
            time=utc_now(),
            event=event,
            who=who,
            peer=peer,
            subject=subject[:_LONGEST],
            sha256=sha256,
            status=status,
            why=why[:_LONGEST],
        )
        self.path.parent.mkdir(exist_ok=True)
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.write(handle, msgspec.json.encode(entry) + b"\n")
        finally:
            os.close(handle)
