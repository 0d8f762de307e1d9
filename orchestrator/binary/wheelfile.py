"""What a wheel says: its names, metadata, tags, RECORD, and what each member is.

The wheel format is PEP 427 with the binary distribution format specification; file names and
tags follow PEP 425. The file is read once, member by member.
"""

from __future__ import annotations

import base64
import csv
import email.parser
import re
import zipfile
import zlib
from typing import TYPE_CHECKING

from packaging.tags import parse_tag
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from orchestrator.binary import redirect as redirects
from orchestrator.binary.member import Member, member_of
from orchestrator.binary.redirect import Redirect
from orchestrator.errors import NotAWheelError
from orchestrator.model import Value

if TYPE_CHECKING:
    from email.message import Message
    from pathlib import Path

_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)


class RecordEntry(Value):
    """One line of RECORD.

    Attributes:
        path: Of the file, relative to the wheel's root.
        sha256: Hex digest; empty where RECORD gives none or one of another kind.
        algorithm: Name of the hash, e.g. ``sha256``; empty where RECORD gives none.
        size: Bytes, or None where RECORD gives none.
    """

    path: str
    sha256: str
    algorithm: str
    size: int | None


class WheelFacts(Value):
    """Everything that verification and comparison need to know of a wheel.

    Attributes:
        filename: Of the wheel.
        size: Of the wheel file, bytes.
        name: Normalized project name, of the file name.
        version: PEP 440, of the file name.
        build: Build tag of the file name, may be empty.
        tags: Of the file name, expanded: ``cp311-cp311-macosx_11_0_arm64``.
        declared_tags: Of the WHEEL file, expanded.
        dist_info: The folder of the metadata.
        metadata_name: Name in METADATA, as written.
        metadata_version: Version in METADATA, as written.
        requires_python: PEP 440 specifier set, may be empty.
        record: Lines of RECORD; None where there is no RECORD.
        members: Files in archive order, without folders.
        repeated: Names that the archive holds more than once.
        unsafe: Names that would be written outside of the install folder.
        requires: Requires-Dist, as written.
        redirect: What the wheel says as a redirect; True where it claims to be one and what it
            says can't be understood, False where it claims nothing.
    """

    filename: str
    size: int
    name: str
    version: str
    build: str
    tags: frozenset[str]
    declared_tags: frozenset[str]
    dist_info: str
    metadata_name: str
    metadata_version: str
    requires_python: str
    record: tuple[RecordEntry, ...] | None
    members: tuple[Member, ...]
    repeated: tuple[str, ...] = ()
    unsafe: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    redirect: bool | Redirect = False


def read_wheel(path: Path, *, search: tuple[str, ...] = ()) -> WheelFacts:
    """Reads a wheel.

    Args:
        path: Of the file.
        search: Strings to look for in every binary, such as folders of the build machine.

    Raises:
        NotAWheelError: The name is not a wheel's, the file is no zip archive or a damaged one,
            or its metadata is missing.
    """
    try:
        name, version, build, tags = parse_wheel_filename(path.name)
    except InvalidWheelFilename as error:
        raise NotAWheelError(f"{path}: {error}") from error
    try:
        with zipfile.ZipFile(path) as archive:
            names = [info.filename for info in archive.infolist() if not info.is_dir()]
            dist_info = _dist_info(path, names)
            wheel = _headers(archive, f"{dist_info}/WHEEL")
            metadata = _headers(archive, f"{dist_info}/METADATA")
            record = (
                _record(archive, f"{dist_info}/RECORD") if f"{dist_info}/RECORD" in names else None
            )
            unique = tuple(dict.fromkeys(names))
            members = tuple(member_of(name, archive.read(name), search) for name in unique)
            redirect = _redirect(archive, f"{dist_info}/{redirects.FILE}", metadata)
    except OSError as error:
        raise NotAWheelError(f"{path} can't be read: {error.strerror or error}.") from error
    except (*_DAMAGED, UnicodeDecodeError, csv.Error) as error:
        raise NotAWheelError(f"{path}: not a wheel that can be read: {error}") from error
    return WheelFacts(
        filename=path.name,
        size=path.stat().st_size,
        name=name,
        version=str(version),
        build="".join(map(str, build)),
        tags=frozenset(map(str, tags)),
        declared_tags=_expand(wheel.get_all("Tag", [])),
        dist_info=dist_info,
        metadata_name=str(metadata.get("Name", "")),
        metadata_version=str(metadata.get("Version", "")),
        requires_python=str(metadata.get("Requires-Python", "")),
        record=record,
        members=members,
        repeated=tuple(name for name in unique if names.count(name) > 1),
        unsafe=tuple(name for name in unique if _is_unsafe(name)),
        requires=tuple(map(str, metadata.get_all("Requires-Dist", []))),
        redirect=redirect,
    )


def _dist_info(path: Path, names: list[str]) -> str:
    folders = {name.split("/")[0] for name in names if name.split("/")[0].endswith(".dist-info")}
    if len(folders) != 1:
        raise NotAWheelError(f"{path}: holds {len(folders)} .dist-info folders; a wheel has one.")
    folder = folders.pop()
    for file in ("WHEEL", "METADATA"):
        if f"{folder}/{file}" not in names:
            raise NotAWheelError(f"{path}: has no {folder}/{file}.")
    return folder


def _headers(archive: zipfile.ZipFile, name: str) -> Message:
    return email.parser.Parser().parsestr(archive.read(name).decode("utf-8"), headersonly=True)


def _redirect(archive: zipfile.ZipFile, name: str, metadata: Message) -> bool | Redirect:
    if name in archive.namelist():
        return redirects.parse(archive.read(name)) or True
    return redirects.KEYWORD in re.split(r"[\s,]+", str(metadata.get("Keywords", "")))


def _expand(tags: list[str]) -> frozenset[str]:
    """Splits compressed tag sets; what is no tag stays as it is written."""
    expanded: set[str] = set()
    for text in map(str, tags):
        try:
            expanded |= set(map(str, parse_tag(text.strip())))
        except ValueError:
            expanded.add(text)
    return frozenset(expanded)


def _record(archive: zipfile.ZipFile, name: str) -> tuple[RecordEntry, ...]:
    rows = csv.reader(archive.read(name).decode("utf-8").splitlines())
    return tuple(_record_entry(row) for row in rows if row)


def _record_entry(row: list[str]) -> RecordEntry:
    path, digest, size, *_ = (*row, "", "")
    algorithm, _, encoded = digest.partition("=")
    try:
        raw = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    except ValueError:
        raw = b""
    return RecordEntry(
        path=path,
        sha256=raw.hex() if algorithm == "sha256" else "",
        algorithm=algorithm,
        size=int(size) if size.isdecimal() else None,
    )


def _is_unsafe(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return parts[0] in {"", "~"} or ".." in parts or ":" in parts[0]
