"""Build tools of an sdist's own time.

An old sdist asks for "setuptools", not knowing that a later one would drop what it uses. So an
unpinned build requirement is held below the first series that came out after the sdist; but
never below the oldest series that still runs on the target's Python. Pure, but for reading the
table of releases (``scripts/data/releases.py`` writes it) once.
"""

from __future__ import annotations

import csv
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from orchestrator.model import Interpreter, Value

if TYPE_CHECKING:
    from collections.abc import Sequence

_TABLE = Path(__file__).parent / "data" / "releases.csv"

# Oldest series worth going back to, from each Python 3.minor on: older ones don't run there,
# don't know how to be a twin (setuptools before it carried distutils), or make code that crashes
# beside a numpy of today (pybind11 before it knew numpy 2: hnswlib 0.8.0 did).
_FLOORS: dict[str, dict[int, str]] = {
    "cffi": {9: "1", 14: "2"},
    "cython": {9: "0.29", 13: "3.0", 14: "3.1"},
    "nanobind": {9: "1", 13: "2"},
    "numpy": {9: "1", 13: "2"},
    "pybind11": {9: "2.12", 14: "3"},
    "scikit-build-core": {9: "0"},
    "setuptools": {9: "65", 12: "69", 13: "75", 14: "80"},
    "setuptools-scm": {9: "7"},
    "wheel": {9: "0.40"},
}
_LOWER_BOUNDS = frozenset({">=", ">", "==", "~=", "==="})


class Release(Value):
    """The first release of a series: ``series`` is the version prefix that names it."""

    name: str
    series: str
    released: date


def constraints(
    released: tuple[int, int, int] | None,
    interpreter: Interpreter,
    table: tuple[Release, ...],
) -> tuple[str, ...]:
    """Upper bounds for build tools, as PEP 508 strings.

    Args:
        released: When the sdist was made; None gives no bounds.
        interpreter: The target's.
        table: Releases of the tools.
    """
    if released is None:
        return ()
    day = date(*released)
    names = dict.fromkeys(release.name for release in table)
    bounds = ((name, _first_later(name, day, interpreter, table)) for name in names)
    return tuple(f"{name}<{bound}" for name, bound in bounds if bound)


def _first_later(
    name: str, day: date, interpreter: Interpreter, table: tuple[Release, ...]
) -> Version | None:
    """The oldest series of ``name`` that came out after ``day``, above the floor."""
    floors = _FLOORS.get(name, {})
    floor = Version(floors[max(minor for minor in floors if minor <= interpreter.minor)])
    later = (Version(r.series) for r in table if r.name == name and r.released > day)
    return min((series for series in later if series > floor), default=None)


def applicable(constraints: Sequence[str], requirements: Sequence[str]) -> tuple[str, ...]:
    """The constraints but those bounds that a requirement contradicts by a lower one of its own."""
    asked = [Requirement(text) for text in requirements]
    return tuple(
        text for text in constraints if "==" in text or not _contradicted(Requirement(text), asked)
    )


def _contradicted(bound: Requirement, asked: Sequence[Requirement]) -> bool:
    name = canonicalize_name(bound.name)
    return any(
        clause.operator in _LOWER_BOUNDS
        and not bound.specifier.contains(clause.version.removesuffix(".*"), prereleases=True)
        for requirement in asked
        if canonicalize_name(requirement.name) == name
        for clause in requirement.specifier
    )


@cache
def release_table() -> tuple[Release, ...]:
    """The table of releases that travels with orchestrator."""
    with _TABLE.open(newline="", encoding="utf-8") as file:
        return tuple(
            Release(
                name=row["name"],
                series=row["series"],
                released=date.fromisoformat(row["released"]),
            )
            for row in csv.DictReader(file)
        )
