"""How exceptions find their way through translated code: compact unwind information as DWARF. Pure.

Apple's linkers describe most functions in ``__unwind_info``, which only Apple's unwinder reads.
Each entry says which registers a function has saved where, which a few instructions of DWARF say
too. Functions that the compact form can't describe have DWARF already, in ``__eh_frame``. Either
way the index (``.eh_frame_hdr``) that Linux's unwinders look into leads to it.

Formats: ``<mach-o/compact_unwind_encoding.h>``; "Linux Standard Base Core", chapter 10.6;
"DWARF for the Arm 64-bit Architecture" for register numbers.
"""

from __future__ import annotations

import itertools
import struct
from typing import TYPE_CHECKING, NamedTuple

from orchestrator.binary.kind import BadBinaryError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.binary.macho_image import Image

_INFO, _DWARF = "__TEXT,__unwind_info", "__TEXT,__eh_frame"
_REGULAR, _COMPRESSED = 2, 3
_HAS_LSDA, _PERSONALITY, _MODE = 0x40000000, 0x30000000, 0x0F000000
_FRAMELESS, _IN_DWARF, _FRAME = 0x02000000, 0x03000000, 0x04000000
_FP, _LR, _SP = 29, 30, 31
# Pairs of registers by the bit that says that they are saved, in the order in which they are.
_PAIRS = (
    *((1 << bit, 19 + 2 * bit, 20 + 2 * bit) for bit in range(5)),
    *((0x100 << bit, 72 + 2 * bit, 73 + 2 * bit) for bit in range(4)),
)
_PCREL, _INDIRECT, _SDATA4, _UDATA4, _DATAREL = 0x10, 0x80, 0x0B, 0x03, 0x30
_DEF_CFA, _OFFSET, _OFFSET_EXTENDED = 0x0C, 0x80, 0x05
_MOST = 1 << 20  # functions


class _Function(NamedTuple):
    """A function as the compact form tells it; addresses are the image's."""

    start: int
    end: int
    encoding: int
    lsda: int
    personality: int


class Unwinding(NamedTuple):
    """What is added to an image.

    Attributes:
        content: Bytes.
        table: Offset and size of the ``.eh_frame_hdr`` among them.
    """

    content: bytes
    table: tuple[int, int]


def unwinding(image: Image, at: int) -> Unwinding | None:
    """The DWARF of all functions of an image; None where it says of none how to unwind it.

    Args:
        image: As its loader sees it.
        at: Address that the bytes will have.

    Raises:
        BadBinaryError: Its unwind information contradicts itself.
    """
    if _INFO not in image.sections:
        return None
    try:
        functions = tuple(_functions(image))
    except (struct.error, IndexError) as error:
        raise BadBinaryError(f"broken unwind information: {error}") from error
    if not functions:
        return None
    return _Writer(at, image).write(functions)


def _functions(image: Image) -> Iterator[_Function]:
    start, size = image.sections[_INFO]
    data = image.read(start, size)
    header = struct.unpack_from("<7I", data)
    common = struct.unpack_from(f"<{header[2]}I", data, header[1])
    people = struct.unpack_from(f"<{header[4]}I", data, header[3])
    pages = [struct.unpack_from("<3I", data, header[5] + 12 * n) for n in range(header[6])]
    found: list[tuple[int, int]] = []
    lsdas: dict[int, int] = {}
    for (first, page, lsda), (_, _, next_lsda) in itertools.pairwise(pages):
        if page:
            found += _entries(data, page, first, common)
        for place in range(lsda, next_lsda, 8):
            function, about = struct.unpack_from("<2I", data, place)
            lsdas[function] = about
        if len(found) > _MOST:
            raise BadBinaryError("unwind information of more functions than there can be")
    ends = [*(function for function, _ in found[1:]), pages[-1][0] if pages else 0]
    base = image.start
    for (function, encoding), end in zip(found, ends, strict=True):
        number = (encoding & _PERSONALITY) >> 28
        yield _Function(
            start=base + function,
            end=base + end,
            encoding=encoding,
            lsda=base + lsdas[function] if encoding & _HAS_LSDA and function in lsdas else 0,
            personality=base + people[number - 1] if number else 0,
        )


def _entries(
    data: bytes, page: int, first: int, common: tuple[int, ...]
) -> Iterator[tuple[int, int]]:
    """Functions of a second-level page with their encodings."""
    kind, offset, count = struct.unpack_from("<IHH", data, page)
    if kind == _REGULAR:
        for number in range(count):
            function, encoding = struct.unpack_from("<2I", data, page + offset + 8 * number)
            yield function, encoding
    elif kind == _COMPRESSED:
        own_at, own_count = struct.unpack_from("<2H", data, page + 8)
        own = struct.unpack_from(f"<{own_count}I", data, page + own_at)
        for number in range(count):
            (word,) = struct.unpack_from("<I", data, page + offset + 4 * number)
            index = word >> 24
            encoding = common[index] if index < len(common) else own[index - len(common)]
            yield first + (word & 0xFFFFFF), encoding
    else:
        raise BadBinaryError(f"unwind information of an unknown kind, {kind}")


