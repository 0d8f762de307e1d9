"""An ELF shared object that holds the segments of a Mach-O image, in the same geometry. Pure.

Code is PC-relative, so distances between segments must not change: each keeps its address, all
moved by one constant behind what ELF needs in front. The loader then does what dyld would:
R_AARCH64_RELATIVE rebases, R_AARCH64_ABS64 binds, the initialisers are DT_INIT_ARRAY, and names
that Python asks for (``PyInit_``) are in the symbol table.

It is written here and not by a linker: there is nothing to link, only to lay out, and numpy's 19
modules take a second and not a minute. System V gABI, and "ELF for the Arm 64-bit Architecture".
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from orchestrator.binary.macho_image import Segment
from orchestrator.model import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


PAGE = 0x4000
"""Of Apple's arm64, and a multiple of what Linux has on most machines."""

_HEADER, _PROGRAM, _SYMBOL, _RELA, _DYN = 64, 56, 24, 24, 16
_ET_DYN, _EM_AARCH64 = 3, 183
_PT_LOAD, _PT_DYNAMIC, _PT_EH_FRAME, _PT_STACK = 1, 2, 0x6474E550, 0x6474E551
_PF_X, _PF_W, _PF_R = 1, 2, 4
_DT_NEEDED, _DT_HASH, _DT_STRTAB, _DT_SYMTAB, _DT_RELA = 1, 4, 5, 6, 7
_DT_RELASZ, _DT_RELAENT, _DT_STRSZ, _DT_SYMENT, _DT_SONAME = 8, 9, 10, 11, 14
_DT_INIT_ARRAY, _DT_INIT_ARRAYSZ, _DT_RUNPATH, _DT_FLAGS = 25, 27, 29, 30
_DF_BIND_NOW = 8
_ABS64, _RELATIVE = 257, 1027
_STB_GLOBAL, _STB_WEAK = 1, 2
_STT_NOTYPE = 0
_SOME_SECTION = 1  # any that is not SHN_UNDEF: there is no section table


class Layout(Value, kw_only=True):
    """What an ELF file is made of; addresses are those of the Mach-O image.

    Attributes:
        segments: By address.
        relative: Pointers into the image: where, and to what.
        symbolic: Pointers to symbols: where, name, addend.
        weak: Names that may be missing.
        exports: Addresses by name.
        initialisers: Functions.
        needed: DT_NEEDED.
        soname: Empty: none.
        runpath: Empty: none.
        extra: Bytes that follow the image, in a segment of their own; ``extra_at`` says where.
        unwind_index: Offset in ``extra`` and size of an ``.eh_frame_hdr``; None: there is none.
    """

    segments: tuple[Segment, ...]
    relative: tuple[tuple[int, int], ...]
    symbolic: tuple[tuple[int, str, int], ...]
    weak: frozenset[str] = frozenset()
    exports: dict[str, int]
    initialisers: tuple[int, ...] = ()
    needed: tuple[str, ...] = ()
    soname: str = ""
    runpath: str = ""
    extra: bytes = b""
    unwind_index: tuple[int, int] | None = None


def extra_at(segments: Sequence[Segment]) -> int:
    """The address in the image's own terms at which what is added to it begins."""
    last = segments[-1]
    return _up(last.address + last.size)


def write_elf(layout: Layout) -> bytes:
    """The bytes of the file."""
    return _Writer(layout).file()


