"""Text-based stubs (``.tbd``): what a library exports, without the library.

Reads versions 3 (``--- !tapi-tbd-v3``) and 4 (``--- !tapi-tbd``, ``tbd-version: 4``). They are
a small part of YAML: mappings of scalars, flow lists and one level of block lists. The parser is
our own because linkers are stricter than YAML libraries: zig refuses a comma before ``]``, which
YAML allows, and a stub that only fails at link time is a riddle.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from orchestrator.model import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

_Section = dict[str, str | list[str]]
_Document = dict[str, str | list[str] | list[_Section]]

_SCALAR = r"""'(?:[^'\n]|'')*'|"(?:[^"\\\n]|\\.)*"|[^\s\[\]{},'"#:][^\s\[\]{},]*"""
_TOKEN = re.compile(rf"\s*({_SCALAR}|[\[\],])")
_KEY = re.compile(r"( *)(- )?( *)([A-Za-z][\w-]*):(?: +|$)", re.ASCII)
_OBJC = {
    "objc-classes": ("_OBJC_CLASS_$_", "_OBJC_METACLASS_$_"),
    "objc-eh-types": ("_OBJC_EHTYPE_$_",),
    "objc-ivars": ("_OBJC_IVAR_$_",),
}
_SYMBOLS = ("symbols", "weak-symbols", "weak-def-symbols", "thread-local-symbols")


class BadStubError(ValueError):
    """The text is not a stub that linkers would read; the message names the line."""


class Stub(Value):
    """One library of a stub file.

    Attributes:
        install_name: Path the library has on the target.
        targets: Such as ``arm64-macos`` (version 3 spells them ``arm64-macosx``).
        symbols: For each target, everything exported or re-exported by name, with C's leading
            underscore; Objective-C classes as the symbols that stand for them.
        reexports: For each target, install names of libraries re-exported as a whole.
        parents: Install names (without path) of the umbrella libraries it belongs to.
    """

    install_name: str
    targets: tuple[str, ...]
    symbols: dict[str, frozenset[str]]
    reexports: dict[str, frozenset[str]]
    parents: tuple[str, ...] = ()

    def exports(self, arch: str) -> frozenset[str]:
        """Symbols that the library has on macOS on ``arch``, e.g. ``arm64`` or ``arm64e``."""
        wanted = {f"{arch}-macos", f"{arch}-macosx"}
        return frozenset().union(*(self.symbols[name] for name in wanted & self.symbols.keys()))


def parse_stubs(text: str) -> tuple[Stub, ...]:
    """Parses a stub file: the library it is named for, then those inlined in it.

    Raises:
        BadStubError: Not a stub of version 3 or 4, or malformed.
    """
    stubs = tuple(_stub(document, line) for document, line in _documents(text))
    if not stubs:
        raise BadStubError("line 1: no document starts here (--- !tapi-tbd)")
    return stubs


# --- text -> documents ------------------------------------------------------------------------


def _documents(text: str) -> Iterator[tuple[_Document, int]]:
    lines = text.split("\n")
    starts = [number for number, line in enumerate(lines) if line.startswith("---")]
    for start, end in pairwise([*starts, len(lines)]):
        tag = lines[start][3:].strip()
        if tag not in {"!tapi-tbd", "!tapi-tbd-v3"}:
            raise BadStubError(f"line {start + 1}: {tag or 'untagged'} is not tapi-tbd 3 or 4")
        document = _document(lines[:end], start + 1)
        if tag == "!tapi-tbd" and document.get("tbd-version") != "4":
            raise BadStubError(f"line {start + 1}: tbd-version is not 4")
        yield document, start + 1


def _document(lines: list[str], number: int) -> _Document:
    """Reads one document's lines, from index ``number`` to the end of ``lines``."""
    document: _Document = {}
    sections: list[_Section] | None = None
    while number < len(lines):
        line = lines[number]
        if not line.strip() or line.lstrip().startswith("#"):
            number += 1
            continue
        if line.startswith("..."):
            break
        match = _KEY.match(line)
        if not match:
            raise BadStubError(f"line {number + 1}: expected `key: value`, found {line.strip()!r}")
        indent, dash, _, key = match.groups()
        value, next_number = _value(lines, number, match.end())
        if not indent and not dash:
            if key in document:
                raise BadStubError(f"line {number + 1}: {key} is given twice")
            # A key with nothing behind it is followed by a block list.
            sections = [] if value == "" else None
            document[key] = value if sections is None else sections
        elif sections is None or not (dash or sections):
            raise BadStubError(f"line {number + 1}: {key} is indented, but in no list")
        else:
            if dash:
                sections.append({})
            sections[-1][key] = value
        number = next_number
    return document


