"""The wheels that take the place of what a lock file has none of; those that are nowhere."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.emit.dockerfile import Pin
from orchestrator.emit.image import Image, supported_tags
from orchestrator.emit.locked import newest_wheel, version_of, without_wheel
from orchestrator.emit.read import read_lock, wheels_in
from orchestrator.errors import BadLockError, MissingWheelsError
from orchestrator.files import sha256_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.model import Target
    from orchestrator.resolve.project import Project

# A lock of a project that was never meant for Linux may lack hundreds.
_SHOWN = 20


def choose_pins(
    project: Project, folder: Path, target: Target, image: Image, wheelhouse: Path | None
) -> tuple[Pin, ...]:
    """The wheels of the wheelhouse that replace what the lock has no wheel of.

    Args:
        project: As described.
        folder: Where it lies.
        target: What its wheels must be for.
        image: What they will be installed in.
        wheelhouse: Folder of wheels, or None.

    Raises:
        MissingWheelsError: Neither lock nor wheelhouse has a wheel that the target needs.
        BadLockError: The lock can't be read, or must name the wheels itself.
        UnusableLockError: The lock is not valid, or was not made for the target.
    """
    tags = supported_tags(target, image)
    wheels = wheels_in(wheelhouse) if wheelhouse else ()
    if wheelhouse and not wheels:
        raise _missing(f"{wheelhouse} holds no wheel.", ("REQUIREMENT",), target, wheelhouse)
    if project.form == "wheel" and not newest_wheel(project.name, "", wheels, tags):
        raise _missing(
            f"{project.name} can't be built in an image without compiler and git, and there is no"
            f" wheel of it for {target}.",
            (str(folder),),
            target,
            wheelhouse,
        )
    lock = read_lock(folder, project)
    if lock is None:
        return ()
    path = folder / project.lock
    lacking = without_wheel(lock, target, tags, str(path))
    found = {item: newest_wheel(item.name, item.version, wheels, tags) for item in lacking}
    nowhere = [item.requirement for item, filename in found.items() if not filename]
    if nowhere:
        raise _missing(
            f"{path} has no wheel for {target} of: {', '.join(nowhere[:_SHOWN])}.",
            nowhere[:_SHOWN],
            target,
            wheelhouse,
        )
    chosen = [wheelhouse / filename for filename in found.values() if wheelhouse and filename]
    if chosen and project.lock == "pylock.toml":
        raise _unlisted(path, chosen)
    return tuple(
        Pin(name=item.name, version=version_of(wheel.name), sha256=sha256_of(wheel))
        for item, wheel in zip(found, chosen, strict=True)
    )


def _missing(
    message: str, requirements: Sequence[str], target: Target, wheelhouse: Path | None
) -> MissingWheelsError:
    options = ["--platform", target.platform.tag, "--python", target.interpreter.version]
    if wheelhouse:
        options += ["--wheelhouse", str(wheelhouse)]
    command = shlex.join(["orchestrate", "build", *requirements, *options])
    return MissingWheelsError(message, hint=f"{command}, then try again.")


def _unlisted(lock: Path, wheels: Sequence[Path]) -> BadLockError:
    """A pylock.toml is the whole truth for installers: they take no wheel that it does not list."""
    lines = tuple(
        f'{{ path = "{Path(os.path.relpath(wheel, lock.parent)).as_posix()}",'
        f' hashes = {{ sha256 = "{sha256_of(wheel)}" }} }}'
        for wheel in wheels
    )
    return BadLockError(
        f"{lock} does not list wheels that only the wheelhouse has.",
        hint="Add each line below to `wheels` of its package, then try again.",
        details=lines,
    )
