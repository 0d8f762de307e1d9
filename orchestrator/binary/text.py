"""Names in binaries, which may be any bytes."""

from __future__ import annotations


def readable(name: str | bytes) -> str:
    """The name as text: LIEF hands out bytes where one is not UTF-8."""
    return name if isinstance(name, str) else name.decode("utf-8", "backslashreplace")
