"""A wheelhouse whose wheels are in an object store too, where other machines find them.

The folder is what every wheelhouse is, and the local half of this one: installers are pointed at
it, logs and rejected wheels stay in it. The store is the shared half, and the truth: a step is done
where the store has its record (``exchange`` says how that is written). Killed between its two
halves, a builder leaves a wheel in the local one, which its next look-up publishes.
"""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from orchestrator.errors import BadAddressError, FileConflictError, NotDeletableError
from orchestrator.files import cache_directory, sha256_of, write_atomically
from orchestrator.model import Record
from orchestrator.wheelhouse.exchange import (
    decoded,
    enter,
    file_key,
    hex_of,
    history,
    record_key,
    settled_key,
)
from orchestrator.wheelhouse.record import read_metadata, read_record, with_runs
from orchestrator.wheelhouse.store import SHARED, Wheelhouse, project_of

if TYPE_CHECKING:
    from orchestrator.model import ProofRun, PublishedWheel, Step, UploadedWheel, VerifiedWheel
    from orchestrator.wheelhouse.bucket import Bucket, Stored

_FORMAT = b"orchestrator wheelhouse 1\n"
_SCHEMES = ("s3", "gs", "az")


def checked_address(address: str) -> str:
    """The address of a place in an object store, without a slash at its end.

    Raises:
        BadAddressError: It is none.
    """
    address = address.rstrip("/")
    scheme, _, rest = address.partition("://")
    if scheme not in _SCHEMES or not rest:
        raise BadAddressError(f"{address}: not the address of an object store.")
    return address


def local_half(address: str) -> Path:
    """The folder of this machine that is the local half of a wheelhouse in an object store.

    Args:
        address: ``s3://BUCKET/PREFIX``, ``gs://…`` or ``az://…``.

    Raises:
        BadAddressError: It is none.
    """
    address = checked_address(address)
    scheme, _, rest = address.partition("://")
    digest = hashlib.sha256(address.encode()).hexdigest()[:8]
    readable = "".join(letter if letter.isalnum() else "-" for letter in rest)[:40]
    folder = cache_directory() / "wheelhouses" / f"{scheme}-{readable}-{digest}"
    write_atomically(folder / SHARED, f"{address}\n".encode())
    return folder


