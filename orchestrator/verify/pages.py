"""Whether a file can be mapped by a kernel whose pages are of a certain size.

The loader maps whole pages of the file, so address and offset of a segment must leave the same
rest when divided by the page size (System V gABI, chapter 5), and where two segments share a
page, the later one's permissions win. glibc before 2.35 also refuses an alignment that is no
multiple of the page size. (Bug 28688 of glibc; auditwheel issue 251; manylinux issue 735.)
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.binary.program_headers import Segment

LARGEST_PAGE = {"aarch64": 0x10000}
"""Bytes, where kernels of an architecture differ; 64 KiB is what some aarch64 servers use."""
SMALLEST_PAGE = 0x1000


def page_problem(segments: Sequence[Segment], page: int, *, aligned: bool) -> str:
    """Why a file can't be mapped with pages of this size; empty when it can.

    Args:
        segments: Of the file, in order.
        page: Bytes, a power of two.
        aligned: Whether the loader insists on the alignment, too.
    """
    mapped = sorted(
        (segment for segment in segments if segment.memory_size),
        key=lambda segment: segment.address,
    )
    for segment in mapped:
        if (segment.address - segment.offset) % page:
            return "its segments lie at addresses that don't fit their places in the file"
        if aligned and segment.alignment % page:
            return f"its segments are aligned to {segment.alignment:#x}"
    for first, second in pairwise(mapped):
        end = first.address + first.memory_size - 1
        # Mapped last, the second's page replaces the zeros behind the first's data, too.
        harmed = first.flags & ~second.flags or first.memory_size > first.file_size
        if end // page >= second.address // page and harmed:
            return "two of its segments would share a page"
    return ""
