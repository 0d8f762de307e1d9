"""What audits say to people, in few words: cells of tables, headings, needs. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.audit.judge import PROVIDED_TOOLS
from orchestrator.model import Value
from orchestrator.words import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.audit.answers import Answer, Audit, Group, Package, Verdict
    from orchestrator.audit.facts import SdistFacts

GROUP_TITLES: dict[Group, str] = {
    "ready": "Ready",
    "build": "Will build",
    "attention": "Needs attention",
}
_SHORT: dict[Answer, str] = {
    "wheel": "wheel",
    "wheelhouse": "wheelhouse",
    "redirect": "redirect",
    "substitute": "substitute",
    "recipe": "recipe",
    "x86_64": "x86_64 only",
    "sdist": "sdist",
    "missing": "nothing",
}
_LANGUAGES = {
    "c": "C",
    "c++": "C++",
    "objective-c": "Objective-C",
    "cython": "Cython",
    "fortran": "Fortran",
    "rust": "Rust",
}
_TAG = re.compile(r"(macosx|manylinux|musllinux)_(\d+)_(\d+)_(\w+)")
_SYSTEMS = {"macosx": "macOS", "manylinux": "glibc", "musllinux": "musl"}


class Column(Value):
    """How a target is shown over a column.

    Attributes:
        target: As the verdicts name it.
        system: E.g. ``macOS 11`` or ``glibc 2.28``.
        arch: E.g. ``arm64``.
        python: E.g. ``3.11``.
    """

    target: str
    system: str
    arch: str
    python: str


def columns(audit: Audit) -> tuple[Column, ...]:
    """One column for each target."""
    return tuple(map(_column, audit.targets))


def heading_of(column: Column, every: Sequence[Column]) -> str:
    """The words, one a line, by which a column differs from the others; at least its Python."""
    words = [column.system] if len({one.system for one in every}) > 1 else []
    words += [column.arch] if len({one.arch for one in every}) > 1 else []
    return "\n".join([*words, column.python])


def common(every: Sequence[Column]) -> str:
    """What all columns have in common, e.g. ``macOS 11 arm64``; empty where that is nothing."""
    systems = {one.system for one in every}
    arches = {one.arch for one in every}
    return " ".join(next(iter(words)) for words in (systems, arches) if len(words) == 1)


def short(verdict: Verdict) -> str:
    """A verdict's answer in a dozen characters."""
    if verdict.answer == "newer-platform":
        return f"{verdict.needs.removesuffix('.0')}+"
    if verdict.answer == "other-version":
        return f"only {verdict.newer or verdict.older}"
    return _SHORT[verdict.answer]


def cell(package: Package, target: str) -> str:
    """What stands in a package's row under a target; empty where it is not needed there."""
    return next((short(one) for one in package.verdicts if one.target == target), "")


def version_of(package: Package) -> str:
    """Its version, or versions where targets differ."""
    return " / ".join(dict.fromkeys(verdict.version for verdict in package.verdicts))


def needs_of(package: Package) -> str:
    """What a build takes, e.g. ``C, Cython; libpq; swig``; empty where that is nothing."""
    redirects = (verdict.words for verdict in package.verdicts if verdict.answer == "redirect")
    return "; ".join(filter(None, (_needs_of(package.facts), *dict.fromkeys(redirects))))


def _needs_of(facts: SdistFacts | None) -> str:
    if facts is None:
        return ""
    named = [
        f"{library.name} (included)" if library.vendored else library.name
        for library in facts.libraries
        if library.certain
    ]
    tools = [tool for tool in facts.tools if tool not in PROVIDED_TOOLS]
    parts = ([_LANGUAGES[language] for language in facts.languages], named, tools)
    return "; ".join(", ".join(part) for part in parts if part)


def roots_of(package: Package) -> tuple[str, ...]:
    """Requirements of the user that pull a package in, for whatever target."""
    return tuple(dict.fromkeys(root for verdict in package.verdicts for root in verdict.roots))


def pulled_in_by(package: Package) -> str:
    """``for celery, channels``; empty where the user asked for the package itself."""
    roots = roots_of(package)
    if not roots or any(_project(root) == package.name for root in roots):
        return ""
    return f"for {', '.join(roots)}"


def ways_of(package: Package) -> tuple[str, ...]:
    """What can be done about a package, with the targets of a way that is not for all."""
    concerned = [verdict for verdict in package.verdicts if verdict.group == package.group]
    every = tuple(_column(verdict.target) for verdict in concerned)
    told: dict[str, list[Column]] = {}
    for verdict, column in zip(concerned, every, strict=True):
        for way in verdict.ways:
            told.setdefault(way, []).append(column)
    return tuple(
        way if len(where) == len(every) else f"{way} ({_listed(where, every)})"
        for way, where in told.items()
    )


def _listed(where: Sequence[Column], every: Sequence[Column]) -> str:
    return ", ".join(heading_of(column, every).replace("\n", " ") for column in where)


def summary(audit: Audit) -> str:
    """``123 packages: 105 ready, 9 to build, 9 need attention``."""
    ready, build, attention = (len(audit.group(group)) for group in GROUP_TITLES)
    return (
        f"{counted(len(audit.packages), 'package')}: {ready} ready, {build} to build, "
        f"{attention} {'needs' if attention == 1 else 'need'} attention"
    )


def _column(target: str) -> Column:
    abi, _, platform = target.partition("-")
    match = _TAG.fullmatch(platform)
    python = f"{abi[2]}.{abi[3:]}"
    if not match:
        return Column(target=target, system=platform, arch="", python=python)
    family, major, minor, arch = match.groups()
    version = major if family == "macosx" else f"{major}.{minor}"
    return Column(target=target, system=f"{_SYSTEMS[family]} {version}", arch=arch, python=python)


def _project(requirement: str) -> str:
    name = re.match(r"[\w.-]+", requirement.strip())
    return re.sub(r"[-_.]+", "-", name[0]).lower() if name else ""
