"""The record of how a wheel was made, from the values the stages left behind."""

from __future__ import annotations

import hashlib
import zipfile
from typing import TYPE_CHECKING

import msgspec

from orchestrator.errors import NotAWheelError
from orchestrator.files import sha256_of
from orchestrator.model import (
    ProofRun,
    Record,
    Source,
    Step,
    ToolchainIdentity,
    UploadedWheel,
    VerifiedWheel,
    learn,
    strongest,
)

if TYPE_CHECKING:
    from pathlib import Path

# Raised when a field of model.Record changes its meaning or goes away.
FORMAT = 1


learn(Record)


def make_record(
    verified: VerifiedWheel, metadata: bytes, *, seconds: float, created: str
) -> Record:
    """Sums up how a wheel came to be.

    Args:
        verified: The wheel; its file is read for size and digest.
        metadata: Its METADATA file.
        seconds: Wall time of the build.
        created: RFC 3339, UTC.
    """
    from email.parser import BytesHeaderParser  # noqa: PLC0415 (not needed where all is cached)

    repaired = verified.repaired
    built = repaired.built
    step = built.step
    headers = BytesHeaderParser().parsebytes(metadata)
    return Record(
        format=FORMAT,
        name=step.source.name,
        version=step.source.version,
        filename=repaired.path.name,
        sha256=sha256_of(repaired.path),
        size=repaired.path.stat().st_size,
        platform=step.target.platform.tag,
        python=step.target.interpreter.version,
        proof=strongest(verified.runs),
        fingerprint=step.fingerprint,
        source=step.source,
        recipe_digest=step.settings.digest,
        recipes=step.settings.recipes,
        patches=tuple(patch.name for patch in step.settings.patches),
        toolchain=step.toolchain,
        build_requires=built.build_requires,
        grafted=repaired.grafted,
        findings=verified.findings,
        notes=built.notes,
        requires_python=str(headers.get("Requires-Python", "")),
        metadata_sha256=hashlib.sha256(metadata).hexdigest(),
        seconds=round(seconds, 3),
        created=created,
        runs=verified.runs,
        route=built.route,
        kind=step.kind,
        parts=step.parts,
        settled=step.settled,
    )


def make_upload_record(upload: UploadedWheel, *, size: int, created: str) -> Record:
    """What is known of a wheel that was built elsewhere.

    Args:
        upload: The wheel.
        size: Bytes of its file.
        created: When it came; RFC 3339, UTC.
    """
    return Record(
        format=FORMAT,
        name=upload.name,
        version=upload.version,
        filename=upload.filename,
        sha256=upload.sha256,
        size=size,
        platform=upload.platform,
        python=upload.python,
        proof="structural",
        # Of no step: builds never take an upload for what they would make.
        fingerprint=hashlib.sha256(f"uploaded {upload.sha256}".encode()).hexdigest(),
        source=Source(
            name=upload.name,
            version=upload.version,
            kind="file",
            location="",
            filename=upload.filename,
            digest=f"sha256:{upload.sha256}",
        ),
        recipe_digest="",
        recipes=(),
        patches=(),
        toolchain=ToolchainIdentity(name="", versions={}),
        build_requires=(),
        grafted=(),
        findings=upload.findings,
        notes=upload.notes,
        requires_python=upload.requires_python,
        metadata_sha256=hashlib.sha256(upload.metadata).hexdigest(),
        seconds=0.0,
        created=created,
        kind="uploaded",
    )


def read_record(path: Path) -> Record | None:
    """A record, or None where it is damaged or was written by another version of its format."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Record)
    except (OSError, msgspec.MsgspecError):
        return None


def with_runs(record: Record, runs: tuple[ProofRun, ...]) -> Record:
    """The record with further runs of its wheel, and the proof that all of them amount to."""
    every = (*record.runs, *runs)
    return msgspec.structs.replace(record, runs=every, proof=strongest(every))


def as_record_of(record: Record, step: Step) -> Record:
    """The record of the same wheel as what another step makes."""
    return msgspec.structs.replace(
        record, fingerprint=step.fingerprint, parts=step.parts, settled=step.settled
    )


def read_metadata(wheel: Path) -> bytes:
    """The bytes of a wheel's METADATA file, as an index serves them (PEP 658).

    Raises:
        NotAWheelError: The file is no zip file or has no METADATA.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                folder, _, rest = name.partition("/")
                if folder.endswith(".dist-info") and rest == "METADATA":
                    return archive.read(name)
    except zipfile.BadZipFile as error:
        raise NotAWheelError(f"{wheel}: not a zip file, or a damaged one: {error}") from error
    raise NotAWheelError(f"{wheel}: has no METADATA")
