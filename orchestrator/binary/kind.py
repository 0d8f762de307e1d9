"""What kind of file some bytes are, and for which machine, told from the first few fields.

Formats: Mach-O (``<mach-o/loader.h>``, ``<mach-o/fat.h>``), ELF (System V gABI, chapter 4),
PE (Microsoft PE format specification) and Unix archives (``ar``).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Literal

from orchestrator.model import Value

if TYPE_CHECKING:
    from mmap import mmap

Format = Literal["macho", "fat", "elf", "pe", "ar", "other"]

_MACHO_MAGICS = {
    b"\xfe\xed\xfa\xce": ">",
    b"\xfe\xed\xfa\xcf": ">",
    b"\xce\xfa\xed\xfe": "<",
    b"\xcf\xfa\xed\xfe": "<",
}
_FAT_MAGICS = {b"\xca\xfe\xba\xbe": 20, b"\xca\xfe\xba\xbf": 32}
# A Java class file starts like a fat Mach-O; where that counts slices, Java has its major
# version, which starts at 45.
_MOST_SLICES = 44
_AR_MAGIC = b"!<arch>\n"
_AR_HEADER = 60
_MACHO_CPUS = {7: "i386", 0x01000007: "x86_64", 12: "arm", 0x0100000C: "arm64", 18: "ppc"}
_ELF_MACHINES = {3: "i386", 40: "arm", 62: "x86_64", 183: "aarch64", 21: "ppc64", 243: "riscv"}
_PE_MACHINES = {0x14C: "i386", 0x8664: "x86_64", 0xAA64: "arm64"}


class BadBinaryError(ValueError):
    """The bytes start like a binary but are not a whole and sane one."""


class FileKind(Value):
    """What kind of file it is.

    Attributes:
        format: By the magic number; ``fat`` is a universal Mach-O.
        machines: What it was compiled for, one per slice; of an ``ar``, those of its first
            object file. Empty where unknown.
        objects: Of an ``ar``, the format of its first object file; else ``other``.
    """

    format: Format
    machines: tuple[str, ...] = ()
    objects: Format = "other"

    @property
    def is_macho(self) -> bool:
        """Whether it is a Mach-O, thin or universal."""
        return self.format in {"macho", "fat"}

    @property
    def is_native(self) -> bool:
        """Whether it holds machine code for one operating system."""
        return self.format != "other"


_OTHER = FileKind(format="other")


def kind_of(data: bytes | mmap) -> FileKind:
    """Looks at the first bytes of a file. Never raises: what is no binary is ``other``."""
    try:
        return _kind_of(data)
    except (struct.error, IndexError):
        return _OTHER


def _kind_of(data: bytes | mmap) -> FileKind:
    magic = data[:4]
    if order := _MACHO_MAGICS.get(magic):
        (cpu,) = struct.unpack_from(f"{order}I", data, 4)
        return FileKind(format="macho", machines=(_name(_MACHO_CPUS, cpu),))
    if magic in _FAT_MAGICS:
        return _fat(data, _FAT_MAGICS[magic])
    if magic == b"\x7fELF":
        order = ">" if data[5] == 2 else "<"  # noqa: PLR2004 - ELFDATA2MSB
        (machine,) = struct.unpack_from(f"{order}H", data, 18)
        return FileKind(format="elf", machines=(_name(_ELF_MACHINES, machine),))
    if magic[:2] == b"MZ":
        return _pe(data)
    if data[: len(_AR_MAGIC)] == _AR_MAGIC:
        return _archive(data)
    return _OTHER


def _name(names: dict[int, str], number: int) -> str:
    return names.get(number, f"machine {number:#x}")


def _fat(data: bytes | mmap, entry: int) -> FileKind:
    (count,) = struct.unpack_from(">I", data, 4)
    if not 0 < count <= _MOST_SLICES:
        return _OTHER
    cpus = [struct.unpack_from(">I", data, 8 + entry * index)[0] for index in range(count)]
    return FileKind(format="fat", machines=tuple(_name(_MACHO_CPUS, cpu) for cpu in cpus))


def _pe(data: bytes | mmap) -> FileKind:
    (offset,) = struct.unpack_from("<I", data, 0x3C)
    if data[offset : offset + 4] != b"PE\0\0":
        return _OTHER
    (machine,) = struct.unpack_from("<H", data, offset + 4)
    return FileKind(format="pe", machines=(_name(_PE_MACHINES, machine),))


def _archive(data: bytes | mmap) -> FileKind:
    """Finds the first member that is an object file; symbol tables and name tables are not."""
    offset = len(_AR_MAGIC)
    while offset + _AR_HEADER <= len(data):
        header = data[offset : offset + _AR_HEADER]
        start = offset + _AR_HEADER
        try:
            size = int(header[48:58])
        except ValueError:
            break
        if size < 0:
            break
        # BSD archives (Apple's) put a long name in front of the content: "#1/LENGTH".
        name = header[3:16].strip()
        skip = int(name) if header.startswith(b"#1/") and name.isdigit() else 0
        member = _kind_of(data[start + skip : start + min(size, 4096)])
        if member.format not in {"other", "ar"}:
            return FileKind(format="ar", machines=member.machines, objects=member.format)
        offset = start + size + size % 2
    return FileKind(format="ar")
