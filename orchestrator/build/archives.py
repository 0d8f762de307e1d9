"""Tar and zip files as one sequence of entries, read within bounds."""

from __future__ import annotations

import bz2
import calendar
import errno
import gzip
import io
import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from contextlib import contextmanager
from functools import partial
from typing import IO, TYPE_CHECKING, Any, BinaryIO, Literal, NamedTuple, cast

from orchestrator.errors import ArchiveTooLargeError, NotAnArchiveError, TruncatedArchiveError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    _Open = Callable[[], IO[bytes]]

MAX_BYTES = 4 << 30
_MAX_RATIO = 250
_RATIO_COUNTS_FROM = 64 << 20
_MAX_HEADER = 16 << 20
_MAX_LINK = 4096
_CHUNK = 1 << 20
_DECOMPRESSORS: dict[bytes, Callable[[Path], Any]] = {
    b"\x1f\x8b": gzip.GzipFile,
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\0": lzma.LZMAFile,
}
_ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
_DAMAGE = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    ValueError,
    OverflowError,
    RuntimeError,  # an encrypted zip, or a compression method that Python lacks
)
_CONFLICTS = {
    # What the system says to entries that can't stand side by side, or nowhere.
    errno.EEXIST,
    errno.EISDIR,
    errno.EILSEQ,
    errno.EINVAL,
    errno.ELOOP,
    errno.ENAMETOOLONG,
    errno.ENOTDIR,
}


class Entry(NamedTuple):
    """One entry of an archive.

    Attributes:
        name: Path with ``/``, as the archive spells it.
        kind: ``other`` is a device, a pipe or anything else no sdist needs.
        size: Bytes when unpacked.
        executable: Whether its owner may execute it.
        time: Of its last change, seconds since the epoch.
        target: Of a link.
        open: Gives the content of a file; valid until the next entry is read.
    """

    name: str
    kind: Literal["file", "folder", "link", "hard link", "other"]
    size: int
    executable: bool
    time: float
    target: str
    open: _Open


def bound_of(archive: Path) -> int:
    """How many bytes an archive may expand to: 4 GiB, and 250 times its size beyond 64 MiB."""
    return min(MAX_BYTES, max(_RATIO_COUNTS_FROM, _MAX_RATIO * archive.stat().st_size))


def read_entries(archive: Path) -> Iterator[Entry]:
    """The entries of a tar (gzip, bzip2, xz) or zip file, in their order.

    The kind is told from the first bytes, not from the name. To be used, entries' contents
    included, inside ``telling_damage``.

    Raises:
        NotAnArchiveError: It is of another kind.
        ArchiveTooLargeError: Its headers or its padding go beyond the bound.
    """
    with archive.open("rb") as file:
        head = file.read(512)
    if head.startswith((_ZIP, _EMPTY_ZIP)):
        yield from _read_zip(archive)
        return
    for magic, decompressor in _DECOMPRESSORS.items():
        if head.startswith(magic):
            # A decompressor's own buffer is small, and refilling it costs more than decompressing.
            with io.BufferedReader(decompressor(archive), _CHUNK) as stream:
                yield from _read_tar(_Bounded(stream, archive))
            return
    looks = "is empty" if not head else "is neither a tar (gzip, bzip2, xz) nor a zip file"
    if head.lstrip().startswith(b"<"):
        looks = "is a web page, not an archive"
    raise NotAnArchiveError(f"{archive.name} {looks}.")


@contextmanager
def telling_damage(archive: Path) -> Iterator[None]:
    """Turns the many ways in which the readers say "damaged" into two errors.

    Raises:
        NotAnArchiveError: The archive is damaged.
        TruncatedArchiveError: It ends too early.
    """
    try:
        yield
    except EOFError as error:
        raise TruncatedArchiveError(f"{archive.name} ends too early.") from error
    except _DAMAGE as error:
        # The directory of a zip file is at its end.
        if "unexpected end" in str(error) or str(error) == "File is not a zip file":
            raise TruncatedArchiveError(f"{archive.name} ends too early.") from error
        raise NotAnArchiveError(f"{archive.name} is damaged: {error}.") from error
    except OSError as error:
        # Without a number it is a decompressor's ("Invalid data stream"), not the system's.
        if error.errno is not None and error.errno not in _CONFLICTS:
            raise
        raise NotAnArchiveError(f"{archive.name} is damaged: {error}.") from error


class _Bounded:
    """A decompressed stream that refuses to go beyond a bound: what ``tarfile`` reads from."""

    def __init__(self, stream: io.BufferedReader, archive: Path) -> None:
        self._stream = stream
        self._archive = archive
        self._bound = bound_of(archive)

    def read(self, size: int) -> bytes:
        # A header says how long it is; tarfile would take its word and reserve the memory.
        self._check(size <= _MAX_HEADER)
        data = self._stream.read(size)
        self._check(self._stream.tell() <= self._bound)
        return data

    def seek(self, offset: int) -> int:
        self._check(offset <= self._bound)
        return self._stream.seek(offset)

    def tell(self) -> int:
        return self._stream.tell()

    def _check(self, within: bool) -> None:  # noqa: FBT001
        if not within:
            raise ArchiveTooLargeError(
                f"{self._archive.name} expands to more than {self._bound >> 20} MiB."
            )


def _read_tar(stream: _Bounded) -> Iterator[Entry]:
    with tarfile.open(fileobj=cast("BinaryIO", stream), mode="r:") as tar:
        while member := tar.next():
            yield Entry(
                name=member.name,
                kind=_tar_kind(member),
                size=member.size,
                executable=bool(member.mode & stat.S_IXUSR),
                time=float(member.mtime),
                target=member.linkname,
                open=cast("_Open", partial(tar.extractfile, member)),
            )
        # To the end: only there does a decompressor see that its input is cut or altered.
        while stream.read(_CHUNK):
            pass


def _tar_kind(member: tarfile.TarInfo) -> Literal["file", "folder", "link", "hard link", "other"]:
    if member.isreg():
        return "file"
    if member.isdir():
        return "folder"
    if member.issym():
        return "link"
    return "hard link" if member.islnk() else "other"


def _read_zip(archive: Path) -> Iterator[Entry]:
    with zipfile.ZipFile(archive) as file:
        for info in file.infolist():
            mode = info.external_attr >> 16
            kind: Literal["file", "folder", "link", "other"] = "file"
            if info.is_dir():
                kind = "folder"
            elif stat.S_ISLNK(mode):
                kind = "link"
            elif stat.S_IFMT(mode) not in {0, stat.S_IFREG}:
                kind = "other"
            target = ""
            if kind == "link":
                with file.open(info) as content:
                    target = content.read(_MAX_LINK).decode()
            yield Entry(
                name=info.filename,
                kind=kind,
                size=info.file_size,
                executable=bool(mode & stat.S_IXUSR),
                time=_zip_time(info.date_time),
                target=target,
                open=partial(file.open, info),
            )


def _zip_time(date: tuple[int, int, int, int, int, int]) -> float:
    # Local time of an unknown place; nonsense such as month 0 is common and means "unknown".
    try:
        return float(calendar.timegm((*date, 0, 0, 0)))
    except ValueError:
        return 0.0
