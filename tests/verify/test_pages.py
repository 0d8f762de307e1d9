"""Which files a kernel with 64 KiB pages can load."""

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.binary.program_headers import Segment
from orchestrator.verify.pages import page_problem

PAGE = 0x10000
CODE, DATA, READ = 5, 6, 4


def segment(offset: int, address: int, size: int, flags: int, alignment: int = PAGE) -> Segment:
    return Segment(
        offset=offset,
        address=address,
        file_size=size,
        memory_size=size,
        alignment=alignment,
        flags=flags,
    )


def test_as_linkers_lay_it_out():
    good = [segment(0, 0, 0x34C, READ), segment(0x34C, 0x1034C, 0x44, CODE)]
    assert page_problem(good, PAGE, aligned=True) == ""


def test_aligned_to_small_pages_only():
    small = [segment(0, 0, 0x1000, CODE, 0x1000), segment(0x1000, 0x11000, 8, DATA, 0x1000)]
    assert "aligned to 0x1000" in page_problem(small, PAGE, aligned=True)
    # Newer loaders don't mind, as long as the pages come out right.
    assert page_problem(small, PAGE, aligned=False) == ""
    assert page_problem(small, 0x1000, aligned=True) == ""


def test_address_and_offset_in_different_places_of_a_page():
    apart = [segment(0x2F000, 0x30000, 8, DATA)]
    assert "don't fit" in page_problem(apart, PAGE, aligned=False)
    assert page_problem(apart, 0x1000, aligned=False) == ""


def test_permissions_that_a_shared_page_would_lose():
    assert "share" in page_problem(
        [segment(0, 0, 9, CODE), segment(9, 9, 9, DATA)], PAGE, aligned=True
    )
    # The page can be read as before.
    assert page_problem([segment(0, 0, 9, READ), segment(9, 9, 9, CODE)], PAGE, aligned=True) == ""


@given(st.lists(st.tuples(st.integers(0, 2**20), st.sampled_from([CODE, DATA, READ]))))
def test_what_fits_large_pages_fits_small_ones(parts: list[tuple[int, int]]):
    segments, place = [], 0
    for size, flags in parts:
        segments.append(segment(place, place, size, flags))
        place += (size // PAGE + 1) * PAGE
    assert page_problem(segments, PAGE, aligned=True) == ""
    assert page_problem(segments, 0x1000, aligned=True) == ""
