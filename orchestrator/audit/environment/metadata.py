"""What installers wrote down: dist-info and egg-info folders, and conda-meta.

The formats are those of "Recording installed projects" (PEP 376, 427, 627) and conda's own.
"""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from packaging.tags import parse_tag
from packaging.utils import canonicalize_name

from orchestrator.audit.environment.facts import CondaPackage, Distribution
from orchestrator.model import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# What no binary's name ends with.
_TEXTS = (".py", ".pyc", ".pyi", ".h", ".txt", ".json", ".html")
_DAMAGED = (OSError, ValueError, csv.Error, msgspec.MsgspecError)


def installed_in(folder: Path) -> dict[Path, Distribution]:
    """The packages of a folder, by the files that their metadata lists.

    Every package has at least one: its metadata.
    """
    found: dict[Path, Distribution] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix == ".dist-info":
            wheel = _text(path / "WHEEL").splitlines()
            distribution = _distribution(path, _tags(wheel), _text(path / "INSTALLER").strip())
            files = [folder / name for name in _record(_text(path / "RECORD"))]
        elif path.suffix == ".egg-info":
            distribution = _distribution(path)
            files = [path / name for name in _text(path / "installed-files.txt").splitlines()]
        else:
            continue
        found[path] = distribution
        found |= {Path(os.path.normpath(file)): distribution for file in files}
    return found


def conda_packages(prefix: Path) -> tuple[tuple[CondaPackage, ...], dict[Path, Distribution]]:
    """The packages of a conda environment, and which one its files are of."""
    packages = []
    owners: dict[Path, Distribution] = {}
    for path in sorted((prefix / "conda-meta").glob("*.json")):
        try:
            meta = msgspec.json.decode(path.read_bytes(), type=_CondaMeta)
        except _DAMAGED:
            continue
        packages.append(CondaPackage(name=meta.name, version=meta.version, subdir=meta.subdir))
        owner = Distribution(name=meta.name, version=meta.version, installer="conda")
        owners |= {prefix / file: owner for file in meta.files}
    return tuple(packages), owners


class _CondaMeta(Value):
    name: str
    version: str = ""
    subdir: str = ""
    files: tuple[str, ...] = ()


def _text(path: Path) -> str:
    """Empty where it is not there or can't be read."""
    try:
        return path.read_text("utf-8", errors="replace")
    except OSError:
        return ""


def _distribution(
    folder: Path, tags: frozenset[str] = frozenset(), installer: str = ""
) -> Distribution:
    name, _, rest = folder.stem.partition("-")
    return Distribution(
        name=canonicalize_name(name), version=rest.split("-")[0], tags=tags, installer=installer
    )


def _tags(wheel: Iterable[str]) -> frozenset[str]:
    tags: set[str] = set()
    for line in wheel:
        key, _, value = line.partition(":")
        if key == "Tag" and value.count("-") == 2:  # noqa: PLR2004 (Python, ABI, platform)
            tags |= set(map(str, parse_tag(value.strip())))
    return frozenset(tags)


def _record(text: str) -> Iterator[str]:
    """Paths of files that might be binaries: a big package lists tens of thousands."""
    lines = [line for line in text.splitlines() if not line.partition(",")[0].endswith(_TEXTS)]
    try:
        yield from (row[0] for row in csv.reader(lines) if row)
    except csv.Error:
        return
