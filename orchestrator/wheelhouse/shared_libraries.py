"""The native libraries of a wheelhouse that is in an object store too (``shared``)."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.files import sha256_of
from orchestrator.model import LibraryRecord
from orchestrator.wheelhouse.exchange import (
    decoded,
    enter,
    file_key,
    history,
    record_key,
    settled_key,
)
from orchestrator.wheelhouse.libraries import LibraryStore
from orchestrator.wheelhouse.shared import SharedWheelhouse

if TYPE_CHECKING:
    from orchestrator.model import PublishedLibrary, Step, VerifiedLibrary
    from orchestrator.wheelhouse.bucket import Stored
    from orchestrator.wheelhouse.store import Wheelhouse


class SharedLibraries(LibraryStore):
    """The libraries of both halves.

    Args:
        wheelhouse: A shared one.
    """

    def __init__(self, wheelhouse: Wheelhouse) -> None:
        assert isinstance(wheelhouse, SharedWheelhouse)  # noqa: S101 (its folder says so)
        super().__init__(wheelhouse)
        self._bucket = wheelhouse.bucket

    def publish(
        self, verified: VerifiedLibrary, *, seconds: float, created: str
    ) -> PublishedLibrary:
        """Puts a library into both halves, the local one first.

        Returns:
            The library that the store has now.

        Raises:
            OrchestratorError: As any wheelhouse, or the store can't be written.
        """
        return self._push(super().publish(verified, seconds=seconds, created=created))

    def find(self, fingerprint: str) -> PublishedLibrary | None:
        """The published library of a step, brought here; or None.

        Raises:
            OrchestratorError: The store can't be read.
        """
        stored = self._bucket.read(record_key(fingerprint))
        if stored:
            return self._pull(stored)
        own = super().find(fingerprint)
        return self._push(own) if own else None

    def adopt(self, step: Step) -> PublishedLibrary | None:
        """The library of a step whose needs changed, but not in what they offer; or None.

        Raises:
            OrchestratorError: The store can't be read or written.
        """
        stored = self._bucket.read(settled_key(step.settled)) if step.settled else None
        if stored:
            self._pull(stored)
        own = super().adopt(step)
        return self._push(own) if own else None

    def history(self, name: str) -> tuple[LibraryRecord, ...]:
        """The records of a library, newest first, of both halves.

        Raises:
            OrchestratorError: The store can't be read.
        """
        own = {record.fingerprint: record for record in super().history(name)}
        records = own | history(self._bucket, name, LibraryRecord)
        return tuple(sorted(records.values(), key=lambda record: record.created, reverse=True))

    def _pull(self, stored: Stored) -> PublishedLibrary | None:
        """Brings a library here; None where its record, or what that names, is damaged."""
        record = decoded(stored, LibraryRecord)
        if record is None:
            return None
        if self._holds(record):
            self._note(record)
            return self._published(record)
        with tempfile.TemporaryDirectory(prefix="orchestrate-pull-") as folder:
            archive = Path(folder) / record.filename
            if not self._bucket.download(file_key(record), archive):
                return None
            if sha256_of(archive) != record.sha256:
                return None
            self._take_in(archive, record)
        return self._published(record)

    def _push(self, published: PublishedLibrary) -> PublishedLibrary:
        """Brings a library into the store, unless that has one of the same step already."""
        record = published.record  # whose archive is named after the fingerprint: nobody's but it
        files = {file_key(record): published.path.read_bytes()}
        return enter(self._bucket, record, files, self._pull) or published
