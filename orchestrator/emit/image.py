"""Which container image a target's wheels run on, and which wheels that image takes. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from orchestrator.errors import BaseImageError, UnsupportedPlatformError
from orchestrator.model import Target, Value
from orchestrator.targets.wheel_tags import installable

if TYPE_CHECKING:
    from packaging.tags import Tag

# What containers call an architecture (the OCI image specification takes Go's names).
ARCHITECTURES = {"aarch64": "arm64", "x86_64": "amd64"}

# Variants of the official Python image, oldest first, with the glibc of that Debian release.
_DEBIAN = (("slim-bookworm", (2, 36)), ("slim-trixie", (2, 41)))
# Every Alpine that is still built has it; the tag policy (PEP 656) counts major and minor only.
_ALPINE = ("alpine", (1, 2))


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
    platform = msgspec.structs.replace(target.platform, minimum=image.libc)
    return installable(msgspec.structs.replace(target, platform=platform))
