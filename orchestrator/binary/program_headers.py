"""The header of an ELF file and its program headers: what the kernel and the loader map.

System V gABI, chapters 4 (ELF header) and 5 (program header). Read with ``struct``, because here
every number counts as it stands, and LIEF hands out enums.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Literal

from orchestrator.binary.kind import BadBinaryError
from orchestrator.model import Value

if TYPE_CHECKING:
    from mmap import mmap

HeaderKind = Literal["load", "dynamic", "interpreter", "stack", "other"]

_KINDS: dict[int, HeaderKind] = {1: "load", 2: "dynamic", 3: "interpreter", 0x6474E551: "stack"}
_MUST_BE_WHOLE = {"load", "dynamic", "interpreter"}
_ELF_HEADERS = {1: "HHIIIIIHHHHHH", 2: "HHIQQQIHHHHHH"}
_PROGRAM_HEADERS = {1: "IIIIIIII", 2: "IIQQQQQQ"}


class Segment(Value):
    """One part of the file, and where it goes in memory.

    Attributes:
        offset: In the file, bytes.
        address: Relative to where the file is loaded, bytes.
        file_size: Bytes in the file.
        memory_size: Bytes in memory.
        alignment: As the program header says, bytes.
        flags: PF_R (4), PF_W (2) and PF_X (1), added.
    """

    offset: int
    address: int
    file_size: int
    memory_size: int
    alignment: int
    flags: int

    @property
    def executable(self) -> bool:
        """Whether code in it may run."""
        return bool(self.flags & 1)


class ProgramHeader(Value):
    """One entry of the table: a segment and what it is."""

    kind: HeaderKind
    segment: Segment


def read_program_headers(data: bytes | mmap) -> tuple[int, tuple[ProgramHeader, ...]]:
    """The file's type (``e_type``) and its program headers.

    Raises:
        BadBinaryError: They are broken, or the file is cut off.
        struct.error: The file ends before they do.
        LookupError: It is neither of 32 nor of 64 bits.
    """
    order = ">" if data[5] == 2 else "<"  # noqa: PLR2004 - ELFDATA2MSB
    fields = struct.unpack_from(order + _ELF_HEADERS[data[4]], data, 16)
    start, size, count = fields[4], fields[8], fields[9]
    layout = order + _PROGRAM_HEADERS[data[4]]
    if count and size != struct.calcsize(layout):
        raise BadBinaryError("an ELF file with broken program headers")
    entries = [struct.unpack_from(layout, data, start + size * index) for index in range(count)]
    headers = tuple(_header(entry, data[4]) for entry in entries)
    for header in headers:
        end = header.segment.offset + header.segment.file_size
        if header.kind in _MUST_BE_WHOLE and end > len(data):
            raise BadBinaryError("an ELF file that is cut off")
    return fields[0], headers


def _header(fields: tuple[int, ...], elf_class: int) -> ProgramHeader:
    if elf_class == 1:
        kind, offset, address, _, file_size, memory_size, flags, alignment = fields
    else:
        kind, flags, offset, address, _, file_size, memory_size, alignment = fields
    segment = Segment(
        offset=offset,
        address=address,
        file_size=file_size,
        memory_size=memory_size,
        alignment=alignment,
        flags=flags,
    )
    return ProgramHeader(kind=_KINDS.get(kind, "other"), segment=segment)
