"""What one file says, whatever it is: a binary's facts, or nothing but its digest."""

from __future__ import annotations

import hashlib

from orchestrator.binary.elf import Elf, read_elf
from orchestrator.binary.kind import BadBinaryError, FileKind, kind_of
from orchestrator.binary.macho import MachO, read_macho
from orchestrator.model import Value


class Member(Value):
    """One file of a wheel or of a library.

    Attributes:
        name: As the archive spells it; with ``/``, relative to its top.
        size: Bytes, unpacked.
        sha256: Hex digest of the content.
        kind: What kind of file it is.
        slices: Of a Mach-O file, its slices.
        elf: Of an ELF file, what it says.
        broken: Why a Mach-O or ELF file could not be read; empty when it could.
        mentions: Which of the strings searched for its content holds.
    """

    name: str
    size: int
    sha256: str
    kind: FileKind = FileKind(format="other")
    slices: tuple[MachO, ...] = ()
    elf: Elf | None = None
    broken: str = ""
    mentions: tuple[str, ...] = ()


def member_of(name: str, data: bytes, search: tuple[str, ...] = ()) -> Member:
    """Looks at one file.

    Args:
        name: Of the file.
        data: Its content.
        search: Strings to look for, where it is a binary.
    """
    kind = kind_of(data)
    slices: tuple[MachO, ...] = ()
    elf = None
    broken = ""
    try:
        slices = read_macho(data) if kind.is_macho else ()
        elf = read_elf(data) if kind.format == "elf" else None
    except BadBinaryError as error:
        broken = str(error)
    return Member(
        name=name,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        kind=kind,
        slices=slices,
        elf=elf,
        broken=broken,
        mentions=tuple(text for text in search if kind.is_native and text.encode("utf-8") in data),
    )
