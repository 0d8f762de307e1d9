"""Our files beside an upstream's, against the gap-filler trap. Pure.

An index that holds only what upstream lacks freezes installers at the versions that it has: uv asks
no other index for a name that it found. So the page of a name that the operator lists is the
upstream's with ours added. All other names of ours are ours alone, and upstream is never asked
about them: that is what keeps a stranger's package of the same name out.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal

import msgspec
from packaging.tags import Tag, parse_tag
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    canonicalize_version,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import Version

from orchestrator.errors import OrchestratorError
from orchestrator.model import Interpreter, Target, Value
from orchestrator.targets.tags import parse_platform
from orchestrator.targets.wheel_tags import accepted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orchestrator.index.facts import File, Project

Unlisted = Literal["redirect", "proxy", "404"]
Standing = Literal["own", "merged", "upstream", "unknown"]

# Of the wheels that any Python 3 takes: what holds for the oldest holds for all.
_OLDEST_PYTHON = (3, 9)


class MergeRules(Value):
    """What the operator decided about names.

    Attributes:
        names: Normalized, or patterns of them (``*``), whose pages are upstream's and ours.
        built: Whether names count as listed that were built from upstream's own sdists.
        private: Names and patterns that upstream is never asked about.
        unlisted: What is done about names that we have nothing of.
    """

    names: tuple[str, ...] = ()
    built: bool = False
    private: tuple[str, ...] = ()
    unlisted: Unlisted = "redirect"


def standing(name: str, rules: MergeRules, *, ours: bool, gap: bool) -> Standing:
    """Where the files of a name come from.

    Args:
        name: Normalized.
        rules: The operator's.
        ours: Whether the wheelhouse has files of it.
        gap: Whether all of these were built from sdists of an index.
    """
    if any(fnmatchcase(name, pattern) for pattern in rules.private):
        return "own" if ours else "unknown"
    if any(fnmatchcase(name, pattern) for pattern in rules.names):
        return "merged"
    if ours:
        return "merged" if rules.built and gap else "own"
    return "unknown" if rules.unlisted == "404" else "upstream"


def merged(ours: Project, theirs: Project, upstream: str) -> Project:
    """Upstream's page with what it lacks.

    Upstream's files stay as they are, hashes included. A wheel of ours is left out where upstream
    has one of the same version that every installer which takes ours would take.

    Args:
        ours: From the wheelhouse.
        theirs: From upstream.
        upstream: URL of the project there, which the page is said to track (PEP 708).
    """
    there = {file.filename for file in theirs.files}
    offered: dict[str, set[str]] = {}
    for file in theirs.files:
        if file.yanked is None:
            offered.setdefault(canonicalize_version(file.version), set()).update(
                map(str, tags_of(file))
            )
    added = [
        file
        for file in ours.files
        if file.filename not in there
        and not covered(file, offered.get(canonicalize_version(file.version), frozenset()))
    ]
    return msgspec.structs.replace(
        theirs,
        name=ours.name,
        files=tuple(sorted((*theirs.files, *added), key=_order)),
        tracks=tuple(dict.fromkeys((upstream, *ours.tracks, *theirs.tracks))),
    )


def covered(file: File, tags: Iterable[str]) -> bool:
    """Whether tags of other wheels suit every installer that takes a wheel.

    Args:
        file: The wheel.
        tags: Of the others, ``cp311-cp311-macosx_11_0_arm64``.
    """
    offered = frozenset(tags)
    return bool(offered) and all(_suits(tag, offered) for tag in tags_of(file))


def tags_of(file: File) -> frozenset[Tag]:
    """The tags of a wheel; none of an sdist."""
    stem = file.filename.removesuffix(".whl")
    if stem == file.filename:
        return frozenset()
    return parse_tag("-".join(stem.split("-")[-3:]))


def version_of(name: str, filename: str) -> str:
    """The version that a file's name says; empty where it is no wheel or sdist of the project."""
    try:
        if filename.endswith(".whl"):
            project, version = parse_wheel_filename(filename)[:2]
        else:
            project, version = parse_sdist_filename(filename)
    except (InvalidWheelFilename, InvalidSdistFilename):
        return ""
    return str(version) if canonicalize_name(project) == name else ""


def _suits(tag: Tag, offered: frozenset[str]) -> bool:
    if str(tag) in offered:
        return True
    if tag.platform == "any":
        return False  # another pure wheel would have the same tag, or need a newer Python
    try:
        platform = parse_platform(tag.platform)
    except OrchestratorError:
        return False  # none that is built for here: ours stays
    digits = tag.interpreter.lstrip("cpy")
    major, minor = int(digits[:1] or 3), int(digits[1:] or 0)
    oldest = max((major, minor), _OLDEST_PYTHON) if tag.abi in {"abi3", "none"} else (major, minor)
    interpreter = Interpreter(
        major=oldest[0],
        minor=oldest[1],
        free_threaded=tag.abi.startswith("cp") and tag.abi[-1] == "t",
    )
    return not offered.isdisjoint(accepted(Target(platform=platform, interpreter=interpreter)))


def _order(file: File) -> tuple[bool, Version, str]:
    try:
        return True, Version(file.version), file.filename
    except ValueError:
        return False, Version("0"), file.filename
