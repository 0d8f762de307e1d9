"""The folder of published wheels.

Layout; installers that are pointed at the folder see nothing but the wheels::

    NAME.whl                         a published wheel, always complete
    NAME.whl.metadata                its METADATA (PEP 658)
    .records/NAME.whl.PREFIX.json    how it was made; PREFIX begins the step's fingerprint
    .rejected/NAME.whl               a wheel that failed verification, or its test
    .rejected/NAME.whl.findings.json what was found
    .rejected/NAME.whl.runs.json     how its test failed, and what the controls say of that
    .logs/STEP-N.log                 full logs of builds
    .libraries/                      native libraries that wheels were built with (``libraries``)
    .incoming/                       files being written by whoever holds the lock
    .lock                            held while publishing, by flock(2)
    .store                           address of the object store whose local half this is, if any
    .claims/PREFIX                   held while a step is done, by flock(2)
    .index/                          what the wheel index keeps (``index``)

A wheel counts as published where a record lies whose digests are those of the wheel and of its
metadata. The files are written beside their places, synced, and renamed: metadata, record, wheel.
Killed between two renames, the folder holds either a record without its wheel, or, where a wheel
of that name was there before, the old wheel with the new metadata: both complete, neither
vouched for, and the next build publishes anew. A published wheel never loses its record.
Two targets can make wheels of one name (``abi3``, ``none-any``), hence one record per fingerprint.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import itertools
import os
import re
import shutil
from glob import escape
from typing import TYPE_CHECKING

import msgspec

from orchestrator.errors import (
    DiskFullError,
    FileConflictError,
    OrchestratorError,
    VerificationError,
    WheelhouseNotWritableError,
)
from orchestrator.files import is_disk_full, sha256_of
from orchestrator.model import (
    Finding,
    ProofRun,
    PublishedWheel,
    Record,
    Step,
    Target,
    UploadedWheel,
    VerifiedWheel,
)
from orchestrator.wheelhouse.claims import Claim, claim, owner_of
from orchestrator.wheelhouse.record import (
    as_record_of,
    make_record,
    make_upload_record,
    read_metadata,
    read_record,
    with_runs,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from orchestrator.prove.verdict import Refutation

# The file that makes a folder the local half of a wheelhouse in an object store.
SHARED = ".store"

LIBRARIES = ".libraries"
_FOLDERS = (".records", ".rejected", ".logs", ".incoming", ".claims", LIBRARIES)


def open_wheelhouse(directory: Path) -> Wheelhouse:
    """Opens a wheelhouse, making the folder where there is none.

    Raises:
        WheelhouseNotWritableError: The folder can't be made or written.
        DiskFullError: There is no space to make it.
        OrchestratorError: Its object store can't be used.
    """
    directory = directory.absolute()
    with _failures_of(directory):
        for name in _FOLDERS:
            (directory / name).mkdir(parents=True, exist_ok=True)
        (directory / ".lock").touch()
        for folder in (directory, *(directory / name for name in _FOLDERS)):
            if not os.access(folder, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))
    if not (directory / SHARED).exists():
        return Wheelhouse(directory)
    from orchestrator.wheelhouse.bucket import Bucket  # noqa: PLC0415 (few have a store)
    from orchestrator.wheelhouse.shared import SharedWheelhouse  # noqa: PLC0415

    return SharedWheelhouse(directory, Bucket((directory / SHARED).read_text().strip()))


def find_wheelhouse(directory: Path) -> Wheelhouse | None:
    """The wheelhouse that a folder is, or None where it is another folder or none."""
    directory = directory.absolute()
    if (directory / SHARED).exists():
        return open_wheelhouse(directory)
    return Wheelhouse(directory) if (directory / ".records").is_dir() else None


def wheel_names(directory: Path) -> tuple[str, ...]:
    """File names of the wheels in a folder, sorted; of a wheelhouse, of both its halves."""
    store = find_wheelhouse(directory)
    return store.filenames() if store else _wheels_in(directory)


class Wheelhouse:
    """The store of published wheels; safe to share between threads and processes.

    Attributes:
        directory: Absolute path; what ``pip install --find-links`` is given.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._records = directory / ".records"

    @property
    def address(self) -> str:
        """What other machines are told, to find it: the folder, or the address of its store."""
        return str(self.directory)

    def publish(self, verified: VerifiedWheel, *, seconds: float, created: str) -> PublishedWheel:
        """Puts a wheel into the store; one of the same name is replaced.

        Args:
            verified: The wheel; its file is copied.
            seconds: Wall time of its build.
            created: RFC 3339, UTC.

        Raises:
            VerificationError: The wheel has findings of severity error.
            NotAWheelError: Its METADATA can't be read.
            WheelhouseNotWritableError: The folder can't be written.
            DiskFullError: The disk is full; what was published before is untouched.
        """
        path = verified.repaired.path
        errors = [finding for finding in verified.findings if finding.severity == "error"]
        if errors:
            raise VerificationError(
                f"{path.name}: not published: {len(errors)} findings of severity error",
                details=tuple(f"{finding.code} {finding.message}" for finding in errors),
            )
        metadata = read_metadata(path)
        record = make_record(verified, metadata, seconds=seconds, created=created)
        self._take_in(path, metadata, record)
        return PublishedWheel(record=record, path=self.directory / path.name)

    def take_upload(self, upload: UploadedWheel, *, created: str) -> bool:
        """Puts a wheel that was built elsewhere into the store; its file is moved there.

        Args:
            upload: The wheel, examined.
            created: RFC 3339, UTC.

        Returns:
            Whether it is new; False where the same bytes were there.

        Raises:
            FileConflictError: A wheel of that name with other bytes is there.
            WheelhouseNotWritableError: The folder can't be written.
            DiskFullError: The disk is full; what was published before is untouched.
        """
        final = self.directory / upload.filename
        record = make_upload_record(upload, size=upload.path.stat().st_size, created=created)
        sync(upload.path)
        with self.writing() as incoming:
            if final.exists():
                if sha256_of(final) != upload.sha256:
                    raise FileConflictError(f"{upload.filename}: is there, with other bytes.")
                if self._records_of(upload.filename, upload.sha256):
                    return False
            place(incoming, final.with_name(f"{final.name}.metadata"), upload.metadata)
            place(incoming, self._record_path(record), as_json(record))
            upload.path.replace(final)
            self._drop_records_of_replaced(record)
        return True

    def remove(self, filename: str) -> str | None:
        """Removes a wheel with all that is known of it; its build logs stay.

        Returns:
            Hex sha256 of what it was; None where there is no such wheel.

        Raises:
            NotDeletableError: Other machines share the wheelhouse.
            WheelhouseNotWritableError: The folder can't be written.
        """
        wheel = self.directory / filename
        if "/" in filename or wheel.suffix != ".whl":
            return None
        with self.writing():
            if not wheel.is_file():
                return None
            digest = sha256_of(wheel)
            wheel.unlink()  # first: what is left where this is killed is no published wheel
            for suffix in (".metadata", ".provenance"):
                wheel.with_name(f"{filename}{suffix}").unlink(missing_ok=True)
            for path in self._records.glob(f"{escape(filename)}.*.json"):
                path.unlink()
        return digest

    def find(self, fingerprint: str) -> PublishedWheel | None:
        """The published wheel of a step, or None; its bytes are checked against its record."""
        for path in self._records.glob(f"*.{prefix_of(fingerprint)}.json"):
            record = read_record(path)
            if record is not None and record.fingerprint == fingerprint and self._holds(record):
                return self._published(record)
        return None

    def claim(self, step: Step) -> Claim | None:
        """The right to do a step, which only one of all that share the wheelhouse has at a time.

        Returns:
            None: Somebody else has it; ``owner_of`` says who.

        Raises:
            WheelhouseNotWritableError: The folder can't be written.
        """
        with _failures_of(self.directory):
            return claim(self._claim_path(step))

    def owner_of(self, step: Step) -> str:
        """Who has the right to do a step, e.g. ``process 4711 on build-host``."""
        return owner_of(self._claim_path(step))

    def adopt(self, step: Step) -> PublishedWheel | None:
        """The wheel of a step whose needs changed, but not in what they offer; or None.

        From now on it is found by the step's own fingerprint, too.

        Args:
            step: Settled.

        Raises:
            WheelhouseNotWritableError: The folder can't be written.
            DiskFullError: The disk is full.
        """
        for record in self.history(step.source.name):
            if step.settled and record.settled == step.settled and self._holds(record):
                adopted = as_record_of(record, step)
                self._note(adopted)
                return self._published(adopted)
        return None

    def history(self, name: str) -> tuple[Record, ...]:
        """The records of a project's published wheels, newest first.

        Args:
            name: Normalized.
        """
        # In file names it is spelled with underscores, by old backends as the project likes it.
        folder = self._records
        paths = [path for path in folder.glob("*.json") if project_of(path.name) == name]
        records = [record for path in paths if (record := read_record(path))]
        return tuple(sorted(records, key=lambda record: record.created, reverse=True))

    def list(self) -> tuple[PublishedWheel, ...]:
        """All published wheels by file name, each with its newest record; reads all their bytes."""
        newest: dict[str, Record] = {}
        for path in self._records.glob("*.json"):
            record = read_record(path)
            if record is None or not self._holds(record):
                continue
            other = newest.get(record.filename)
            if other is None or (record.created, record.fingerprint) > (
                other.created,
                other.fingerprint,
            ):
                newest[record.filename] = record
        return tuple(self._published(newest[filename]) for filename in sorted(newest))

    def filenames(self) -> tuple[str, ...]:
        """Of all wheels, sorted, whether a record vouches for them or not."""
        return _wheels_in(self.directory)

    def bring(self, filename: str) -> Path:
        """Where one of these is, once it is here."""
        return self.directory / filename

    def reject(
        self, path: Path, findings: tuple[Finding, ...], refutation: Refutation | None = None
    ) -> Path:
        """Keeps a wheel aside that failed verification or its test.

        Args:
            path: Of the wheel, which is copied.
            findings: Of verification.
            refutation: How its test failed, where it did.

        Returns:
            Where the wheel is now; what is known of it lies beside it.

        Raises:
            WheelhouseNotWritableError: The folder can't be written.
            DiskFullError: The disk is full.
        """
        final = self.directory / ".rejected" / path.name
        with self.writing() as incoming:
            shutil.copyfile(path, incoming / path.name)
            place(incoming, final.with_name(f"{path.name}.findings.json"), as_json(findings))
            runs = final.with_name(f"{path.name}.runs.json")
            if refutation:
                place(incoming, runs, as_json(refutation))
            else:
                runs.unlink(missing_ok=True)  # of a wheel of the same name, rejected before
            (incoming / path.name).replace(final)
        return final

    def record_of(self, wheel: Path) -> Record | None:
        """The newest record of the published wheel with the name and bytes of this file."""
        digest = sha256_of(wheel)
        records = [record for _, record in self._records_of(wheel.name, digest)]
        return max(records, key=lambda record: record.created, default=None)

    def knows(self, filename: str) -> bool:
        """Whether a wheel of that name was published, with whatever bytes."""
        return any((self.directory / ".records").glob(f"{escape(filename)}.*.json"))

    def add_runs(self, record: Record, runs: tuple[ProofRun, ...]) -> Record:
        """Adds runs of a published wheel to its records, and to what its proof is.

        Other processes may add theirs at the same time; none is lost.

        Args:
            record: Of the wheel; others of the same bytes get the runs too.
            runs: Whether they passed or not.

        Returns:
            The record as it is now.

        Raises:
            WheelhouseNotWritableError: The folder can't be written.
            DiskFullError: The disk is full.
        """
        updated = with_runs(record, runs)
        with self.writing() as incoming:
            for path, known in self._records_of(record.filename, record.sha256):
                extended = with_runs(known, runs)
                place(incoming, path, as_json(extended))
                if known.fingerprint == record.fingerprint:
                    updated = extended
        return updated

    def new_log(self, step: Step) -> Path:
        """Makes the empty log file of one build of a step.

        Raises:
            WheelhouseNotWritableError: The folder can't be written.
            DiskFullError: The disk is full.
        """
        stem = log_stem(step.source.name, step.source.version, step.target)
        with _failures_of(self.directory):
            for number in itertools.count(1):
                path = self.directory / ".logs" / f"{stem}-{number}.log"
                with contextlib.suppress(FileExistsError):
                    path.touch(exist_ok=False)
                    break
        return path

    def _take_in(self, wheel: Path, metadata: bytes, record: Record) -> None:
        """Puts a copy of a wheel into its place, in an order that can be cut off anywhere."""
        final = self.directory / record.filename
        with self.writing() as incoming:
            shutil.copyfile(wheel, incoming / final.name)
            sync(incoming / final.name)
            place(incoming, final.with_name(f"{final.name}.metadata"), metadata)
            place(incoming, self._record_path(record), as_json(record))
            (incoming / final.name).replace(final)
            self._drop_records_of_replaced(record)

    def _note(self, record: Record) -> None:
        """Writes a further record of a wheel that is there."""
        with self.writing() as incoming:
            place(incoming, self._record_path(record), as_json(record))

    @contextlib.contextmanager
    def writing(self) -> Iterator[Path]:
        """The folder for files not yet in place, while nobody else writes.

        Afterwards it is empty, also of what processes that were killed left there.
        """
        incoming = self.directory / ".incoming"
        with _failures_of(self.directory), (self.directory / ".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                yield incoming
            finally:
                for path in incoming.iterdir():
                    path.unlink()

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """While nobody writes: what is read is no state between two renames.

        Needs no right to write.
        """
        try:
            lock = (self.directory / ".lock").open("rb")
        except OSError:
            yield  # nobody ever wrote, or who did keeps it secret
            return
        with lock:
            fcntl.flock(lock, fcntl.LOCK_SH)
            yield

    def _holds(self, record: Record) -> bool:
        """Whether the wheel and its metadata are there, with the bytes the record vouches for."""
        wheel = self.directory / record.filename
        metadata = self.directory / f"{record.filename}.metadata"
        try:
            return (
                wheel.stat().st_size == record.size
                and sha256_of(metadata) == record.metadata_sha256
                and sha256_of(wheel) == record.sha256
            )
        except OSError:
            return False

    def _published(self, record: Record) -> PublishedWheel:
        return PublishedWheel(record=record, path=self.directory / record.filename, cached=True)

    def _claim_path(self, step: Step) -> Path:
        return self.directory / ".claims" / prefix_of(step.fingerprint)

    def _record_path(self, record: Record) -> Path:
        return self._records / f"{record.filename}.{prefix_of(record.fingerprint)}.json"

    def _records_of(self, filename: str, sha256: str) -> tuple[tuple[Path, Record], ...]:
        """The records of a wheel's bytes, with their paths."""
        paths = self._records.glob(f"{escape(filename)}.*.json")
        read = ((path, read_record(path)) for path in paths)
        return tuple((path, found) for path, found in read if found and found.sha256 == sha256)

    def _drop_records_of_replaced(self, record: Record) -> None:
        for path in self._records.glob(f"{record.filename}.*.json"):
            other = read_record(path)
            if other is None or other.sha256 != record.sha256:
                path.unlink()


def _wheels_in(directory: Path) -> tuple[str, ...]:
    return tuple(sorted(path.name for path in directory.glob("*.whl")))


def log_stem(name: str, version: str, target: Target) -> str:
    """What the names of a step's logs begin with; a number follows."""
    return f"{name}-{version}-{target}".replace("/", "_")


def prefix_of(fingerprint: str) -> str:
    """As much of a fingerprint as a record's file name carries; the record holds all of it."""
    return fingerprint[:16]


def project_of(filename: str) -> str:
    """The normalized name of the project whose wheel this is, or a record of it."""
    return re.sub(r"[-_.]+", "-", filename.partition("-")[0]).lower()


def as_json(value: object) -> bytes:
    """A value as the wheelhouse's files hold it."""
    return msgspec.json.format(msgspec.json.encode(value))


def place(incoming: Path, final: Path, content: bytes) -> None:
    """Writes a small file whole."""
    temporary = incoming / final.name
    temporary.write_bytes(content)
    sync(temporary)
    temporary.replace(final)


def sync(path: Path) -> None:
    """Brings a file's content to the disk, so that after a power cut its name means all of it."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


@contextlib.contextmanager
def _failures_of(directory: Path) -> Iterator[None]:
    """Says what the system's refusal to write means for the user."""
    try:
        yield
    except OSError as error:
        raise _explained(directory, error) from error


def _explained(directory: Path, error: OSError) -> OrchestratorError:
    if is_disk_full(error):
        return DiskFullError(f"wheelhouse {directory}: {error.strerror}")
    where = f" ({error.filename})" if error.filename not in {None, str(directory)} else ""
    return WheelhouseNotWritableError(
        f"wheelhouse {directory}: can't be written: {error.strerror}{where}"
    )
