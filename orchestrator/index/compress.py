"""Answers made smaller, as the client takes them."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.index.negotiation import Encoding

SMALLEST = 600
"""Bytes below which nothing is gained: it fits into one packet anyway."""


def compress(content: bytes, encoding: Encoding) -> bytes:
    """The content in an encoding; the same bytes for the same content."""
    if encoding == "br":
        import brotli  # noqa: PLC0415 (of an extra)

        packed: bytes = brotli.compress(content, quality=6)
        return packed
    if encoding == "gzip":
        return gzip.compress(content, 6, mtime=0)
    return content
