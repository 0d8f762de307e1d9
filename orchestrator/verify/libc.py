"""Names that Linux's C libraries define, where files bind to them without a version.

``data/libc.json`` is written by ``scripts/data/libc_symbols.py`` from the libraries themselves.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import NamedTuple

import msgspec

MuslVersion = tuple[int, ...]


class LibcSymbols(NamedTuple):
    """The tables.

    Attributes:
        glibc: Names of libm, libpthread, libdl, librt and libutil. Every CPython has them loaded,
            and so does a module that is not linked against them; libc.so.6 it always is.
        musl: For each name, the version of musl since which it is there.
    """

    glibc: frozenset[str]
    musl: dict[str, MuslVersion]


class _File(msgspec.Struct):
    glibc: str
    musl: dict[str, str]


@cache
def libc_symbols() -> LibcSymbols:
    """Reads the tables that travel with orchestrator."""
    text = files("orchestrator.verify").joinpath("data/libc.json").read_bytes()
    table = msgspec.json.decode(text, type=_File)
    return LibcSymbols(
        glibc=frozenset(table.glibc.split()),
        musl={
            name: tuple(map(int, version.split(".")))
            for version, names in table.musl.items()
            for name in names.split()
        },
    )
