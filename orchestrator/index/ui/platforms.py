"""Tags of wheels in words that people know: systems, processors, Pythons. Pure."""

from __future__ import annotations

import re
from functools import lru_cache

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from orchestrator.model import Value
from orchestrator.targets.wheel_tags import linux_tags, macos_tags

ANY = "any"
SOURCE = "source"
_PYTHON = re.compile(r"(cp|py|pp|graalpy)(\d)(\d*)(?:_|$)")
_IMPLEMENTATIONS = {"cp": "", "py": "", "pp": "PyPy ", "graalpy": "GraalPy "}
_WINDOWS = {"win32": "x86", "win_amd64": "x86_64", "win_arm64": "arm64"}
_LIBCS = {"glibc": "Linux glibc", "musl": "Linux musl", "": "Linux"}


class Column(Value, order=True):
    """A Python that wheels are for.

    Attributes:
        key: Sorts: CPythons by version, ``abi3`` and pure wheels behind them, then others.
        label: E.g. ``3.11``, ``3.13t``, ``3.8+``, ``any``.
    """

    key: tuple[int, ...]
    label: str


class Row(Value, order=True):
    """A platform that wheels are for.

    Attributes:
        key: Sorts: macOS, glibc, musl, others, any, then sources.
        label: E.g. ``macOS 11+ arm64``, ``Linux glibc 2.28+ aarch64``, ``any``.
    """

    key: tuple[int, ...]
    label: str


class Place(Value):
    """Where a file stands in the grid of a version."""

    row: Row
    columns: tuple[Column, ...]


_SOURCE = Place(row=Row(key=(9,), label=SOURCE), columns=(Column(key=(8,), label=ANY),))


@lru_cache(maxsize=16384)
def place_of(filename: str) -> Place:
    """Where a wheel stands; all that is none is a source."""
    try:
        tags = parse_wheel_filename(filename)[3]
    except InvalidWheelFilename:
        return _SOURCE
    columns = {_column(tag.interpreter, tag.abi) for tag in tags}
    return Place(row=_row(frozenset(tag.platform for tag in tags)), columns=tuple(sorted(columns)))


def systems_of(filename: str) -> str:
    """A wheel's system and processor alone, e.g. ``macOS arm64``; empty: of a source."""
    label = place_of(filename).row.label
    return "" if label == SOURCE else re.sub(r" (?:glibc |musl )?[\d.]+\+", "", label)


def _column(python: str, abi: str) -> Column:
    match = _PYTHON.match(python)
    if not match:
        return Column(key=(9,), label=python)
    family, major, minor = match.groups()
    version = f"{major}.{minor}" if minor else major
    numbers = (int(major), int(minor or 0))
    if family == "py":
        # py2.py3: the tags of two generations; which one a person has is no question today.
        return (
            Column(key=(7,), label=ANY)
            if major != "3" or not minor
            else Column(key=(6, *numbers), label=f"{version}+")
        )
    if family != "cp":
        return Column(key=(8, *numbers), label=f"{_IMPLEMENTATIONS[family]}{version}")
    if abi == "abi3":
        return Column(key=(5, *numbers), label=f"{version}+")
    free = abi.endswith("t") and abi[:-1].lstrip("cp").isdigit()
    return Column(key=(1, *numbers, int(free)), label=f"{version}{'t' if free else ''}")


def _row(platforms: frozenset[str]) -> Row:
    if platforms == {"any"}:
        return Row(key=(8,), label=ANY)
    found = sorted({*_macs(platforms), *_linuxes(platforms), *_others(platforms)})
    # A wheel that is for several: by the first, and named for all.
    return Row(key=found[0].key, label=", ".join(dict.fromkeys(row.label for row in found)))


def _macs(platforms: frozenset[str]) -> set[Row]:
    oldest: dict[str, tuple[int, int]] = {}
    for tag in macos_tags(platforms):
        oldest[tag.arch] = min(tag.version, oldest.get(tag.arch, tag.version))
    return {
        Row(key=(1, *version), label=f"macOS {_mac_version(version)}+ {arch}")
        for arch, version in oldest.items()
    }


def _mac_version(version: tuple[int, int]) -> str:
    return str(version[0]) if version[0] >= 11 else f"{version[0]}.{version[1]}"  # noqa: PLR2004


def _linuxes(platforms: frozenset[str]) -> set[Row]:
    oldest: dict[tuple[str, str], tuple[int, int]] = {}
    for tag in linux_tags(platforms):
        kind = (tag.libc, tag.arch)
        oldest[kind] = min(tag.version, oldest.get(kind, tag.version))
    ranks = {"glibc": 2, "musl": 3, "": 4}
    return {
        Row(
            key=(ranks[libc], *version),
            label=f"{_LIBCS[libc]} {version[0]}.{version[1]}+ {arch}" if libc else f"Linux {arch}",
        )
        for (libc, arch), version in oldest.items()
    }


def _others(platforms: frozenset[str]) -> set[Row]:
    known = {tag.text for tag in macos_tags(platforms)}
    known |= {tag.text for tag in linux_tags(platforms)}
    return {
        Row(key=(5,), label=f"Windows {_WINDOWS[tag]}" if tag in _WINDOWS else tag)
        for tag in platforms - known
    }