class _Writer:
    """Lays out CIEs, FDEs and their index; ``at`` is where its first byte will be."""

    def __init__(self, at: int, image: Image) -> None:
        self._at = at
        self._frame = bytearray()
        self._cies: dict[int, int] = {}
        self._dwarf = image.sections.get(_DWARF, (0, 0))[0]

    def write(self, functions: tuple[_Function, ...]) -> Unwinding:
        table: list[tuple[int, int]] = []
        for function in functions:
            place = self._describe(function)
            if place:
                table.append((function.start, place))
        self._frame += bytes(4)  # the end
        while len(self._frame) % 8:
            self._frame += b"\0"
        index_at = self._at + len(self._frame)
        index = bytearray(
            struct.pack("<4B", 1, _PCREL | _SDATA4, _UDATA4, _DATAREL | _SDATA4)
            + struct.pack("<iI", self._at - (index_at + 4), len(table))
        )
        for start, place in sorted(table):
            index += struct.pack("<ii", start - index_at, place - index_at)
        content = bytes(self._frame + index)
        return Unwinding(content=content, table=(len(self._frame), len(index)))

    def _describe(self, function: _Function) -> int:
        """The address of a function's FDE; 0 where nothing is known of it."""
        mode = function.encoding & _MODE
        if mode == _IN_DWARF and self._dwarf:
            return self._dwarf + (function.encoding & 0xFFFFFF)
        if mode == _FRAME:
            rules = _define(_FP, 16) + _saved(_FP, 2) + _saved(_LR, 1)
            rules += _saved_pairs(function.encoding, 3)
        elif mode == _FRAMELESS:
            rules = _define(_SP, 16 * (function.encoding >> 12 & 0xFFF))
            rules += _saved_pairs(function.encoding, 1)
        else:
            return 0
        cie = self._cie(function.personality)
        place = self._at + len(self._frame)
        body = struct.pack("<I", place + 4 - cie)
        body += struct.pack("<iI", function.start - (place + 8), function.end - function.start)
        if function.personality:
            about = function.lsda - (place + 17) if function.lsda else 0
            body += b"\x04" + struct.pack("<i", about)
        else:
            body += b"\x00"
        self._add(body + rules)
        return place

    def _cie(self, personality: int) -> int:
        """The address of the CIE that all functions with a personality share."""
        if personality not in self._cies:
            place = self._at + len(self._frame)
            head = struct.pack("<IB", 0, 1)
            if personality:
                # length, id, version, augmentation, three numbers, size and encoding go before it
                pointer_at = place + 4 + 5 + 5 + 3 + 2
                about = struct.pack(
                    "<BiBB",
                    _INDIRECT | _PCREL | _SDATA4,
                    personality - pointer_at,
                    _PCREL | _SDATA4,
                    _PCREL | _SDATA4,
                )
                head += b"zPLR\0"
            else:
                about, text = bytes([_PCREL | _SDATA4]), b"zR\0"
                head += text
            numbers = bytes([1, 0x78, _LR, len(about)])  # code 1, data -8
            self._add(head + numbers + about + _define(_SP, 0))
            self._cies[personality] = place
        return self._cies[personality]

    def _add(self, body: bytes) -> None:
        """Adds an entry with its length, padded by DW_CFA_nop."""
        body += bytes(-(len(body) + 4) % 8)
        self._frame += struct.pack("<I", len(body)) + body


def _define(register: int, offset: int) -> bytes:
    return bytes([_DEF_CFA, register]) + _uleb(offset)


def _saved(register: int, slot: int) -> bytes:
    """That a register lies so many times eight bytes below the frame's beginning."""
    if register < 1 << 6:
        return bytes([_OFFSET | register]) + _uleb(slot)
    return bytes([_OFFSET_EXTENDED]) + _uleb(register) + _uleb(slot)


def _saved_pairs(encoding: int, slot: int) -> bytes:
    rules = b""
    for bit, first, second in _PAIRS:
        if encoding & bit:
            rules += _saved(first, slot) + _saved(second, slot + 1)
            slot += 2
    return rules


def _uleb(value: int) -> bytes:
    out = bytearray()
    while True:
        byte, value = value & 0x7F, value >> 7
        out.append(byte | (0x80 if value else 0))
        if not value:
            return bytes(out)