def _value(lines: list[str], number: int, column: int) -> tuple[str | list[str], int]:
    """Reads what follows a key: a scalar, or a flow list that may span lines."""
    rest = lines[number][column:].strip()
    if not rest.startswith("["):
        return _unquoted(rest), number + 1
    items: list[str] = []
    after_item = False
    for item, line in _tokens(lines, number, lines[number].index("[", column) + 1):
        if item == "]":
            if items and not after_item:
                raise BadStubError(f"line {line + 1}: a comma right before ]")
            return items, line + 1
        if item == "[" or (item == ",") != after_item:
            raise BadStubError(f"line {line + 1}: unexpected {item!r} in a list")
        if item != ",":
            items.append(_unquoted(item))
        after_item = item != ","
    raise BadStubError(f"line {number + 1}: the list is not closed with ]")


def _tokens(lines: list[str], number: int, position: int) -> Iterator[tuple[str, int]]:
    """Scalars, commas and brackets with their line index, to the ``]`` that ends a line."""
    for index in range(number, len(lines)):
        text = lines[index]
        if text.startswith("..."):
            return
        while match := _TOKEN.match(text, position):
            position = match.end()
            yield match[1], index
        if text[position:].strip():
            raise BadStubError(f"line {index + 1}: can't read {text[position:].strip()!r}")
        position = 0


def _unquoted(scalar: str) -> str:
    if scalar.startswith("'"):
        return scalar[1:-1].replace("''", "'")
    return scalar[1:-1] if scalar.startswith('"') else scalar


# --- documents -> stubs -----------------------------------------------------------------------


def _stub(document: _Document, line: int) -> Stub:
    install_name = document.get("install-name")
    if not isinstance(install_name, str) or not install_name:
        raise BadStubError(f"line {line}: no install-name")
    platform = document.get("platform", "")
    targets = _names(document, "targets") or tuple(
        f"{arch}-{platform}" for arch in _names(document, "archs")
    )
    if not targets:
        raise BadStubError(f"line {line}: no targets")
    symbols: dict[str, set[str]] = {target: set() for target in targets}
    reexports: dict[str, set[str]] = {target: set() for target in targets}
    for section in (*_sections(document, "exports"), *_sections(document, "reexports")):
        names = _symbols(section)
        for target in _targets(section, platform):
            symbols.setdefault(target, set()).update(names)
            reexports.setdefault(target, set()).update(_names(section, "re-exports"))
    for section in _sections(document, "reexported-libraries"):
        for target in _targets(section, platform):
            reexports.setdefault(target, set()).update(_names(section, "libraries"))
    return Stub(
        install_name=install_name,
        targets=targets,
        symbols={target: frozenset(names) for target, names in symbols.items()},
        reexports={target: frozenset(names) for target, names in reexports.items()},
        parents=tuple(
            str(section["umbrella"])
            for section in _sections(document, "parent-umbrella")
            if "umbrella" in section
        ),
    )


def _targets(section: _Section, platform: object) -> tuple[str, ...]:
    versions = tuple(f"{arch}-{platform}" for arch in _names(section, "archs"))
    return _names(section, "targets") or versions


def _symbols(section: _Section) -> set[str]:
    names = {name for key in _SYMBOLS for name in _names(section, key)}
    for key, prefixes in _OBJC.items():
        names |= {prefix + name for name in _names(section, key) for prefix in prefixes}
    return names


def _names(mapping: _Section | _Document, key: str) -> tuple[str, ...]:
    value = mapping.get(key, [])
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple(name for name in value if isinstance(name, str))


def _sections(document: _Document, key: str) -> tuple[_Section, ...]:
    value = document.get(key, [])
    if isinstance(value, str):
        return ()
    return tuple(section for section in value if isinstance(section, dict))
