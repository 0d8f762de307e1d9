"""Platform tags of Linux wheels: what they promise, and how a wheel is given others. Pure.

The tags are those of PEP 600 (manylinux, with the three older names it explains), PEP 656
(musllinux), and ``linux_ARCH``, which promises nothing beyond the machine it was built on. The
WHEEL file is that of the binary distribution format specification.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.model import Platform

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_OLDER_NAMES = {"1": (2, 5), "2010": (2, 12), "2014": (2, 17)}
_TAG = re.compile(r"(many|musl)?linux(?:_(\d+)_(\d+)|(1|2010|2014))?_(\w+)")


def linux_arch(tag: str) -> str:
    """The architecture that a platform tag of Linux names; empty for other tags."""
    match = _TAG.fullmatch(tag)
    return match[5] if match else ""


def promise(tag: str) -> Platform | None:
    """The platform that a manylinux or musllinux tag promises; None for other tags."""
    match = _TAG.fullmatch(tag)
    if not match or not match[1]:
        return None
    older = _OLDER_NAMES.get(match[4] or "")
    minimum = (int(match[2]), int(match[3])) if match[2] else older
    if minimum is None:
        return None
    return Platform(
        os="linux",
        arch=match[5],
        minimum=minimum,
        libc="glibc" if match[1] == "many" else "musl",
    )


def oldest_promise(tags: Iterable[str]) -> Platform | None:
    """Of several platform tags the one that promises most; None where none promises anything."""
    promises = [found for tag in tags if (found := promise(tag))]
    return min(promises, key=lambda platform: platform.minimum, default=None)


def platforms_of(tags: Iterable[str]) -> tuple[str, ...]:
    """The platform parts of expanded tags (``cp311-cp311-linux_aarch64``), sorted."""
    return tuple(sorted({tag.rpartition("-")[2] for tag in tags}))


def renamed(filename: str, platforms: Sequence[str]) -> str:
    """A wheel's file name with other platform tags."""
    return f"{filename.rpartition('-')[0]}-{'.'.join(platforms)}.whl"


def retagged(wheel_file: str, platforms: Sequence[str]) -> str:
    """The text of a WHEEL file with other platform tags; every other line stays."""
    lines = wheel_file.splitlines()
    tags = [line for line in lines if line.lower().startswith("tag:")]
    kept = [line for line in lines if line.strip() and line not in tags]
    compatible = dict.fromkeys(line.partition(":")[2].strip().rpartition("-")[0] for line in tags)
    new = [f"Tag: {prefix}-{platform}" for prefix in compatible for platform in platforms]
    return "\n".join([*kept, *new, ""])
