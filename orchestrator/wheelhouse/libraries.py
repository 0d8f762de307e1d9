"""The native libraries of a wheelhouse, in its folder ``.libraries``, hidden from installers.

Layout::

    NAME-VERSION-PLATFORM-PREFIX.tar.gz              headers, libraries, what build tools read
    NAME-VERSION-PLATFORM-PREFIX.tar.gz.PREFIX.json  how it was made

PREFIX begins the step's fingerprint. A library counts as published where a record lies whose digest
is that of the archive; both are renamed into place, the archive first.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import msgspec

from orchestrator.files import sha256_of
from orchestrator.model import LibraryRecord, PublishedLibrary, VerifiedLibrary, learn
from orchestrator.wheelhouse.store import (
    LIBRARIES,
    SHARED,
    Wheelhouse,
    as_json,
    place,
    prefix_of,
    sync,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from orchestrator.model import Published, Step

# Raised when a field of model.LibraryRecord changes its meaning or goes away.
FORMAT = 1

learn(LibraryRecord)


class LibraryStore:
    """The libraries of a wheelhouse; safe to share between threads and processes.

    Args:
        wheelhouse: That they are in.
    """

    def __init__(self, wheelhouse: Wheelhouse) -> None:
        self._wheelhouse = wheelhouse
        self._folder = wheelhouse.directory / LIBRARIES

    def publish(
        self, verified: VerifiedLibrary, *, seconds: float, created: str
    ) -> PublishedLibrary:
        """Puts a library into the store.

        Args:
            verified: The library; its archive is copied.
            seconds: Wall time of its build.
            created: RFC 3339, UTC.

        Raises:
            WheelhouseNotWritableError: The folder can't be written.
            DiskFullError: The disk is full; what was published before is untouched.
        """
        archive = verified.packed.path
        record = make_record(verified, seconds=seconds, created=created)
        self._take_in(archive, record)
        return PublishedLibrary(record=record, path=self._folder / archive.name)

    def find(self, fingerprint: str) -> PublishedLibrary | None:
        """The published library of a step, or None; its bytes are checked against its record."""
        for record in self._records(f"*.{prefix_of(fingerprint)}.json"):
            if record.fingerprint == fingerprint and self._holds(record):
                return self._published(record)
        return None

    def adopt(self, step: Step) -> PublishedLibrary | None:
        """The library of a step whose needs changed, but not in what they offer; or None.

        From now on it is found by the step's own fingerprint, too.

        Args:
            step: Settled.

        Raises:
            WheelhouseNotWritableError: The folder can't be written.
            DiskFullError: The disk is full.
        """
        for record in self.history(step.source.name):
            if step.settled and record.settled == step.settled and self._holds(record):
                adopted = msgspec.structs.replace(
                    record,
                    fingerprint=step.fingerprint,
                    libraries=_fingerprints(step),
                    parts=step.parts,
                )
                self._note(adopted)
                return self._published(adopted)
        return None

    def history(self, name: str) -> tuple[LibraryRecord, ...]:
        """The records of a library, newest first."""
        records = (record for record in self._records(f"{name}-*.json") if record.name == name)
        return tuple(sorted(records, key=lambda record: record.created, reverse=True))

    def _take_in(self, archive: Path, record: LibraryRecord) -> None:
        """Puts a copy of an archive into its place."""
        final = self._folder / record.filename
        with self._wheelhouse.writing() as incoming:
            shutil.copyfile(archive, incoming / final.name)
            sync(incoming / final.name)
            (incoming / final.name).replace(final)
            place(incoming, self._record_path(record), as_json(record))

    def _note(self, record: LibraryRecord) -> None:
        """Writes a further record of a library that is there."""
        with self._wheelhouse.writing() as incoming:
            place(incoming, self._record_path(record), as_json(record))

    def _records(self, pattern: str) -> Iterator[LibraryRecord]:
        for path in sorted(self._folder.glob(pattern)):
            if record := _read(path):
                yield record

    def _holds(self, record: LibraryRecord) -> bool:
        """Whether the archive is there, with the bytes the record vouches for."""
        archive = self._folder / record.filename
        try:
            return archive.stat().st_size == record.size and sha256_of(archive) == record.sha256
        except OSError:
            return False

    def _published(self, record: LibraryRecord) -> PublishedLibrary:
        return PublishedLibrary(record=record, path=self._folder / record.filename, cached=True)

    def _record_path(self, record: LibraryRecord) -> Path:
        return self._folder / f"{record.filename}.{prefix_of(record.fingerprint)}.json"


def libraries_in(wheelhouse: Wheelhouse) -> LibraryStore:
    """The libraries of a wheelhouse, of both its halves where it has two."""
    if not (wheelhouse.directory / SHARED).exists():
        return LibraryStore(wheelhouse)
    from orchestrator.wheelhouse.shared_libraries import SharedLibraries  # noqa: PLC0415 (few)

    return SharedLibraries(wheelhouse)


def find_made(wheelhouse: Wheelhouse, step: Step) -> Published | None:
    """What a wheelhouse has of a step, of whichever kind."""
    store = libraries_in(wheelhouse) if step.kind == "library" else wheelhouse
    return store.find(step.fingerprint)


def make_record(verified: VerifiedLibrary, *, seconds: float, created: str) -> LibraryRecord:
    """Sums up how a library came to be; its archive is read for size and digest."""
    packed = verified.packed
    step = packed.built.step
    return LibraryRecord(
        format=FORMAT,
        name=step.source.name,
        version=step.source.version,
        filename=packed.path.name,
        sha256=sha256_of(packed.path),
        size=packed.path.stat().st_size,
        platform=step.target.platform.tag,
        fingerprint=step.fingerprint,
        interface=verified.interface,
        source=step.source,
        recipe_digest=step.settings.digest,
        recipes=step.settings.recipes,
        patches=tuple(patch.name for patch in step.settings.patches),
        toolchain=step.toolchain,
        libraries=_fingerprints(step),
        files=packed.files,
        findings=verified.findings,
        notes=packed.built.notes,
        seconds=round(seconds, 3),
        created=created,
        parts=step.parts,
        settled=step.settled,
    )


def _fingerprints(step: Step) -> dict[str, str]:
    return {library.label: library.fingerprint for library in step.libraries}


def _read(path: Path) -> LibraryRecord | None:
    """A record, or None where it is damaged or was written by another version of its format."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=LibraryRecord)
    except (OSError, msgspec.MsgspecError):
        return None
