"""What a project's files offer a target: wheels that install, almost install, or don't. Pure.

Compatibility is that of tags (PEP 425, 600, 656) and Requires-Python, as installers see it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from packaging.version import InvalidVersion, Version

from orchestrator.resolve.select import supports
from orchestrator.targets.wheel_tags import accepted, linux_tags, macos_tags, tags_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packaging.tags import Tag

    from orchestrator.model import Target
    from orchestrator.resolve.pages import FileEntry

_MAC_ARCHITECTURES = {
    "arm64": {"arm64", "universal2"},
    "x86_64": {"x86_64", "universal2", "intel", "universal", "fat64"},
}
_OTHER_ARCHITECTURE = "x86_64"

Fit = Literal["fits", "newer", "x86_64"]
_BEST_FIRST: tuple[Fit, ...] = ("fits", "newer", "x86_64")


class Offer(NamedTuple):
    """What a wheel would need.

    Attributes:
        filename: Of the wheel.
        fit: ``fits``; ``newer``: only on a newer system than the target promises; ``x86_64``:
            only on the other architecture.
        oldest: The oldest macOS or libc that it runs on; None: whichever.
    """

    filename: str
    fit: Fit
    oldest: tuple[int, int] | None


class Offers(NamedTuple):
    """What the files of a project offer a target that lacks a wheel of one version.

    Attributes:
        newer_platform: The version's wheel for the least new system.
        x86_64: The version's wheel for the other architecture.
        older: Newest older version with a wheel that fits.
        newer: Newest newer version with one.
    """

    newer_platform: Offer | None = None
    x86_64: Offer | None = None
    older: str = ""
    newer: str = ""


NO_OFFERS = Offers()


def offer_of(filename: str, target: Target) -> Offer | None:
    """What a wheel offers a target; None where that is nothing, or it is no wheel's name."""
    tags = tags_of(filename)
    if not tags:
        return None
    found = [Offer(filename, *fit) for tag in tags if (fit := _fit(tag, target))]
    return min(found, key=_rank, default=None)


def offers(version: str, files: Iterable[FileEntry], target: Target) -> Offers:
    """What a project's files offer a target beside the wheel that it lacks.

    Withdrawn files (PEP 592) count for nothing, as do pre-releases, unless the version is one.

    Args:
        version: The one that was resolved.
        files: All that the index lists of the project.
        target: What lacks a wheel.
    """
    wanted = Version(version)
    own: list[Offer] = []
    fitting: set[Version] = set()
    for file in files:
        if file.kind != "wheel" or file.yanked:
            continue
        found = _version(file.version)
        if found is None or (found.is_prerelease and not wanted.is_prerelease and found != wanted):
            continue
        offer = offer_of(file.filename, target)
        if offer is None or not supports(file.requires_python, target.interpreter):
            continue
        if found == wanted:
            own.append(offer)
        elif offer.fit == "fits":
            fitting.add(found)
    return Offers(
        newer_platform=_best(own, "newer"),
        x86_64=_best(own, "x86_64"),
        older=_newest(found for found in fitting if found < wanted),
        newer=_newest(found for found in fitting if found > wanted),
    )


def system(oldest: tuple[int, int] | None, target: Target) -> str:
    """``macOS 12.0`` or ``glibc 2.28``; empty where any will do."""
    if oldest is None:
        return ""
    return f"{target.platform.libc or 'macOS'} {oldest[0]}.{oldest[1]}"


def _best(found: Iterable[Offer], fit: Fit) -> Offer | None:
    return min((offer for offer in found if offer.fit == fit), key=_rank, default=None)


def _newest(versions: Iterable[Version]) -> str:
    newest = max(versions, default=None)
    return str(newest) if newest else ""


def _rank(offer: Offer) -> tuple[int, tuple[int, int], str]:
    return _BEST_FIRST.index(offer.fit), offer.oldest or (0, 0), offer.filename


def _fit(tag: Tag, target: Target) -> tuple[Fit, tuple[int, int] | None] | None:
    if (tag.interpreter, tag.abi) not in _interpreters(target):
        return None
    if tag.platform == "any":
        return "fits", None
    found = _platform_of(tag.platform, target)
    if found is None:
        return None
    version, architectures = found
    if target.platform.arch in architectures:
        return ("fits" if version <= target.platform.minimum else "newer"), version
    return ("x86_64", version) if _OTHER_ARCHITECTURE in architectures else None


@lru_cache(maxsize=4096)
def _platform_of(text: str, target: Target) -> tuple[tuple[int, int], frozenset[str]] | None:
    """Oldest system and architectures of a platform tag that is of the target's kind."""
    if target.platform.os == "macos":
        for macos in macos_tags((text,)):
            architectures = {
                name for name, known in _MAC_ARCHITECTURES.items() if macos.arch in known
            }
            # No arm64 Mac runs an older one: what a universal2 tag of 10.9 says is for Intel's.
            version = max(macos.version, (11, 0)) if "arm64" in architectures else macos.version
            return version, frozenset(architectures)
        return None
    for linux in linux_tags((text,)):
        if linux.libc == target.platform.libc:
            return linux.version, frozenset({linux.arch})
    return None


@lru_cache(maxsize=64)
def _interpreters(target: Target) -> frozenset[tuple[str, str]]:
    """Pairs of python and abi tag that an installer takes on a target."""
    return frozenset(
        (python, abi) for python, abi, _ in (t.split("-", 2) for t in accepted(target))
    )


@lru_cache(maxsize=4096)
def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None
