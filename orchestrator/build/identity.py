"""Whether a backend made the wheel it was asked for. Pure: looks at the file name alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import Version

from orchestrator.errors import UnsupportedPlatformError, WrongWheelError
from orchestrator.model import UNKNOWN_VERSION, Interpreter, Platform, Source, Step
from orchestrator.targets.tags import parse_platform

if TYPE_CHECKING:
    from packaging.tags import Tag


def identified(source: Source, filename: str) -> Source:
    """The source with the version that its wheel says, where the source itself didn't know.

    Raises:
        WrongWheelError: The wheel is of another project or version.
    """
    try:
        name, version, _, _ = parse_wheel_filename(filename)
    except InvalidWheelFilename as error:
        raise WrongWheelError(f"The backend made {filename}: {error}.") from error
    known = source.version != UNKNOWN_VERSION
    if name != canonicalize_name(source.name) and source.kind == "index":
        raise WrongWheelError(f"Asked to build {source.name}, the backend made {filename}.")
    if known and source.kind == "index" and version != Version(source.version):
        raise WrongWheelError(
            f"Asked to build {source.name} {source.version}, the backend made {filename}."
        )
    return msgspec.structs.replace(source, name=name, version=str(version))


def check_tags(step: Step, filename: str) -> None:
    """Whether the wheel installs on the target.

    Raises:
        WrongWheelError: Its interpreter or its platform is another.
    """
    _, _, _, tags = parse_wheel_filename(filename)
    if not any(_fits_interpreter(tag, step.target.interpreter) for tag in tags):
        raise WrongWheelError(
            f"{step.label}: the backend made {filename}, which is for another Python."
        )
    if not any(_fits_platform(tag.platform, step.target.platform) for tag in tags):
        raise WrongWheelError(
            f"{step.label}: the backend made {filename}, which is for another platform."
        )


def _fits_platform(tag: str, platform: Platform) -> bool:
    """Whether what a backend promises is the target's platform, or on Linux runs there.

    A Linux wheel that promises nothing (``linux_aarch64``) is what most backends make; what it
    really needs is found when it is repaired.
    """
    if platform.os == "macos":
        return tag in ("any", platform.tag)
    if tag in ("any", f"linux_{platform.arch}"):
        return True
    try:
        promised = parse_platform(tag)
    except UnsupportedPlatformError:
        return False
    same = (promised.arch, promised.libc) == (platform.arch, platform.libc)
    return same and promised.minimum <= platform.minimum


def _fits_interpreter(tag: Tag, interpreter: Interpreter) -> bool:
    if tag.interpreter == interpreter.python_tag:
        return tag.abi in (interpreter.abi_tag, "abi3", "none")
    if tag.interpreter.startswith("cp3") and tag.abi == "abi3":
        minor = tag.interpreter.removeprefix("cp3")
        return (
            not interpreter.free_threaded and minor.isdecimal() and int(minor) <= interpreter.minor
        )
    return tag.interpreter in ("py3", f"py3{interpreter.minor}") and tag.abi == "none"
