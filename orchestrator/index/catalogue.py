"""What a wheelhouse offers, as an index says it: names by one look, the rest on demand.

A wheel is offered where a record vouches for it: its size, and its digest wherever the folder does
not show that the wheel came after the record. So what a killed ``publish`` leaves is never offered,
nor is metadata that is not the wheel's.
"""

from __future__ import annotations

import hashlib
import threading
import time
from typing import TYPE_CHECKING, Protocol, runtime_checkable
from urllib.parse import quote

import msgspec
from packaging.version import InvalidVersion, Version

from orchestrator.files import sha256_of
from orchestrator.index.facts import File, Project
from orchestrator.index.listing import METADATA, PROVENANCE, Listing, look, time_of
from orchestrator.index.state import State, read_state, state_path
from orchestrator.wheelhouse.record import read_record
from orchestrator.wheelhouse.store import project_of

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from orchestrator.model import Record

FILES = "../../files/"
"""From the page of a project to the files."""

# Of what a folder's time can't tell apart: two changes within one tick of the system's clock.
_TICK = 50_000_000  # nanoseconds


class Facts(Protocol):
    """What pages are made of; the server and the export need nothing else."""

    def names(self) -> tuple[str, ...]:
        """Of all projects, normalized, sorted."""

    def project(self, name: str) -> Project | None:
        """What is known of a project; None where there is none. May take long: call in a thread."""

    def path(self, filename: str) -> Path | None:
        """Of a listed file, or of what lies beside it (``.metadata``, ``.provenance``)."""

    def refresh(self) -> frozenset[str]:
        """Looks what changed since; the names of the projects. Cheap where nothing did."""


@runtime_checkable
class WiderFacts(Facts, Protocol):
    """Facts of an index that is merged with another: they come from elsewhere, and grow old."""

    def elsewhere(self, name: str) -> str:
        """URL of the page of a project that this index has nothing of; empty where there is none.

        May take long.
        """

    def bring(self, filename: str) -> Path | None:
        """A file that was not here yet. May take long.

        Raises:
            IndexUnreachableError: The other index did not answer.
        """


