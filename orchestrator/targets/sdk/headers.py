"""Which part of Apple's SDK a header or a library belongs to, for those that zig does not have.

A diagnosis uses it to tell "needs Apple's SDK" from "needs a library that is not there". The names
are facts of the SDK, in ``data/sdk.toml``.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

import msgspec

from orchestrator.model import Value

_MISSING = "the macOS SDK (zig has not got this header)"


class _Contents(Value, rename="kebab"):
    """The tables of ``sdk.toml``; their comments say what they hold."""

    frameworks: frozenset[str]
    system_folders: frozenset[str]
    system_headers: frozenset[str]
    foreign_headers: frozenset[str]
    linked_as: dict[str, str]
    libraries: dict[str, frozenset[str]]


@lru_cache
def _contents() -> _Contents:
    path = resources.files(__package__) / "data" / "sdk.toml"
    return msgspec.toml.decode(path.read_bytes(), type=_Contents)


def origin_of_header(name: str) -> str | None:
    """The part of Apple's SDK that a header belongs to, or None where it is not Apple's.

    Args:
        name: As between the brackets of ``#include``, e.g. ``CoreFoundation/CFString.h``.

    Returns:
        Words that fit behind "is part of".
    """
    sdk = _contents()
    folder, slash, _ = name.rpartition("/")
    top = folder.partition("/")[0]
    if top in sdk.frameworks:
        return f"the {top} framework (macOS SDK)"
    for library, headers in sdk.libraries.items():
        if name in headers or (slash and f"{top}/" in headers):
            return f"{library} (macOS SDK)"
    if name in sdk.foreign_headers:
        return None
    return _MISSING if name in sdk.system_headers or top in sdk.system_folders else None


def origin_of_library(name: str) -> str | None:
    """The part of Apple's SDK that a library belongs to, or None where macOS has none of that name.

    Args:
        name: As behind ``-l``, e.g. ``sqlite3``.
    """
    sdk = _contents()
    bare = name.partition(".")[0]  # bz2.1.0: the version is no part of the name
    library = sdk.linked_as.get(bare, f"lib{bare}")
    return f"{library} (macOS SDK)" if library in sdk.libraries else None
