"""ELF files written from segments: read back by LIEF, and by the real loader elsewhere."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.binary.elf import read_elf
from orchestrator.binary.macho_image import Segment
from orchestrator.binary.program_headers import read_program_headers
from orchestrator.translate.elf_image import PAGE, Layout, extra_at, write_elf


def segment(
    name: str, address: int, content: bytes, *, size: int = 0, code: bool = False
) -> Segment:
    return Segment(
        name=name,
        address=address,
        size=size or len(content),
        content=content,
        writable=not code,
        executable=code,
    )


SEGMENTS = (
    segment("__TEXT", 0, b"code" * 100, size=PAGE, code=True),
    segment("__DATA", PAGE, b"data" * 10, size=3 * PAGE),
)


def layout(**changes: object) -> Layout:
    given_ = {
        "segments": SEGMENTS,
        "relative": ((PAGE, 8),),
        "symbolic": ((PAGE + 8, "malloc", 0), (PAGE + 16, "maybe", 4)),
        "weak": frozenset({"maybe"}),
        "exports": {"PyInit_tiny": 16},
        "needed": ("libdarwin-standins.so", "libc.so.6"),
        "runpath": "$ORIGIN",
    }
    return Layout(**{**given_, **changes})  # type: ignore[arg-type]


def test_it_says_what_a_loader_needs():
    elf = read_elf(write_elf(layout(soname="libtiny.so")))
    assert (elf.machine, elf.filetype, elf.soname) == ("aarch64", "shared", "libtiny.so")
    assert elf.needed == ("libdarwin-standins.so", "libc.so.6")
    assert elf.runpath == ("$ORIGIN",)
    assert elf.exports == {"PyInit_tiny"}
    assert [(one.name, one.weak) for one in elf.imports] == [("malloc", False), ("maybe", True)]
    assert elf.executable_stack is False
    assert not elf.text_relocations


def test_distances_between_segments_stay():
    data = write_elf(layout())
    loads = [part for part in read_elf(data).segments if part.memory_size >= PAGE]
    code = data.index(b"code" * 100)
    assert data.index(b"data" * 10) - code == PAGE
    assert code % PAGE == 0
    assert len(loads) == 2
    assert loads[1].memory_size == 3 * PAGE


def test_what_is_added_follows_the_image():
    extra = b"extra" * 4
    data = write_elf(layout(extra=extra))
    assert data.index(extra) - data.index(b"code" * 100) == extra_at(SEGMENTS) == 4 * PAGE


@given(st.lists(st.text("abcdefgh_", min_size=1, max_size=8), max_size=40, unique=True))
def test_any_number_of_names(names: list[str]):
    exports = {f"PyInit_{name}": number for number, name in enumerate(names)}
    elf = read_elf(write_elf(layout(exports=exports)))
    assert elf.exports == frozenset(exports)


def test_headers_are_where_the_kernel_looks():
    _, headers = read_program_headers(write_elf(layout(initialisers=(4,))))
    kinds = [header.kind for header in headers]
    assert kinds.count("load") == len(SEGMENTS) + 2
    assert "dynamic" in kinds