class _Writer:
    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        undefined = dict.fromkeys(name for _, name, _ in layout.symbolic)
        self._undefined = [name for name in undefined if name not in layout.exports]
        self._names = [*self._undefined, *layout.exports]
        self._strings, self._offsets = _string_table(
            (*self._names, *layout.needed, layout.soname, layout.runpath)
        )
        self._numbers = {name: number for number, name in enumerate(self._names, 1)}

    def file(self) -> bytes:
        layout = self._layout
        first = layout.segments[0].address
        # In front: headers and all that is only read. The image follows on a page of its own.
        program_headers = len(layout.segments) + 6
        at = _HEADER + _PROGRAM * program_headers
        symbols_at = _up(at, 8)
        strings_at = symbols_at + _SYMBOL * (len(self._names) + 1)
        hash_at = _up(strings_at + len(self._strings), 8)
        hashes = _hash_table(self._names)
        rela_at = _up(hash_at + len(hashes), 8)
        count = len(layout.relative) + len(layout.symbolic) + len(layout.initialisers)
        front = rela_at + _RELA * count
        base = _up(front) - first
        extra = base + extra_at(layout.segments)
        init_at = _up(extra + len(layout.extra))
        dynamic_at = init_at + 8 * len(layout.initialisers)
        dynamic = self._dynamic(
            {
                _DT_HASH: hash_at,
                _DT_STRTAB: strings_at,
                _DT_SYMTAB: symbols_at,
                _DT_RELA: rela_at,
                _DT_RELASZ: _RELA * count,
            },
            init_at,
        )
        end = dynamic_at + len(dynamic)
        headers = [_load(0, front, _PF_R)]
        headers += [_load_segment(segment, base) for segment in layout.segments]
        if layout.extra:
            headers.append(_load(extra, len(layout.extra), _PF_R | _PF_W))
        headers.append(_load(init_at, end - init_at, _PF_R | _PF_W))
        headers.append(_part(_PT_DYNAMIC, dynamic_at, len(dynamic), 8))
        if layout.unwind_index:
            offset, size = layout.unwind_index
            headers.append(_part(_PT_EH_FRAME, extra + offset, size, 4))
        headers.append(struct.pack("<IIQQQQQQ", _PT_STACK, _PF_R | _PF_W, 0, 0, 0, 0, 0, 16))
        file = bytearray(end)
        _put(file, 0, _elf_header(len(headers)) + b"".join(headers))
        _put(file, symbols_at, self._symbols(base))
        _put(file, strings_at, self._strings)
        _put(file, hash_at, hashes)
        _put(file, rela_at, self._relocations(base, init_at))
        for segment in layout.segments:
            _put(file, base + segment.address, segment.content)
        _put(file, extra, layout.extra)
        _put(file, dynamic_at, dynamic)
        return bytes(file)

    def _symbols(self, base: int) -> bytes:
        parts = [bytes(_SYMBOL)]
        for name in self._undefined:
            bind = _STB_WEAK if name in self._layout.weak else _STB_GLOBAL
            parts.append(_symbol(self._offsets[name], bind, 0, 0))
        for name, address in self._layout.exports.items():
            parts.append(_symbol(self._offsets[name], _STB_GLOBAL, _SOME_SECTION, base + address))
        return b"".join(parts)

    def _relocations(self, base: int, init_at: int) -> bytes:
        layout = self._layout
        parts = [
            struct.pack("<QQq", base + address, _RELATIVE, base + target)
            for address, target in layout.relative
        ]
        parts += [
            struct.pack("<QQq", base + address, self._numbers[name] << 32 | _ABS64, addend)
            for address, name, addend in layout.symbolic
        ]
        parts += [
            struct.pack("<QQq", init_at + 8 * number, _RELATIVE, base + address)
            for number, address in enumerate(layout.initialisers)
        ]
        return b"".join(parts)

    def _dynamic(self, places: dict[int, int], init_at: int) -> bytes:
        layout = self._layout
        entries = [(_DT_NEEDED, self._offsets[name]) for name in layout.needed]
        if layout.soname:
            entries.append((_DT_SONAME, self._offsets[layout.soname]))
        if layout.runpath:
            entries.append((_DT_RUNPATH, self._offsets[layout.runpath]))
        entries += places.items()
        entries += [
            (_DT_RELAENT, _RELA),
            (_DT_SYMENT, _SYMBOL),
            (_DT_STRSZ, len(self._strings)),
            (_DT_FLAGS, _DF_BIND_NOW),
        ]
        if layout.initialisers:
            entries += [
                (_DT_INIT_ARRAY, init_at),
                (_DT_INIT_ARRAYSZ, 8 * len(layout.initialisers)),
            ]
        return b"".join(struct.pack("<QQ", tag, value) for tag, value in (*entries, (0, 0)))


def _elf_header(program_headers: int) -> bytes:
    identity = b"\x7fELF" + bytes((2, 1, 1)) + bytes(9)
    return identity + struct.pack(
        "<HHIQQQIHHHHHH",
        *(_ET_DYN, _EM_AARCH64, 1, 0, _HEADER, 0, 0, _HEADER, _PROGRAM, program_headers),
        *(64, 0, 0),
    )


def _load(address: int, size: int, flags: int) -> bytes:
    """A part of the file at its own offset."""
    return struct.pack("<IIQQQQQQ", _PT_LOAD, flags, address, address, address, size, size, PAGE)


def _load_segment(segment: Segment, base: int) -> bytes:
    flags = _PF_R | (_PF_W if segment.writable else 0) | (_PF_X if segment.executable else 0)
    address, held = base + segment.address, len(segment.content)
    return struct.pack(
        "<IIQQQQQQ", _PT_LOAD, flags, address, address, address, held, segment.size, PAGE
    )


def _part(kind: int, address: int, size: int, alignment: int) -> bytes:
    return struct.pack(
        "<IIQQQQQQ", kind, _PF_R | _PF_W, address, address, address, size, size, alignment
    )


def _symbol(name: int, bind: int, section: int, value: int) -> bytes:
    return struct.pack("<IBBHQQ", name, bind << 4 | _STT_NOTYPE, 0, section, value, 0)


def _string_table(names: Iterable[str]) -> tuple[bytes, dict[str, int]]:
    table, offsets = bytearray(b"\0"), {"": 0}
    for name in names:
        if name not in offsets:
            offsets[name] = len(table)
            table += name.encode() + b"\0"
    return bytes(table), offsets


def _hash_table(names: Sequence[str]) -> bytes:
    """DT_HASH: the symbols in chains by the hash of their names; symbol 0 is none."""
    buckets = [0] * max(len(names), 1)
    chains = [0] * (len(names) + 1)
    for number, name in enumerate(names, 1):
        bucket = _hash(name.encode()) % len(buckets)
        chains[number], buckets[bucket] = buckets[bucket], number
    words = (len(buckets), len(chains), *buckets, *chains)
    return struct.pack(f"<{len(words)}I", *words)


def _hash(name: bytes) -> int:
    value = 0
    for byte in name:
        value = (value << 4) + byte
        high = value & 0xF0000000
        value = (value ^ high >> 24) & ~high & 0xFFFFFFFF
    return value


def _put(file: bytearray, at: int, content: bytes) -> None:
    file[at : at + len(content)] = content


def _up(value: int, step: int = PAGE) -> int:
    return -(-value // step) * step
