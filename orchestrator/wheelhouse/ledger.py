"""What builds took, and how they ended: an SQLite file beside the wheels.

It is for estimates and for people, so nothing depends on it: what can't be written is not
written, and a file that is damaged is put aside. Several processes may use it at once.
"""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING, TypeVar

import msgspec

from orchestrator.model import Past, Usage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

T = TypeVar("T")

_NAME = ".ledger.sqlite"
_WAIT_SECONDS = 5.0
_COLUMNS = (
    "name", "version", "target", "host", "fingerprint", "outcome", "code", "created",
    "seconds", "cpu_seconds", "memory", "cpus", "parallelism",
)  # fmt: skip
_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS builds ({", ".join(_COLUMNS)});
CREATE INDEX IF NOT EXISTS builds_of ON builds (name, created);
"""


class Ledger:
    """The ledger of a wheelhouse.

    Args:
        directory: Of the wheelhouse.
    """

    def __init__(self, directory: Path) -> None:
        self._path = directory / _NAME

    def add(self, past: Past) -> None:
        """Adds a build; does nothing where that is not possible."""
        row = msgspec.structs.asdict(past) | msgspec.structs.asdict(past.usage)
        marks = ", ".join("?" * len(_COLUMNS))
        values = [row[column] for column in _COLUMNS]
        statement = f"INSERT INTO builds ({', '.join(_COLUMNS)}) VALUES ({marks})"  # noqa: S608
        self._do(lambda database: database.execute(statement, values))

    def read(self, name: str = "", *, host: str = "", limit: int = -1) -> tuple[Past, ...]:
        """Builds, newest first; none where the ledger can't be read.

        Args:
            name: Normalized, of the project; empty: of all.
            host: Where they were built; empty: anywhere.
            limit: How many at most; negative: all.
        """
        if not self._path.exists():
            return ()
        statement = (
            f"SELECT {', '.join(_COLUMNS)} FROM builds WHERE ? IN (name, '') AND ? IN (host, '') "  # noqa: S608
            "ORDER BY created DESC, rowid DESC LIMIT ?"
        )
        rows = self._do(
            lambda database: database.execute(statement, (name, host, limit)).fetchall()
        )
        return tuple(_past(dict(zip(_COLUMNS, row, strict=True))) for row in rows or ())

    def _do(self, work: Callable[[sqlite3.Connection], T]) -> T | None:
        """What some work on the database returns; None where it, or the database, fails."""
        try:
            with contextlib.closing(self._connect()) as database, database:
                return work(database)
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
                self._put_aside()
        return None

    def _connect(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._path, timeout=_WAIT_SECONDS)
        try:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = NORMAL")
            database.executescript(_SCHEMA)
        except sqlite3.Error:
            database.close()
            raise
        return database

    def _put_aside(self) -> None:
        with contextlib.suppress(OSError):
            self._path.replace(self._path.with_suffix(".damaged"))
            for suffix in ("-wal", "-shm"):
                self._path.with_name(_NAME + suffix).unlink(missing_ok=True)


def _past(row: dict[str, object]) -> Past:
    usage = {name: row.pop(name) for name in Usage.__struct_fields__}
    return msgspec.convert({**row, "usage": usage}, Past)
