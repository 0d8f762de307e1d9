"""Lines written whole, whatever the stream's encoding."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO


def write_line(stream: TextIO, line: str) -> None:
    """Writes a line at once, escaping what the stream's encoding lacks."""
    encoding = stream.encoding or "utf-8"
    stream.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
    stream.flush()
