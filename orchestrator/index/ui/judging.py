"""Whether an index has what a lock pins, for a target. Pure.

Compatibility is that of tags (PEP 425, 600, 656) and Requires-Python, as installers see it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from orchestrator.audit.offers import offers, system
from orchestrator.index.ui.platforms import place_of
from orchestrator.index.ui.verdicts import Verdict
from orchestrator.resolve.pages import FileEntry
from orchestrator.resolve.select import supports
from orchestrator.targets.wheel_tags import installable, tags_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packaging.tags import Tag

    from orchestrator.index.facts import File, Project
    from orchestrator.index.ui.platforms import Column
    from orchestrator.index.ui.verdicts import Pin
    from orchestrator.model import Target


def judge(pin: Pin, project: Project | None, target: Target) -> Verdict:
    """What the index has of a package.

    Args:
        pin: The package.
        project: What the index says of it.
        target: What it must be installed on.
    """
    if pin.place:
        return Verdict(pin=pin, answer="elsewhere")
    if project is None or not project.files:
        return Verdict(pin=pin, answer="absent")
    wanted = _version(pin.version)
    if wanted is None:
        return _unpinned(pin, project, target)
    own = [file for file in project.files if _version(file.version) == wanted]
    fitting = best_first(own, target)
    if standing := [file for file in fitting if file.yanked is None]:
        return _wheel(pin, standing)
    if fitting:
        return Verdict(pin=pin, answer="yanked", file=fitting[0])
    return _lacking(pin, project, own, target)


def best_first(files: Iterable[File], target: Target) -> list[File]:
    """The wheels that can be installed on a target, the one that installers prefer first."""
    ranks = _ranks(target)
    found = [
        (min(ranks[tag] for tag in tags if tag in ranks), file.filename, file)
        for file in files
        if (tags := tags_of(file.filename)) & ranks.keys()
        and supports(file.requires_python, target.interpreter)
    ]
    return [file for _, _, file in sorted(found, key=lambda one: one[:2])]


def _wheel(pin: Pin, files: list[File]) -> Verdict:
    allowed = [file for file in files if not pin.hashes or file.sha256 in pin.hashes]
    if allowed:
        return Verdict(pin=pin, answer="wheel", file=allowed[0])
    return Verdict(pin=pin, answer="other-hash", file=files[0])


def _unpinned(pin: Pin, project: Project, target: Target) -> Verdict:
    """The newest version that has a wheel is told."""
    standing = [file for file in project.files if file.yanked is None and _version(file.version)]
    fitting = best_first(standing, target)
    newest = max(fitting, key=lambda file: Version(file.version), default=None)
    words = newest.version if newest else ""
    return Verdict(pin=pin, answer="unpinned", file=newest, others=words)


def _lacking(pin: Pin, project: Project, own: list[File], target: Target) -> Verdict:
    found = offers(pin.version, map(_entry, project.files), target)
    if found.newer_platform:
        name = found.newer_platform.filename
        return Verdict(
            pin=pin,
            answer="newer",
            file=next(file for file in own if file.filename == name),
            others=system(found.newer_platform.oldest, target),
        )
    others = " or ".join(filter(None, (found.older, found.newer)))
    sdist = next((file for file in own if not file.filename.endswith(".whl")), None)
    if sdist:
        return Verdict(pin=pin, answer="sdist", file=sdist, others=others)
    if others:
        return Verdict(pin=pin, answer="other-version", others=others)
    return Verdict(pin=pin, answer="no-wheel", others=_places(own))


def _places(files: list[File]) -> str:
    """What wheels are for: platforms, each with its Pythons."""
    found: dict[str, set[Column]] = {}
    for spot in (place_of(file.filename) for file in files if file.filename.endswith(".whl")):
        found.setdefault(spot.row.label, set()).update(spot.columns)
    return "; ".join(
        f"{label}, Python {', '.join(column.label for column in sorted(columns))}"
        for label, columns in sorted(found.items())
    )


def _entry(file: File) -> FileEntry:
    return FileEntry(
        filename=file.filename,
        url=file.url,
        version=file.version,
        kind="wheel" if file.filename.endswith(".whl") else "sdist",
        requires_python=file.requires_python,
        yanked=file.yanked is not None,
    )


@lru_cache(maxsize=64)
def _ranks(target: Target) -> dict[Tag, int]:
    return {tag: rank for rank, tag in enumerate(installable(target))}


@lru_cache(maxsize=16384)
def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None
