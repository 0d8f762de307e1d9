"""The canonical form of a wheel file: the same members always give the same bytes.

Backends and repair tools write members in the order of a directory listing, with the times of
the build. Here a wheel is written anew: sorted, with one time, two modes, one compression, and a
RECORD computed from what was written (binary distribution format; PEP 376, 427).
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import stat
import time
import zipfile
import zlib
from typing import IO, TYPE_CHECKING

from orchestrator.errors import NotAWheelError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# What the zip format's dates can say: 1980-01-01 to 2107-12-31, seconds since 1970.
_OLDEST = 315532800
_NEWEST = 4354819198
_UNIX = 3
_CHUNK = 1 << 20
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)


def canonical_zip(
    source: Path, destination: Path, epoch: int, replaced: Mapping[str, Path] | None = None
) -> None:
    """Rewrites a wheel in canonical form.

    Members are sorted, those of the ``.dist-info`` folder last and RECORD at the very end;
    folders have no entries; files keep their executable bit and nothing else of their mode.
    RECORD's detached signatures are left out: they would sign another RECORD. Members are
    streamed, so memory stays small whatever the wheel's size.

    Args:
        source: A wheel.
        destination: Another file, which is replaced; absent after an error.
        epoch: Time of every member, seconds since 1970 UTC (``SOURCE_DATE_EPOCH``), brought
            into the years 1980 to 2107.
        replaced: Members that get another content, or are new, by name, and the files that hold
            it.

    Raises:
        NotAWheelError: The source is no zip file, is damaged, or has no ``.dist-info/WHEEL``.
    """
    when = time.gmtime(min(max(epoch, _OLDEST), _NEWEST))[:6]
    try:
        with zipfile.ZipFile(source) as old, zipfile.ZipFile(destination, "w") as new:
            _rewrite(old, new, when, replaced or {})
    except _DAMAGE as error:
        destination.unlink(missing_ok=True)
        raise NotAWheelError(f"{source}: not a zip file, or a damaged one: {error}") from error
    except BaseException:
        destination.unlink(missing_ok=True)
        raise


def _rewrite(
    old: zipfile.ZipFile,
    new: zipfile.ZipFile,
    when: tuple[int, int, int, int, int, int],
    replaced: Mapping[str, Path],
) -> None:
    """Copies all members in canonical order and writes RECORD."""
    # A name that occurs twice means its last entry, as it does to installers.
    members = {info.filename: info for info in old.infolist() if not info.is_dir()}
    folder = _dist_info(members, old.filename or "wheel")
    record = f"{folder}/RECORD"
    for name in (record, f"{record}.jws", f"{record}.p7s"):
        members.pop(name, None)
    rows: list[tuple[str, str, str]] = []
    names = members.keys() | replaced.keys()
    for name in sorted(names, key=lambda name: (name.startswith(f"{folder}/"), name)):
        info = _entry(name, when, members[name].external_attr >> 16 if name in members else 0)
        own = replaced.get(name)
        # The size decides whether the entry is a zip64 one.
        info.file_size = own.stat().st_size if own else members[name].file_size
        with own.open("rb") if own else old.open(members[name]) as reader:
            encoded = _copy(reader, new, info)
        rows.append((name, f"sha256={encoded}", str(info.file_size)))
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([*rows, (record, "", "")])
    new.writestr(_entry(record, when), text.getvalue().encode())


def _copy(reader: IO[bytes], archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> str:
    """Writes a member; its digest as RECORD spells it."""
    digest = hashlib.sha256()
    with archive.open(info, "w") as writer:
        while chunk := reader.read(_CHUNK):
            digest.update(chunk)
            writer.write(chunk)
    return base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()


def _dist_info(names: dict[str, zipfile.ZipInfo], wheel: str) -> str:
    """The wheel's own ``.dist-info`` folder; those of vendored projects lie deeper."""
    folders = [name.removesuffix("/WHEEL") for name in names if name.endswith(".dist-info/WHEEL")]
    own = [folder for folder in folders if "/" not in folder]
    if len(own) != 1:
        raise NotAWheelError(f"{wheel}: {len(own)} .dist-info/WHEEL files where a wheel has one")
    return own[0]


def _entry(name: str, when: tuple[int, int, int, int, int, int], mode: int = 0) -> zipfile.ZipInfo:
    """An archive entry that depends on nothing but its name, time and executable bit."""
    info = zipfile.ZipInfo(name, date_time=when)
    info.create_system = _UNIX
    info.compress_type = zipfile.ZIP_DEFLATED  # at zlib's own level, 6
    info.external_attr = (stat.S_IFREG | (0o755 if mode & 0o111 else 0o644)) << 16
    return info
