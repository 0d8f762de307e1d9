"""Requests that depend on what a client already has: ETags and ranges (RFC 9110). Pure."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import Literal

from orchestrator.index.messages import Answer

_RANGE = re.compile(r"bytes=\s*(\d{0,18})-(\d{0,18})\s*")
_NOT_IN_304 = frozenset({"content-type", "content-encoding", "accept-ranges"})


def etag_of(content: bytes) -> str:
    """A strong ETag, without what tells encodings apart."""
    return hashlib.sha256(content).hexdigest()[:32]


@lru_cache(maxsize=256)
def names_etag(header: str, etag: str) -> bool:
    """Whether an ``If-None-Match`` names an ETag.

    Proxies that compress turn strong ones into weak ones, hence the weak comparison.
    """
    named = (item.strip().removeprefix("W/") for item in header.split(","))
    return header.strip() == "*" or etag.removeprefix("W/") in named


def not_modified(answer: Answer) -> Answer:
    """What is sent to a client that has it."""
    headers = tuple(header for header in answer.headers if header[0] not in _NOT_IN_304)
    return Answer(status=304, headers=headers)


def span_of(header: str, size: int) -> tuple[int, int] | Literal["whole", "beyond"]:
    """The bytes that a ``Range`` asks for.

    Args:
        header: Its value.
        size: Of the whole, in bytes.

    Returns:
        First byte, and the one behind the last; ``whole`` where the header is none that is
        understood, such as one of several ranges; ``beyond`` where there are no such bytes (416).
    """
    asked = _RANGE.fullmatch(header)
    if asked is None or asked[0].strip() == "bytes=-":
        return "whole"
    first, last = asked.groups()
    if not first:
        start, end = size - min(int(last), size), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return "whole"
    return (start, end) if start < end else "beyond"
