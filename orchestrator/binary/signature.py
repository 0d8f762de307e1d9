"""Code signatures of Mach-O files: whether the page hashes fit the pages.

The kernel of an arm64 Mac refuses to map a page whose hash is not the one that the signature's
CodeDirectory lists, so a file edited after signing crashes the process that loads it. Layout:
``<kern/cs_blobs.h>`` of XNU (all fields big-endian).
"""

from __future__ import annotations

import hashlib
import struct
from typing import TYPE_CHECKING

from orchestrator.model import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SUPERBLOB = 0xFADE0CC0
_CODE_DIRECTORY = 0xFADE0C02
_ALTERNATE_SLOTS = range(0x1000, 0x1005)
_DIRECTORY = struct.Struct(">9I4BI")
_ADHOC = 0x2
_HASHES: dict[int, Callable[[bytes], bytes]] = {
    1: lambda page: hashlib.sha1(page, usedforsecurity=False).digest(),
    2: lambda page: hashlib.sha256(page).digest(),
    3: lambda page: hashlib.sha256(page).digest()[:20],
    4: lambda page: hashlib.sha384(page).digest(),
}
_LARGEST_PAGE_SHIFT = 20


class Signature(Value):
    """An embedded code signature.

    Attributes:
        adhoc: Signed with no identity, as linkers do.
        problems: What is wrong with it, one sentence each; empty when every page hash fits.
    """

    adhoc: bool
    problems: tuple[str, ...] = ()


def check_signature(image: bytes, offset: int, size: int) -> Signature:
    """Checks the signature of one Mach-O slice.

    Args:
        image: The slice's bytes, from its Mach-O header on.
        offset: Of the signature in the slice (LC_CODE_SIGNATURE).
        size: Of the signature, bytes.
    """
    blob = image[offset : offset + size]
    if len(blob) < size:
        return Signature(adhoc=False, problems=("The signature lies outside of the file.",))
    try:
        directories = list(_directories(blob))
    except struct.error:
        return Signature(adhoc=False, problems=("The signature is cut off.",))
    if not directories:
        return Signature(adhoc=False, problems=("The signature has no CodeDirectory.",))
    problems: list[str] = []
    adhoc = True
    for directory in directories:
        try:
            (flags,) = struct.unpack_from(">I", directory, 12)
            adhoc = adhoc and bool(flags & _ADHOC)
            problems += _problems(image, directory, offset)
        except struct.error:
            problems.append("A CodeDirectory is cut off.")
    return Signature(adhoc=adhoc, problems=tuple(problems))


def _directories(blob: bytes) -> Iterator[bytes]:
    magic, _, count = struct.unpack_from(">3I", blob)
    if magic != _SUPERBLOB:
        return
    for index in range(min(count, 64)):
        slot, start = struct.unpack_from(">2I", blob, 12 + 8 * index)
        if slot == 0 or slot in _ALTERNATE_SLOTS:
            kind, length = struct.unpack_from(">2I", blob, start)
            if kind == _CODE_DIRECTORY:
                yield blob[start : start + length]


def _problems(image: bytes, directory: bytes, signature_offset: int) -> Iterator[str]:
    fields = _DIRECTORY.unpack_from(directory)
    hash_offset, _, _, slots, limit, hash_size, hash_type, _, shift = fields[4:13]
    digest = _HASHES.get(hash_type)
    if digest is None or len(digest(b"")) != hash_size or shift > _LARGEST_PAGE_SHIFT:
        yield f"The signature hashes pages in an unknown way (type {hash_type})."
        return
    if limit != signature_offset:
        yield f"The signature covers {limit} bytes, but {signature_offset} bytes precede it."
    # A page size of 2**0 means that one hash covers everything.
    page = 1 << shift if shift else max(limit, 1)
    pages = -(-limit // page)
    if slots != pages:
        yield f"The signature lists {slots} page hashes for {pages} pages."
        return
    hashes = directory[hash_offset : hash_offset + slots * hash_size]
    wrong = [
        index
        for index in range(pages)
        if digest(image[index * page : min((index + 1) * page, limit)])
        != hashes[index * hash_size : (index + 1) * hash_size]
    ]
    if wrong:
        yield f"{len(wrong)} of {pages} page hashes are wrong, the first at page {wrong[0]}."
