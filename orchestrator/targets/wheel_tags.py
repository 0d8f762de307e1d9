"""Platform tags: what they say, whether installers know them, what a target accepts.

PEP 425, and its manylinux (PEP 600, and 513, 571, 599 for the old names), musllinux (PEP 656) and
macOS parts. Parsing keeps tags that no installer knows: saying so is the point.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from packaging.tags import Tag, compatible_tags, cpython_tags, mac_platforms
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from orchestrator.model import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from orchestrator.model import Platform, Target

Libc = Literal["glibc", "musl", ""]

FIRST_ARM64 = (11, 0)
_MACOS = re.compile(r"macosx_(\d+)_(\d+)_(\w+)", re.ASCII)
_MACOS_ARCHS = {"arm64", "x86_64", "universal2", "intel", "universal", "fat", "fat32", "fat64"}
_FIRST_YEARLY = 11
_LINUX = re.compile(r"(?:(many|musl)linux_(\d+)_(\d+)|(manylinux\d+)|linux)_(\w+)", re.ASCII)
_OLD_NAMES = {"manylinux1": (2, 5), "manylinux2010": (2, 12), "manylinux2014": (2, 17)}
# Installers look no further down than this.
_OLDEST_GLIBC = {"x86_64": (2, 5), "i686": (2, 5)}
_OLDEST_GLIBC_ELSEWHERE = (2, 17)


class MacOSTag(Value):
    """A ``macosx_X_Y_ARCH`` platform tag, valid or not."""

    text: str
    version: tuple[int, int]
    arch: str


class LinuxTag(Value):
    """A ``manylinux``, ``musllinux`` or plain ``linux`` platform tag, valid or not.

    Attributes:
        text: The tag.
        libc: Empty for a plain one, which promises nothing but the architecture.
        version: Oldest of the libc; (0, 0) for a plain one.
        arch: As the tag spells it, e.g. ``aarch64``.
    """

    text: str
    libc: Libc
    version: tuple[int, int]
    arch: str


class TagProblem(NamedTuple):
    """Why nothing installs a wheel with a tag, and what to do."""

    message: str
    hint: str = ""


def macos_tags(platforms: Iterable[str]) -> tuple[MacOSTag, ...]:
    """Those that are for macOS."""
    matches = (_MACOS.fullmatch(platform) for platform in platforms)
    return tuple(
        MacOSTag(text=match[0], version=(int(match[1]), int(match[2])), arch=match[3])
        for match in matches
        if match
    )


def linux_tags(platforms: Iterable[str]) -> tuple[LinuxTag, ...]:
    """Those that are for Linux."""
    matches = (_LINUX.fullmatch(platform) for platform in platforms)
    return tuple(_linux_tag(match) for match in matches if match)


def _linux_tag(match: re.Match[str]) -> LinuxTag:
    libc: Libc = ""
    version = (0, 0)
    if match[1]:
        libc, version = "glibc" if match[1] == "many" else "musl", (int(match[2]), int(match[3]))
    elif match[4]:
        libc, version = "glibc", _OLD_NAMES.get(match[4], (0, 0))
    return LinuxTag(text=match[0], libc=libc, version=version, arch=match[5])


def problems(platforms: Iterable[str]) -> Iterator[TagProblem]:
    """What keeps installers from choosing a wheel by one of its tags."""
    listed = tuple(platforms)
    for macos in macos_tags(listed):
        yield from _macos_problems(macos)
    for linux in linux_tags(listed):
        oldest = _OLDEST_GLIBC.get(linux.arch, _OLDEST_GLIBC_ELSEWHERE)
        if linux.libc == "glibc" and linux.version < oldest:
            least = f"manylinux_{oldest[0]}_{oldest[1]}_{linux.arch}"
            yield TagProblem(
                f"{linux.text}: no installer knows it; the oldest is {least}.", f"Use {least}."
            )


def _macos_problems(tag: MacOSTag) -> Iterator[TagProblem]:
    major, minor = tag.version
    if tag.arch not in _MACOS_ARCHS:
        yield TagProblem(f"{tag.text}: no Mac has the architecture {tag.arch!r}.")
    elif major >= _FIRST_YEARLY and minor:
        yield TagProblem(
            f"{tag.text}: from macOS 11 on a tag's minor version is 0; nothing installs it.",
            f"Use macosx_{major + 1}_0_{tag.arch}.",
        )
    elif tag.arch == "arm64" and tag.version < FIRST_ARM64:
        yield TagProblem(f"{tag.text}: arm64 Macs start at macOS 11.", "Use macosx_11_0_arm64.")


@lru_cache(maxsize=16384)
def tags_of(filename: str) -> frozenset[Tag]:
    """The tags in a wheel's file name; none where it is no wheel's."""
    try:
        return parse_wheel_filename(filename)[3]
    except InvalidWheelFilename:
        return frozenset()


def accepted(target: Target) -> frozenset[str]:
    """All tags of wheels that can be installed on a target.

    The plain ``linux`` tag, which a machine of the target would take too, is none of them: it
    says nothing of where else the wheel runs.
    """
    return frozenset(map(str, _tags(target, platform_tags(target.platform))))


def installable(target: Target) -> tuple[Tag, ...]:
    """The tags of wheels that an installer takes on a target, the one it prefers first."""
    plain = [f"linux_{target.platform.arch}"] if target.platform.os == "linux" else []
    return tuple(_tags(target, (*platform_tags(target.platform), *plain)))


def _tags(target: Target, platforms: Iterable[str]) -> Iterator[Tag]:
    version = (target.interpreter.major, target.interpreter.minor)
    platforms = list(platforms)
    own = cpython_tags(version, [target.interpreter.abi_tag], platforms)
    pure = compatible_tags(version, target.interpreter.python_tag, platforms)
    yield from own
    yield from pure


def platform_tags(platform: Platform) -> Iterator[str]:
    """Platform tags of wheels that can be installed on a platform, the best first."""
    if platform.os == "macos":
        yield from mac_platforms(platform.minimum, platform.arch)
        return
    major, newest = platform.minimum
    arch = platform.arch
    if platform.libc == "musl":
        yield from (f"musllinux_{major}_{minor}_{arch}" for minor in range(newest, -1, -1))
        return
    oldest = _OLDEST_GLIBC.get(arch, _OLDEST_GLIBC_ELSEWHERE)[1]
    names = {version: name for name, version in _OLD_NAMES.items()}
    for minor in range(newest, oldest - 1, -1):
        yield f"manylinux_{major}_{minor}_{arch}"
        if old := names.get((major, minor)):
            yield f"{old}_{arch}"
