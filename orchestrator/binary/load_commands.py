"""What the load commands of a Mach-O file say of libraries, and nothing else of the file.

For audits of hundreds of files, some of hundreds of megabytes: only the first pages of each slice
are touched, so ``data`` may be a memory map. Names are those of ``<mach-o/loader.h>`` and
``<mach-o/fat.h>``. Everything else of one file: ``orchestrator.binary.macho``.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from orchestrator.binary.kind import BadBinaryError, kind_of
from orchestrator.binary.text import readable
from orchestrator.model import Value

if TYPE_CHECKING:
    from collections.abc import Iterator
    from mmap import mmap

_ID_DYLIB, _RPATH, _SEGMENT_64 = 0xD, 0x8000001C, 0x19
# LC_LOAD_DYLIB, and its weak, re-exporting, lazy and upward relatives.
_LOADS = {0xC, 0x80000018, 0x8000001F, 0x20, 0x80000023}
_NAMING = _LOADS | {_ID_DYLIB, _RPATH}
_HEADER = {b"\xfe\xed\xfa\xce": (">", 28), b"\xfe\xed\xfa\xcf": (">", 32)}
_HEADER |= {b"\xce\xfa\xed\xfe": ("<", 28), b"\xcf\xfa\xed\xfe": ("<", 32)}
_FAT_ENTRIES = {b"\xca\xfe\xba\xbe": ">IIIII", b"\xca\xfe\xba\xbf": ">IIQQII"}


class Linkage(Value):
    """What one slice of a Mach-O file loads.

    Attributes:
        arch: ``arm64`` (``arm64e`` too), ``x86_64`` …
        install_name: LC_ID_DYLIB; empty where there is none.
        libraries: Paths as the load commands spell them, in load order.
        rpaths: LC_RPATH in order.
    """

    arch: str
    install_name: str = ""
    libraries: tuple[str, ...] = ()
    rpaths: tuple[str, ...] = ()


def read_linkage(data: bytes | mmap) -> tuple[Linkage, ...]:
    """Reads the load commands of a Mach-O file: one value per slice, in file order.

    Raises:
        BadBinaryError: The bytes are not a Mach-O file, or one that is broken or cut off.
    """
    if not kind_of(data).is_macho:
        raise BadBinaryError("not a Mach-O file")
    try:
        return tuple(_slice(data, start) for start in _starts(data))
    except (struct.error, LookupError) as error:
        raise BadBinaryError("a Mach-O file with broken load commands") from error


def _starts(data: bytes | mmap) -> Iterator[int]:
    layout = _FAT_ENTRIES.get(data[:4])
    if layout is None:
        yield 0
        return
    (count,) = struct.unpack_from(">I", data, 4)
    for index in range(count):
        _, _, start, size, *_ = struct.unpack_from(
            layout, data, 8 + index * struct.calcsize(layout)
        )
        if start + size > len(data):
            raise BadBinaryError("a Mach-O file that is cut off")
        yield start


def _slice(data: bytes | mmap, start: int) -> Linkage:
    order, header = _HEADER[data[start : start + 4]]
    (arch,) = kind_of(data[start : start + 8]).machines
    (size,) = struct.unpack_from(f"{order}I", data, start + 20)
    commands = data[start + header : start + header + size]
    if len(commands) != size:
        raise BadBinaryError("a Mach-O file that is cut off")
    listed = list(_commands(commands, order))
    for command, fields in listed:
        if command == _SEGMENT_64:
            offset, length = struct.unpack_from(f"{order}QQ", fields, 40)
            if start + offset + length > len(data):
                raise BadBinaryError("a Mach-O file that is cut off")
    found = [(command, _path(fields, order)) for command, fields in listed if command in _NAMING]
    return Linkage(
        arch=arch,
        install_name="".join(path for command, path in found if command == _ID_DYLIB),
        libraries=tuple(path for command, path in found if command in _LOADS),
        rpaths=tuple(path for command, path in found if command == _RPATH),
    )


def _commands(commands: bytes, order: str) -> Iterator[tuple[int, bytes]]:
    """Number and bytes of each."""
    offset = 0
    while offset < len(commands):
        command, size = struct.unpack_from(f"{order}II", commands, offset)
        if size < 8 or offset + size > len(commands):  # noqa: PLR2004 - its first two fields
            raise BadBinaryError("a Mach-O file with broken load commands")
        yield command, commands[offset : offset + size]
        offset += size


def _path(fields: bytes, order: str) -> str:
    """What a command names: the string is where the third field says."""
    (start,) = struct.unpack_from(f"{order}I", fields, 8)
    return readable(fields[start:].split(b"\0")[0])
