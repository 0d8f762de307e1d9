"""What wheels and libraries have in common in an object store: its keys, and how they are written.

The objects of a wheelhouse::

    format                        what the keys below mean
    files/SHA256/NAME             a wheel, its METADATA, or a library
    records/FINGERPRINT.json      how it was made
    settled/SETTLED.json          the same record, by what it settled to
    projects/NAME/FINGERPRINT     empty: which records a project has

What a record names is written before the record, and never changes: it is kept under its digest.
Two builders of the same step can't mix, then: who writes the record first has published; the
other takes what that names, and its own is nowhere named. Killed in between, a builder leaves
objects that nobody names.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

import msgspec

from orchestrator.model import LibraryRecord, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orchestrator.wheelhouse.bucket import Bucket, Stored

R = TypeVar("R", Record, LibraryRecord)
P = TypeVar("P")

# How many of a project's records are looked at, newest first, and how many at once.
_HISTORY = 50
_AT_ONCE = 16


def file_key(record: Record | LibraryRecord) -> str:
    """Of the file that a record vouches for."""
    return f"files/{record.sha256}/{record.filename}"


def record_key(fingerprint: str) -> str:
    """Of a step's record."""
    return f"records/{fingerprint}.json"


def settled_key(settled: str) -> str:
    """Of the record by which steps of other fingerprints may adopt what it names."""
    return f"settled/{settled}.json"


def enter(
    bucket: Bucket,
    record: Record | LibraryRecord,
    files: Mapping[str, bytes],
    pull: Callable[[Stored], P | None],
) -> P | None:
    """Writes what a step made, unless somebody else has published the same step already.

    Args:
        bucket: The store.
        record: How it was made.
        files: What it names, by keys.
        pull: Brings here what a record names; None where that, or the record, is damaged.

    Returns:
        What the other has published; None: this is what the store has now.
    """
    content = msgspec.json.encode(record)
    for key, file in files.items():
        bucket.write(key, file)
    bucket.write(f"projects/{record.name}/{record.fingerprint}", b"")
    while not bucket.create(record_key(record.fingerprint), content):
        stored = bucket.read(record_key(record.fingerprint))
        if stored and (winner := pull(stored)):
            return winner
        if stored and bucket.replace(record_key(record.fingerprint), content, stored):
            break
    if record.settled:
        bucket.create(settled_key(record.settled), content)
    return None


def history(bucket: Bucket, name: str, kind: type[R]) -> dict[str, R]:
    """The newest records of a project, by fingerprint.

    Args:
        bucket: The store.
        name: Normalized.
        kind: Of the records; others are passed over.
    """
    fingerprints = bucket.names(f"projects/{name}/")[:_HISTORY]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        stored = pool.map(bucket.read, map(record_key, fingerprints))
        found = [record for one in stored if one and (record := decoded(one, kind))]
    return {record.fingerprint: record for record in found}


def decoded(stored: Stored, kind: type[R]) -> R | None:
    """A record, or None where it is damaged, or of another kind or format."""
    try:
        return msgspec.json.decode(stored.content, type=kind)
    except msgspec.MsgspecError:
        return None


def hex_of(content: bytes) -> str:
    """Hex sha256."""
    return hashlib.sha256(content).hexdigest()