class SharedWheelhouse(Wheelhouse):
    """The store of published wheels, with a half that other machines see.

    Attributes:
        bucket: The shared half.

    Args:
        directory: The local half.
        bucket: The shared one.

    Raises:
        BadAddressError: The bucket holds a wheelhouse of another format.
        NoBucketError: There is no such bucket.
        BucketAccessError: Access is refused.
        BucketUnreachableError: The server does not answer.
    """

    def __init__(self, directory: Path, bucket: Bucket) -> None:
        super().__init__(directory)
        self.bucket = bucket
        # Written at once: that it can't be must not be found out after an hour of compiling.
        if (stored := bucket.read("format")) is None:
            bucket.create("format", _FORMAT)
        elif stored.content != _FORMAT:
            raise BadAddressError(
                f"{bucket.address} holds a wheelhouse of another orchestrator.",
                hint="Give another prefix, or use the orchestrator that wrote it.",
            )

    @property
    def address(self) -> str:
        """The address of its store."""
        return self.bucket.address

    def publish(self, verified: VerifiedWheel, *, seconds: float, created: str) -> PublishedWheel:
        """Puts a wheel into both halves, the local one first.

        Returns:
            The wheel that the store has now: this one, or one that somebody else had published of
            the same step meanwhile.

        Raises:
            OrchestratorError: As any wheelhouse, or the store can't be written.
        """
        published = super().publish(verified, seconds=seconds, created=created)
        return self._push(published, verified.repaired.path) or published

    def take_upload(self, upload: UploadedWheel, *, created: str) -> bool:
        """Puts a wheel that was built elsewhere into both halves, the local one first.

        Raises:
            FileConflictError: One half has a wheel of that name with other bytes.
            OrchestratorError: The folder or the store can't be written.
        """
        for record in self.history(upload.name):
            if record.filename == upload.filename and record.sha256 != upload.sha256:
                raise FileConflictError(f"{upload.filename}: is there, with other bytes.")
        new = super().take_upload(upload, created=created)
        for _, record in self._records_of(upload.filename, upload.sha256):
            published = self._published(record)
            self._push(published, published.path)
        return new

    def remove(self, filename: str) -> str | None:
        """Refuses.

        Raises:
            NotDeletableError: Always.
        """
        raise NotDeletableError(f"{filename}: is in {self.address}, which other machines share.")

    def find(self, fingerprint: str) -> PublishedWheel | None:
        """The published wheel of a step, brought here; or None.

        Raises:
            OrchestratorError: The store can't be read.
        """
        stored = self.bucket.read(record_key(fingerprint))
        if stored:
            return self._pull(stored)
        own = super().find(fingerprint)
        return self._push(own, own.path) if own else None

    def adopt(self, step: Step) -> PublishedWheel | None:
        """The wheel of a step whose needs changed, but not in what they offer; or None.

        Raises:
            OrchestratorError: The store can't be read or written.
        """
        stored = self.bucket.read(settled_key(step.settled)) if step.settled else None
        if stored:
            self._pull(stored)
        own = super().adopt(step)
        return self._push(own, own.path) if own else None

    def history(self, name: str) -> tuple[Record, ...]:
        """The records of a project's published wheels, newest first, of both halves.

        Raises:
            OrchestratorError: The store can't be read.
        """
        own = {record.fingerprint: record for record in super().history(name)}
        records = own | history(self.bucket, name, Record)
        return tuple(sorted(records.values(), key=lambda record: record.created, reverse=True))

    def filenames(self) -> tuple[str, ...]:
        """Of all wheels of both halves, sorted.

        Raises:
            OrchestratorError: The store can't be read.
        """
        names = {name for name in self.bucket.names("files/") if name.endswith(".whl")}
        return tuple(sorted(names | set(super().filenames())))

    def bring(self, filename: str) -> Path:
        """Where a wheel of that name is, the newest of both halves, once it is here.

        Raises:
            OrchestratorError: The store can't be read.
        """
        for record in self.history(project_of(filename)):
            if record.filename == filename and self.find(record.fingerprint):
                break
        return super().bring(filename)

    def add_runs(self, record: Record, runs: tuple[ProofRun, ...]) -> Record:
        """Adds runs of a published wheel to its records in both halves.

        Raises:
            OrchestratorError: The folder or the store can't be written.
        """
        updated = super().add_runs(record, runs)
        for _, known in self._records_of(record.filename, record.sha256):
            self._add_stored_runs(known, runs)
        return updated

    def _add_stored_runs(self, record: Record, runs: tuple[ProofRun, ...]) -> None:
        """Other machines may add theirs at the same time; none is lost."""
        key = record_key(record.fingerprint)
        while stored := self.bucket.read(key):
            known = decoded(stored, Record)
            if known is None or known.sha256 != record.sha256:
                return
            if self.bucket.replace(key, msgspec.json.encode(with_runs(known, runs)), stored):
                return

    def _pull(self, stored: Stored) -> PublishedWheel | None:
        """Brings a wheel here; None where its record, or what that names, is damaged."""
        record = decoded(stored, Record)
        if record is None:
            return None
        if self._holds(record):
            if read_record(self._record_path(record)) != record:
                self._note(record)
            return self._published(record)
        with tempfile.TemporaryDirectory(prefix="orchestrate-pull-") as folder:
            wheel = Path(folder) / record.filename
            metadata = self.bucket.read(f"{file_key(record)}.metadata")
            if not metadata or not self.bucket.download(file_key(record), wheel):
                return None
            digests = (hex_of(metadata.content), sha256_of(wheel))
            if digests != (record.metadata_sha256, record.sha256):
                return None
            self._take_in(wheel, metadata.content, record)
        return self._published(record)

    def _push(self, published: PublishedWheel, wheel: Path) -> PublishedWheel | None:
        """Brings a wheel into the store, unless that has one of the same step already.

        Args:
            published: In the local half.
            wheel: A file of its bytes.

        Returns:
            The wheel that the store has; None where the file was replaced meanwhile.
        """
        record = published.record
        content, metadata = wheel.read_bytes(), read_metadata(wheel)
        if (hex_of(content), hex_of(metadata)) != (record.sha256, record.metadata_sha256):
            return None
        files = {f"{file_key(record)}.metadata": metadata, file_key(record): content}
        return enter(self.bucket, record, files, self._pull) or published
