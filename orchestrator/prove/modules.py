"""Which modules a wheel installs, from the names of its members (binary distribution format)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_SUFFIXES = (".py", ".so", ".pyd")
_SITE_PACKAGES = {"purelib", "platlib"}
# What packages install beside themselves by accident; it needs what only its authors have.
_BY_ACCIDENT = {"benchmarks", "conftest", "docs", "examples", "setup", "test", "tests"}


def top_level_modules(members: Iterable[str]) -> tuple[str, ...]:
    """The modules to import, sorted: top-level ones, and what namespace packages (PEP 420) hold.

    Args:
        members: Names of the wheel's files, as the archive spells them.
    """
    paths = [path for name in members if (path := _installed(name))]
    found = tuple(sorted(_modules(paths)))
    return tuple(name for name in found if name not in _BY_ACCIDENT) or found


def _installed(member: str) -> tuple[str, ...]:
    """The path below site-packages; empty for what is installed elsewhere."""
    first, *rest = member.split("/")
    if first.endswith(".data") and rest:
        return tuple(rest[1:]) if rest[0] in _SITE_PACKAGES else ()
    return () if first.endswith(".dist-info") else (first, *rest)


def _modules(paths: Iterable[tuple[str, ...]]) -> set[str]:
    """Modules and packages of one folder; a folder without ``__init__`` gives what is in it."""
    names: set[str] = set()
    folders: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for first, *rest in paths:
        if rest:
            folders[first].append(tuple(rest))
        elif module := _module(first):
            names.add(module)
    for folder, inside in folders.items():
        if not folder.isidentifier():
            continue
        if any(len(path) == 1 and _module(path[0]) == "__init__" for path in inside):
            names.add(folder)
        else:
            names |= {f"{folder}.{name}" for name in _modules(inside)}
    return names


def _module(filename: str) -> str:
    """The module that a file is; empty for other files."""
    stem = filename.partition(".")[0]
    return stem if filename.endswith(_SUFFIXES) and stem.isidentifier() else ""
