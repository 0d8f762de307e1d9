"""What CPython exports: which symbols an extension module may import, per version.

``data/cpython.json`` is written by ``scripts/data/cpython_symbols.py`` from real interpreters.
"""

from __future__ import annotations

import posixpath
import re
from functools import cache
from importlib.resources import files

import msgspec

from orchestrator.model import Value

Version = tuple[int, int]

_API_NAME = re.compile(r"_?Py(?!Init)\w+", re.ASCII)
_LIBPYTHON = re.compile(r"libpython\d[\w.]*\.(dylib|so[.\d]*)|Python3?", re.ASCII)


def is_api_name(name: str) -> bool:
    """Whether a C name can only mean something of CPython's (``_Py_Dealloc``)."""
    return bool(_API_NAME.fullmatch(name))


def is_libpython(path: str) -> bool:
    """Whether a library is the Python interpreter as a library or framework."""
    return bool(_LIBPYTHON.fullmatch(posixpath.basename(path)))


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
