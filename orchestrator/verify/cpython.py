"""What CPython exports: which symbols an extension module may import, per version.

``data/cpython.json`` is written by ``scripts/data/cpython_symbols.py`` from real interpreters.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

import msgspec

from orchestrator.model import Value

Version = tuple[int, int]

_API_NAME = re.compile(r"_(_?Py\w+)", re.ASCII)
_MODULE_INIT = re.compile(r"_?PyInit")


def api_name(symbol: str) -> str:
    """The C name of a symbol that only CPython can mean (``_Py_Dealloc``), else empty."""
    match = _API_NAME.fullmatch(symbol)
    return match[1] if match and not _MODULE_INIT.match(match[1]) else ""


class CPythonSymbols(Value):
    """The table.

    Attributes:
        versions: Those whose exports are known, oldest first; builds with the GIL.
        exported: For each C name, the versions that export it.
        stable_abi: For each C name of the stable ABI, the version since which it belongs to it.
    """

    versions: tuple[Version, ...]
    exported: dict[str, frozenset[Version]]
    stable_abi: dict[str, Version]


class _File(msgspec.Struct):
    versions: list[str]
    exported: dict[str, str]
    stable_abi: dict[str, str]


@cache
def cpython_symbols() -> CPythonSymbols:
    """Reads the table that travels with orchestrator."""
    text = files("orchestrator.verify").joinpath("data/cpython.json").read_bytes()
    table = msgspec.json.decode(text, type=_File)
    exported = {
        name: frozenset(map(_version, versions.split()))
        for versions, names in table.exported.items()
        for name in names.split()
    }
    stable_abi = {
        name: _version(version)
        for version, names in table.stable_abi.items()
        for name in names.split()
    }
    return CPythonSymbols(
        versions=tuple(map(_version, table.versions)), exported=exported, stable_abi=stable_abi
    )


def _version(text: str) -> Version:
    major, minor = text.split(".")
    return int(major), int(minor)
