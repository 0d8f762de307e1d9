"""Compact unwind information as DWARF: of the small C++ module that throws."""

from __future__ import annotations

import struct

import pytest

from orchestrator.binary.kind import BadBinaryError
from orchestrator.binary.macho_image import Image, Segment, ThreadLocals
from orchestrator.translate.unwind import unwinding

AT = 0x10000
FRAME_X19_X20 = 0x04000001
FRAMELESS_32 = 0x02002000


def image(info: bytes) -> Image:
    content = bytes(0x1000) + info
    text = Segment(
        name="__TEXT",
        address=0,
        size=len(content),
        content=content,
        writable=False,
        executable=True,
    )
    return Image(
        filetype="bundle",
        libraries=(),
        install_name="",
        segments=(text,),
        rebases=(),
        binds=(),
        exports={},
        initialisers=(),
        thread_locals=ThreadLocals(),
        sections={"__TEXT,__unwind_info": (0x1000, len(info))},
    )


def regular(*functions: tuple[int, int], end: int) -> bytes:
    """``__unwind_info`` of one page of the regular kind."""
    page = struct.pack("<IHH", 2, 8, len(functions))
    page += b"".join(struct.pack("<2I", *function) for function in functions)
    index_at = 28
    page_at = index_at + 24
    after = page_at + len(page)
    head = struct.pack("<7I", 1, 28, 0, 28, 0, index_at, 2)
    index = struct.pack("<3I", functions[0][0], page_at, after) + struct.pack("<3I", end, 0, after)
    return head + index + page


def entries(content: bytes, table: tuple[int, int]) -> list[tuple[int, int]]:
    """What the index says: start of a function, place of its FDE; in the image's addresses."""
    at, size = table
    assert content[at : at + 4] == b"\x01\x1b\x03\x3b"
    (count,) = struct.unpack_from("<I", content, at + 8)
    assert size == 12 + 8 * count
    pairs = [struct.unpack_from("<ii", content, at + 12 + 8 * n) for n in range(count)]
    return [(AT + at + start, AT + at + place) for start, place in pairs]


def test_functions_are_found_by_where_they_begin():
    found = unwinding(image(regular((0x100, FRAME_X19_X20), (0x180, FRAMELESS_32), end=0x200)), AT)
    assert found
    listed = entries(found.content, found.table)
    assert [start for start, _ in listed] == [0x100, 0x180]
    for (start, place), size in zip(listed, (0x80, 0x80), strict=True):
        offset = place - AT
        begin, length = struct.unpack_from("<iI", found.content, offset + 8)
        assert (place + 8 + begin, length) == (start, size)


def test_saved_registers_are_said():
    found = unwinding(image(regular((0x100, FRAME_X19_X20), end=0x200)), AT)
    assert found
    ((_, place),) = entries(found.content, found.table)
    rules = found.content[place - AT + 17 :]
    # def_cfa x29+16; x29 at -16, x30 at -8, x19 at -24, x20 at -32
    assert rules.startswith(
        bytes([0x0C, 29, 16, 0x80 | 29, 2, 0x80 | 30, 1, 0x80 | 19, 3, 0x80 | 20, 4])
    )


@pytest.mark.parametrize("cut", [30, 60])
def test_what_is_cut_off_is_refused(cut: int):
    whole = regular((0x100, FRAME_X19_X20), (0x180, FRAMELESS_32), end=0x200)
    with pytest.raises(BadBinaryError):
        unwinding(image(whole[:cut]), AT)
