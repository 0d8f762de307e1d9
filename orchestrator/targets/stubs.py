"""Stubs of shared libraries: a name and version for each symbol, and nothing behind them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Versions = dict[str, tuple[str, ...]]
"""Symbol version, e.g. ``GCC_3.0``, to the names that carry it."""


def parse_versions(text: str) -> Versions:
    """Reads a table: ``@ VERSION``, then the names of that version, one a line; ``#`` comments."""
    found: dict[str, list[str]] = {}
    names: list[str] = []
    for line in text.splitlines():
        if line.startswith("@ "):
            names = found.setdefault(line.removeprefix("@ "), [])
        elif line and not line.startswith("#"):
            names.append(line)
    return {version: tuple(names) for version, names in found.items()}


def stub_assembly(versions: Mapping[str, tuple[str, ...]]) -> str:
    """Assembly that defines every name as an empty function."""
    return ".text\n" + "".join(
        f".globl {name}\n.type {name}, %function\n{name}:\n"
        for names in versions.values()
        for name in names
    )


def version_script(versions: Mapping[str, tuple[str, ...]]) -> str:
    """A linker's version script that gives every name its version."""
    return "".join(
        f"{version} {{ {' '.join(f'{name};' for name in names)} }};\n"
        for version, names in versions.items()
    )
