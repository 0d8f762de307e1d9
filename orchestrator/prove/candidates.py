"""For which targets a wheel is meant, from the tags of its file name (PEP 425, 600, 656)."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Literal

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from orchestrator.errors import BadPythonError, NotAWheelError
from orchestrator.model import Interpreter, Platform, Target, Value
from orchestrator.targets.tags import NEWEST_PYTHON, OLDEST_PYTHON, parse_interpreter

if TYPE_CHECKING:
    from packaging.tags import Tag

# The names that PEP 600 retired.
_ALIASES = {"manylinux2014": "manylinux_2_17", "manylinux2010": "manylinux_2_12"}
_ALIASES |= {"manylinux1": "manylinux_2_5"}
_LINUX = re.compile(r"(many|musl)linux_(\d+)_(\d+)_(\w+)")
_MACOS = re.compile(r"macosx_(\d+)_(\d+)_(?:arm64|universal2)")
_ALIAS = re.compile(r"(manylinux(?:1|2010|2014))_(\w+)")
# Where one wheel is for many, this is tried first: it is what wheels are built for by default.
_PREFERRED_MINOR = 11


class Named(Value):
    """What a wheel's file name says.

    Attributes:
        name: Normalized.
        version: PEP 440.
        targets: Best first: its oldest platform, and CPython 3.11 where it is for many.
    """

    name: str
    version: str
    targets: tuple[Target, ...]


def parse_name(filename: str, host: Platform) -> Named:
    """Reads a wheel's file name.

    Args:
        filename: Without any folder.
        host: This machine, which stands for the platform ``any``.

    Raises:
        NotAWheelError: It is not a wheel's name.
    """
    try:
        name, version, _, tags = parse_wheel_filename(filename)
    except InvalidWheelFilename as error:
        raise NotAWheelError(f"{filename}: {error}") from error
    targets = {
        Target(platform=platform, interpreter=interpreter): None
        for tag in sorted(tags, key=str)
        for platform in _platforms(tag.platform, host)
        for interpreter in _interpreters(tag)
    }
    return Named(name=name, version=str(version), targets=tuple(sorted(targets, key=_rank)))


def _rank(target: Target) -> tuple[object, ...]:
    found = target.interpreter
    return (
        found.minor != _PREFERRED_MINOR,
        found.free_threaded,
        found.minor,
        target.platform.minimum,
        target.platform.tag,
    )


def _platforms(tag: str, host: Platform) -> tuple[Platform, ...]:
    """Platforms older than any that is built for run here, too."""
    if tag == "any":
        return (host,)
    if match := _ALIAS.fullmatch(tag):
        tag = f"{_ALIASES[match[1]]}_{match[2]}"
    if match := _LINUX.fullmatch(tag):
        libc: Literal["glibc", "musl"] = "glibc" if match[1] == "many" else "musl"
        minimum = int(match[2]), int(match[3])
        return (Platform(os="linux", arch=match[4], minimum=minimum, libc=libc),)
    if match := _MACOS.fullmatch(tag):
        return (Platform(os="macos", arch="arm64", minimum=(int(match[1]), int(match[2]))),)
    return ()


def _interpreters(tag: Tag) -> tuple[Interpreter, ...]:
    """The CPythons that a tag admits: the stable ABI (PEP 384) and ``py3`` mean newer ones too."""
    match = re.fullmatch(r"(cp|py)3(\d*)", tag.interpreter)
    if match and (tag.abi == "abi3" or (tag.abi == "none" and match[1] == "py")):
        oldest = max(int(match[2] or 0), OLDEST_PYTHON)
        return tuple(Interpreter(major=3, minor=n) for n in range(oldest, NEWEST_PYTHON + 1))
    with contextlib.suppress(BadPythonError):
        return (parse_interpreter(tag.interpreter if tag.abi == "none" else tag.abi),)
    return ()
