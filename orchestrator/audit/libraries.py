"""Native libraries that a build asks for, found in its scripts and includes.

``data/libraries.toml`` says by what a library is recognised. Scripts are searched and never run, so
what one asks for on some other system only shows here too. Pure, but for reading the table once.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from orchestrator.audit.facts import Library
from orchestrator.model import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.audit.sources import Sources

_QUOTED = re.compile(r"""["']([^"'\n]+)["']""")
_LISTED = re.compile(
    r"""\b(?:\w*_)?(?:libraries|libs?)\b["']?\]?\s*(?:\+?=|\.extend\(|\.append\(|\.insert\(|:)\s*"""
    r"""(\[[^\]]*\]|\([^)]*\)|[^\n]*)""",
    re.IGNORECASE,
)
_LINKED = re.compile(r"""(?:^|["'\s,=])-l([A-Za-z][\w.+-]*)""")
_NUMPY_INFO = re.compile(r"""\bget_info\(\s*["'](\w+)["']""")  # numpy.distutils
_CFG_LIBS = re.compile(r"^(?:libs|libraries)\s*=\s*(.*)$", re.MULTILINE)
_ASKS_PKG_CONFIG = re.compile(r"pkg.?config", re.IGNORECASE)
_MESON = re.compile(r"\bdependency\(\s*'([^']+)'([^)]*)")
_MESON_LIBRARY = re.compile(r"\bfind_library\(\s*'([^']+)'([^)]*)")
_CMAKE_ASKS = (
    ("cmake", re.compile(r"\bfind_package\s*\(([^)]*)\)", re.IGNORECASE)),
    ("links", re.compile(r"\bfind_library\s*\(\s*\w+\s+([^)]*)\)", re.IGNORECASE)),
    (
        "pkg_config",
        re.compile(r"\bpkg_(?:check_modules|search_module)\s*\(([^)]*)\)", re.IGNORECASE),
    ),
)
_CMAKE_IF = re.compile(r"^\s*if\s*\(", re.IGNORECASE | re.MULTILINE)
_CMAKE_ENDIF = re.compile(r"^\s*endif\s*\(", re.IGNORECASE | re.MULTILINE)
_CRATE = re.compile(r"^\s*(?:\[[\w.'() =\"]*dependencies\.)?([\w-]+)(?:\]|\s*=)", re.MULTILINE)
_NOT_REQUIRED = re.compile(r"required\s*:\s*(?!true)")
_MAX_EVIDENCE = 3


class _Known(Value, rename="kebab"):
    """How a library is recognised; the table's head explains the keys."""

    headers: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    pkg_config: tuple[str, ...] = ()
    cmake: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    crates: tuple[str, ...] = ()
    system: tuple[str, ...] = ()


class _Sign(NamedTuple):
    """One place that asks for a library."""

    library: str
    evidence: str
    certain: bool


def libraries(sources: Sources) -> tuple[Library, ...]:
    """The native libraries that an sdist's build seems to need, by name."""
    signs: dict[str, list[_Sign]] = {}
    for sign in (*_in_scripts(sources), *_in_includes(sources)):
        signs.setdefault(sign.library, []).append(sign)
    found = (_library(name, signs[name], sources) for name in sorted(signs))
    return tuple(library for library in found if library)


def comes_with(name: str, os: str) -> bool:
    """Whether every toolchain for an operating system brings a library."""
    known = _table().get(name)
    return known is not None and os in known.system


def _library(name: str, signs: list[_Sign], sources: Sources) -> Library | None:
    vendored = _is_vendored(name, sources)
    certain = any(sign.certain for sign in signs)
    if vendored and not certain:
        return None  # it includes a header of its own
    ranked = sorted(signs, key=lambda sign: not sign.certain)
    evidence = tuple(dict.fromkeys(sign.evidence for sign in ranked))[:_MAX_EVIDENCE]
    return Library(name=name, evidence=evidence, vendored=vendored, certain=certain)


def _is_vendored(name: str, sources: Sources) -> bool:
    """Whether most headers of the library that sources include are in the sdist itself."""
    headers = [header for header in sources.includes if _library_of(header) == name]
    headers = headers or [header for header in _table()[name].headers if header[-1] != "/"]
    there = [any(f"/{file}".endswith(f"/{header}") for file in sources.names) for header in headers]
    return 2 * sum(there) > len(there)


def _in_scripts(sources: Sources) -> Iterator[_Sign]:
    for name, text in sources.scripts.items():
        if name.endswith((".py", ".toml", ".cfg")):
            yield from _in_python(name, text)
        if name.endswith("Cargo.toml"):
            yield from _signs(name, "crates", _CRATE.findall(text), certain=True)
        elif name.endswith("meson.build"):
            yield from _in_meson(name, text)
        elif name.endswith("CMakeLists.txt"):
            yield from _in_cmake(name, text)


def _in_python(name: str, text: str) -> Iterator[_Sign]:
    listed = [word for part in _LISTED.findall(text) for word in _QUOTED.findall(part)]
    if name.endswith(".cfg"):
        listed += [word for line in _CFG_LIBS.findall(text) for word in re.split(r"[\s,]+", line)]
    listed += [*_LINKED.findall(text), *_NUMPY_INFO.findall(text)]
    yield from _signs(name, "links", listed, certain=True)
    if _ASKS_PKG_CONFIG.search(text):
        words = [word for part in _QUOTED.findall(text) for word in part.split()]
        yield from _signs(name, "pkg_config", words, certain=True)
    programs = set(re.findall(r"[\w+-]+", text)) & set(_index("programs"))
    yield from _signs(name, "programs", sorted(programs), certain=True)


def _in_meson(name: str, text: str) -> Iterator[_Sign]:
    for kind, pattern in (("pkg_config", _MESON), ("links", _MESON_LIBRARY)):
        for word, options in pattern.findall(text):
            required = not _NOT_REQUIRED.search(options)
            yield from _signs(name, kind, [word], certain=required)


def _in_cmake(name: str, text: str) -> Iterator[_Sign]:
    for kind, pattern in _CMAKE_ASKS:
        for match in pattern.finditer(text):
            words = [re.split("[<>=]", word)[0] for word in match[1].split()]
            # What stands inside if() is an option.
            before = text[: match.start()]
            optional = len(_CMAKE_IF.findall(before)) > len(_CMAKE_ENDIF.findall(before))
            required = "REQUIRED" in words and not optional
            yield from _signs(name, kind, words if kind != "cmake" else words[:1], certain=required)


def _in_includes(sources: Sources) -> Iterator[_Sign]:
    for header, name in sources.includes.items():
        if library := _library_of(header):
            yield _Sign(library, f"{name}: {header}", certain=False)


def _library_of(header: str) -> str:
    """The library that a header belongs to, as a source spells it; empty for an unknown one."""
    known = _index("headers")
    folder, slash, _ = header.partition("/")
    return known.get(header) or known.get(folder + slash, "")


def _signs(name: str, kind: str, words: list[str], *, certain: bool) -> Iterator[_Sign]:
    known = _index(kind)
    for word in dict.fromkeys(words):
        if library := known.get(word):
            yield _Sign(library, f"{name}: {word}", certain=certain)


@cache
def _table() -> dict[str, _Known]:
    path = resources.files(__package__) / "data" / "libraries.toml"
    return msgspec.toml.decode(path.read_bytes(), type=dict[str, _Known])


@cache
def _index(kind: str) -> dict[str, str]:
    """Libraries by the names of one kind."""
    return {word: name for name, known in _table().items() for word in getattr(known, kind)}
