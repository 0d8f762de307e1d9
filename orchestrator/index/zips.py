"""Whether an archive from a stranger is safe to read: what it says of itself, and what it is.

The parsers that come later believe an archive's directory. A file can lie there: of ten petabytes
say "100 bytes", hold the same data a thousand times, have two directories for two readers. Nothing
here believes; every member is unpacked in small pieces and counted, and nothing is kept.
"""

from __future__ import annotations

import copy
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING

from orchestrator.model import Value

if TYPE_CHECKING:
    from pathlib import Path

_END = b"PK\x05\x06"
_END_SIZE = 22
_ZIP64_LOCATOR = b"PK\x06\x07"
_ZIP64_LOCATOR_SIZE = 20
_PIECE = 1 << 20
_ENCRYPTED = 0x1


class Limits(Value):
    """What is read at all.

    Attributes:
        directory: Bytes of the archive's directory: some 100 for each file.
        unpacked: Bytes of all files.
        ratio: Of unpacked to packed bytes; only counts from ``ratio_from`` bytes on.
        ratio_from: Bytes.
    """

    directory: int = 16 << 20
    unpacked: int = 4 << 30
    ratio: int = 50
    ratio_from: int = 64 << 20


class UnsafeZipError(Exception):
    """An archive that is not read; its text says why."""


def check_zip(path: Path, limits: Limits) -> None:
    """Looks at an archive before anything else does.

    Raises:
        UnsafeZipError: It is damaged, lies about itself, or unpacks to too much.
    """
    _check_end(path, limits)
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            _check_sizes(path, members, limits)
            for member in members:
                _check_member(archive, member)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise UnsafeZipError(f"not a zip archive, or a damaged one: {error}") from error
    except (UnicodeDecodeError, struct.error, ValueError, OSError) as error:
        raise UnsafeZipError(f"not a zip archive that can be read: {error}") from error


def _check_end(path: Path, limits: Limits) -> None:
    """The directory ends where the file ends: no reader finds another one."""
    size = path.stat().st_size
    tail_size = min(size, _END_SIZE + _ZIP64_LOCATOR_SIZE)
    with path.open("rb") as file:
        if file.read(4) != b"PK\x03\x04":
            raise UnsafeZipError("not a zip archive")
        file.seek(size - tail_size)
        tail = file.read()
    end = tail[-_END_SIZE:]
    if end[:4] != _END or end[-2:] != b"\0\0":
        raise UnsafeZipError("the archive was cut off, or something stands behind it")
    if tail[:4] == _ZIP64_LOCATOR and tail_size == _END_SIZE + _ZIP64_LOCATOR_SIZE:
        raise UnsafeZipError("a zip64 archive; wheels here are smaller than 4 GiB")
    directory, offset = struct.unpack("<II", end[12:20])
    if directory > limits.directory:
        raise UnsafeZipError("the archive holds too many files")
    if offset + directory + _END_SIZE != size:
        raise UnsafeZipError("something stands before the archive, or in it")


def _check_sizes(path: Path, members: list[zipfile.ZipInfo], limits: Limits) -> None:
    unpacked = sum(member.file_size for member in members)
    if unpacked > limits.unpacked:
        raise UnsafeZipError(f"it unpacks to more than {limits.unpacked} bytes")
    if unpacked > limits.ratio_from and unpacked > limits.ratio * path.stat().st_size:
        raise UnsafeZipError("it unpacks to far more than it is: a zip bomb")


def _check_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    name = member.filename[:100]
    if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise UnsafeZipError(f"{name!r} is packed in a way that wheels are not")
    if member.flag_bits & _ENCRYPTED:
        raise UnsafeZipError(f"{name!r} is encrypted")
    # Told that there is more than it says, zipfile unpacks all there is, and checks that.
    doubted = copy.copy(member)
    doubted.file_size = member.file_size + _PIECE
    size = 0
    with archive.open(doubted) as file:
        while piece := file.read(_PIECE):
            size += len(piece)
            if size > member.file_size:
                break
    if size != member.file_size:
        raise UnsafeZipError(f"{name!r} is not as long as the archive says: a zip bomb")