class Catalogue:
    """The facts of one wheelhouse on this machine. Safe to share between threads.

    Attributes:
        problem: Why the operator's decisions could not be read again; empty where they could.
    """

    def __init__(self, wheelhouse: Path) -> None:
        self._folder = wheelhouse.absolute()
        self._lock = threading.Lock()
        self._seen: tuple[object, ...] = ()
        self._settled = False
        self._digests: dict[tuple[str, int, int, int], str] = {}
        self.problem = ""
        self._state = read_state(self._folder)
        self._listing = Listing()
        self._names: tuple[str, ...] = ()
        self.refresh()

    def names(self) -> tuple[str, ...]:
        """Of all projects with a published wheel, sorted."""
        return self._names

    def project(self, name: str) -> Project | None:
        """What is known of a project, or None."""
        listing = self._listing
        if name not in listing.wheels:
            return None
        if name not in listing.entries:
            listing.entries[name] = self._read(name, listing)
        return listing.entries[name]

    def records(self, name: str) -> tuple[Record, ...]:
        """Of each published wheel of a project the newest record; by file name."""
        listing = self._listing
        wheels = sorted(listing.wheels.get(name, ()))
        return tuple(found for wheel in wheels if (found := self._record(wheel, listing)))

    def path(self, filename: str) -> Path | None:
        """Where a listed file is, or what lies beside it; None for everything else."""
        wheel = filename.removesuffix(METADATA).removesuffix(PROVENANCE)
        project = self.project(project_of(wheel))
        files = project.files if project else ()
        file = next((file for file in files if file.filename == wheel), None)
        if file is None:
            return None
        listed = {wheel}
        if file.metadata_sha256:
            listed.add(wheel + METADATA)
        if file.provenance:
            listed.add(wheel + PROVENANCE)
        return self._folder / filename if filename in listed else None

    def refresh(self) -> frozenset[str]:
        """Looks at the times of the folders, and into them where those changed.

        Returns:
            Names of the projects that changed, appeared or went.
        """
        with self._lock:
            seen = tuple(
                time_of(path)
                for path in (self._folder, self._folder / ".records", state_path(self._folder))
            )
            if seen == self._seen and self._settled:
                return frozenset()
            # Folders whose time is that of this moment may change again without showing it.
            newest = max(moment for moment, _, _ in seen)
            settled = time.time_ns() - newest > _TICK
            decided = self._decided() if seen[2:] != self._seen[2:] else frozenset()
            changed = decided | self._look_again(decided)
            self._seen, self._settled = seen, settled
            return changed

    def _decided(self) -> frozenset[str]:
        """Reads the operator's decisions; the projects that they changed."""
        old = self._state
        try:
            self._state = read_state(self._folder)
            self.problem = ""
        except msgspec.MsgspecError as error:
            self.problem = f"{state_path(self._folder)}: {error}"
        new = self._state
        files = {name for name, _ in set(old.yanked.items()) ^ set(new.yanked.items())}
        names = old.projects.keys() | new.projects.keys()
        decided = {name for name in names if old.projects.get(name) != new.projects.get(name)}
        return frozenset(decided | {project_of(name) for name in files})

    def _look_again(self, decided: frozenset[str]) -> frozenset[str]:
        old, new = self._listing, look(self._folder)
        names = old.signs.keys() | new.signs.keys()
        changed = {name for name in names if old.signs.get(name) != new.signs.get(name)}
        stale = changed | decided
        new.entries = {name: entry for name, entry in old.entries.items() if name not in stale}
        self._listing = new
        if old.wheels.keys() != new.wheels.keys() or not self._names:
            self._names = tuple(sorted(new.wheels))
        return frozenset(name for name in changed if name in old.wheels or name in new.wheels)

    def _read(self, name: str, listing: Listing) -> Project | None:
        state = self._state
        files = [
            self._as_file(record, listing, state)
            for wheel in listing.wheels[name]
            if (record := self._record(wheel, listing)) and _version_of(wheel)
        ]
        if not files:
            return None
        decided = state.projects.get(name)
        project = Project(name=name, files=tuple(sorted(files, key=_order)))
        if decided is None:
            return project
        return msgspec.structs.replace(
            project,
            # PEP 792: of a project in quarantine nothing may be offered.
            files=() if decided.status == "quarantined" else project.files,
            status=decided.status,
            reason=decided.reason,
            tracks=decided.tracks,
        )

    def _record(self, wheel: str, listing: Listing) -> Record | None:
        """The newest record that vouches for a wheel."""
        try:
            status = (self._folder / wheel).stat()
        except OSError:
            return None
        paths = [self._folder / ".records" / name for name in listing.records.get(wheel, ())]
        # Taken before they are read: a record that is replaced meanwhile counts as older.
        written = max((time_of(path)[0] for path in paths), default=0)
        read = (read_record(path) for path in paths)
        records = [
            record
            for record in read
            if record and record.filename == wheel and record.size == status.st_size
        ]
        # A rename marks the wheel's own time of change: one that came last was published whole.
        if written >= status.st_ctime_ns or len({record.sha256 for record in records}) > 1:
            digest = self._digest(wheel, status)
            records = [record for record in records if record.sha256 == digest]
        return max(records, key=lambda record: (record.created, record.fingerprint), default=None)

    def _digest(self, wheel: str, status: os.stat_result) -> str:
        key = (wheel, status.st_ino, status.st_mtime_ns, status.st_size)
        if key not in self._digests:
            try:
                self._digests[key] = sha256_of(self._folder / wheel)
            except OSError:
                return ""
        return self._digests[key]

    def _as_file(self, record: Record, listing: Listing, state: State) -> File:
        url = FILES + quote(record.filename)
        proven = record.filename + PROVENANCE in listing.beside
        return File(
            filename=record.filename,
            url=url,
            version=_version_of(record.filename),
            sha256=record.sha256,
            size=record.size,
            uploaded=record.created,
            requires_python=record.requires_python,
            metadata_sha256=record.metadata_sha256 if self._has_metadata(record) else "",
            yanked=state.yanked.get(record.filename),
            provenance=url + PROVENANCE if proven else "",
        )

    def _has_metadata(self, record: Record) -> bool:
        try:
            content = (self._folder / f"{record.filename}{METADATA}").read_bytes()
        except OSError:
            return False
        return hashlib.sha256(content).hexdigest() == record.metadata_sha256


def _version_of(wheel: str) -> str:
    """As the file name spells it; empty where that is no version."""
    version = wheel.partition("-")[2].partition("-")[0]
    try:
        return str(Version(version)) and version
    except InvalidVersion:
        return ""


def _order(file: File) -> tuple[Version, str]:
    return Version(file.version), file.filename
