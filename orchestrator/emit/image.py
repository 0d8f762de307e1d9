"""Which container image a target's wheels run on, and which wheels that image takes. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.tags import Tag, compatible_tags, cpython_tags

from orchestrator.errors import BaseImageError, UnsupportedPlatformError
from orchestrator.model import Platform, Target, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

# What containers call an architecture (the OCI image specification takes Go's names).
ARCHITECTURES = {"aarch64": "arm64", "x86_64": "amd64"}

# Variants of the official Python image, oldest first, with the glibc of that Debian release.
_DEBIAN = (("slim-bookworm", (2, 36)), ("slim-trixie", (2, 41)))
# Every Alpine that is still built has it; the tag policy (PEP 656) counts major and minor only.
_ALPINE = ("alpine", (1, 2))

_OLDEST_GLIBC_MINOR = 5
_LEGACY_TAGS = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}


class Image(Value):
    """A base image.

    Attributes:
        reference: As ``FROM`` takes it, e.g. ``python:3.11-slim-bookworm``.
        libc: Version (major, minor) of its C library, at least.
    """

    reference: str
    libc: tuple[int, int]


def choose_image(target: Target, base: str = "") -> Image:
    """The image that is asked for, else the oldest official Python image that is new enough.

    Raises:
        UnsupportedPlatformError: Containers do not run the platform.
        BaseImageError: There is no official image for the target.
    """
    platform = target.platform
    if platform.os != "linux" or platform.arch not in ARCHITECTURES:
        raise UnsupportedPlatformError(
            f"Containers do not run {platform.tag}; on a Mac, too, they are Linux.",
            hint="Use --platform linux (manylinux_2_28_aarch64) or musllinux_1_2_aarch64.",
        )
    if base:
        return Image(reference=base, libc=platform.minimum)
    version = target.interpreter.version
    if target.interpreter.free_threaded:
        raise BaseImageError(f"There is no official image of free-threaded Python {version}.")
    variants = _DEBIAN if platform.libc == "glibc" else (_ALPINE,)
    for variant, libc in variants:
        if libc >= platform.minimum:
            return Image(reference=f"python:{version}-{variant}", libc=libc)
    newest, libc = variants[-1]
    raise BaseImageError(
        f"{platform.tag} needs a newer {platform.libc} than {libc[0]}.{libc[1]}, which is what the"
        f" newest official image (python:{version}-{newest}) has."
    )


def supported_tags(target: Target, image: Image) -> tuple[Tag, ...]:
    """The tags of the wheels that install into the image, most specific first.

    They follow from the image's C library, which may be newer than the platform asks for.
    """
    interpreter = target.interpreter
    version = (interpreter.major, interpreter.minor)
    platforms = tuple(_platform_tags(target.platform, image.libc))
    return (
        *cpython_tags(version, (interpreter.abi_tag,), platforms),
        *compatible_tags(version, interpreter.python_tag, platforms),
    )


def marker_environment(target: Target) -> dict[str, str]:
    """What environment markers (PEP 508) are evaluated against."""
    version = f"{target.interpreter.major}.{target.interpreter.minor}"
    # 99 stands for the newest patch release, which is what the image's tag means.
    full = f"{version}.99"
    return {
        "implementation_name": "cpython",
        "implementation_version": full,
        "os_name": "posix",
        "platform_machine": target.platform.arch,
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": full,
        "python_version": version,
        "sys_platform": "linux",
    }


def _platform_tags(platform: Platform, libc: tuple[int, int]) -> Iterator[str]:
    major, newest = libc
    if platform.libc == "musl":
        yield from (f"musllinux_{major}_{minor}_{platform.arch}" for minor in range(newest, -1, -1))
    else:
        for minor in range(newest, _OLDEST_GLIBC_MINOR - 1, -1):
            yield f"manylinux_{major}_{minor}_{platform.arch}"
            if minor in _LEGACY_TAGS:
                yield f"{_LEGACY_TAGS[minor]}_{platform.arch}"
    yield f"linux_{platform.arch}"
