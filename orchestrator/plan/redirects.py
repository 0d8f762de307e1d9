"""Steps that make redirect wheels: what is required instead, and for which platform."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import TYPE_CHECKING

import msgspec
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import Version

from orchestrator.binary.redirect import Redirect, members, pinned
from orchestrator.errors import NoSubstituteWheelError
from orchestrator.model import (
    BuildSettings,
    Platform,
    Source,
    Step,
    Substitute,
    Target,
    ToolchainIdentity,
)
from orchestrator.plan.fingerprint import fingerprint_of, parts_of
from orchestrator.resolve.select import releases_of, wheels_for
from orchestrator.targets.tags import OLDEST_GLIBC
from orchestrator.targets.wheel_tags import FIRST_ARM64, accepted, linux_tags, macos_tags

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.resolve.pages import FileEntry

# Nothing is compiled, so nothing of this machine matters.
_NO_TOOLCHAIN = ToolchainIdentity(name="none", versions={})


def redirect_step(
    name: str,
    version: str,
    settings: BuildSettings,
    files: Sequence[FileEntry],
    target: Target,
) -> Step:
    """The step that makes a redirect wheel.

    Its source is the wheel of the other project; its platform is the oldest that this wheel runs
    on, which may be newer than the one asked for.

    Args:
        name: Normalized name of the project without a wheel.
        version: Of it.
        settings: Of its recipe, with a substitute of kind ``redirect``.
        files: Of the substitute, as the indexes list them.
        target: What is asked for.

    Raises:
        NoSubstituteWheelError: The substitute has no wheel of the version for the interpreter and
            the architecture.
    """
    substitute = settings.substitute
    if substitute is None or substitute.kind != "redirect":
        raise ValueError(f"{name} {version}: its recipe names no redirect")
    offers = [
        (platform.minimum, file, platform)
        for file in wheels_for(version, files)
        if not file.yanked and (platform := oldest_platform(file, target)) is not None
    ]
    if not offers:
        raise _no_wheel(name, version, substitute, files, target)
    _, file, platform = min(offers, key=lambda offer: (offer[0], offer[1].filename))
    made_for = Target(platform=platform, interpreter=target.interpreter)
    unpinned = Source(
        name=name,
        version=version,
        kind="index",
        location=file.url,
        filename=file.filename,
        requires_python=file.requires_python,
    )
    redirect = _redirect(unpinned, substitute, made_for)
    source = msgspec.structs.replace(unpinned, digest=f"sha256:{_digest(redirect)}")
    # What a recipe says of builds changes nothing here.
    parts = parts_of(source, BuildSettings(), made_for, _NO_TOOLCHAIN, "", kind="redirect")
    return Step(
        source=source,
        settings=settings,
        target=made_for,
        toolchain=_NO_TOOLCHAIN,
        python="",
        fingerprint=fingerprint_of(parts),
        kind="redirect",
        parts=parts,
    )


def redirect_of(step: Step) -> Redirect:
    """What the wheel of a redirect step says."""
    if step.settings.substitute is None:
        raise ValueError(f"{step.label}: not a redirect")
    return _redirect(step.source, step.settings.substitute, step.target)


def oldest_platform(wheel: FileEntry, target: Target) -> Platform | None:
    """The oldest platform of the target's kind that installs a wheel; None: no such one does."""
    base = msgspec.structs.replace(target.platform, minimum=_oldest(target.platform))
    on_base = _accepted(Target(platform=base, interpreter=target.interpreter))
    tags = parse_wheel_filename(wheel.filename)[3]
    if any(str(tag) in on_base for tag in tags):
        return base
    minimums = [
        minimum
        for tag in tags
        if (minimum := _newer(tag.platform, base))
        and f"{tag.interpreter}-{tag.abi}-{base.tag}" in on_base
    ]
    return msgspec.structs.replace(base, minimum=min(minimums)) if minimums else None


def _oldest(platform: Platform) -> tuple[int, int]:
    if platform.os == "macos":
        return FIRST_ARM64
    return (1, 1) if platform.libc == "musl" else OLDEST_GLIBC


def _newer(tag: str, base: Platform) -> tuple[int, int] | None:
    """The minimum that a platform tag asks for, where it is for newer systems like ``base``."""
    version = None
    for macos in macos_tags([tag]) if base.os == "macos" else ():
        if macos.arch in {base.arch, "universal2"} and not macos.version[1]:
            version = macos.version
    for linux in linux_tags([tag]) if base.os == "linux" else ():
        if (linux.arch, linux.libc) == (base.arch, base.libc):
            version = linux.version
    return version if version and version > base.minimum else None


_accepted = cache(accepted)


def _redirect(source: Source, substitute: Substitute, target: Target) -> Redirect:
    return Redirect(
        name=source.name,
        version=source.version,
        tag=f"{target.interpreter.python_tag}-{target}",
        requires=pinned(substitute.name, source.version),
        extras={
            extra: tuple(_needed(text, substitute.name, source.version) for text in needed)
            for extra, needed in substitute.extras.items()
        },
        requires_python=source.requires_python,
    )


def _needed(text: str, name: str, version: str) -> str:
    """What an extra requires; the substitute itself is required in the redirect's version."""
    needed = Requirement(text)
    if canonicalize_name(needed.name) != name:
        return text
    own = pinned(name, version, needed.extras)
    return f"{own} ; {needed.marker}" if needed.marker else own


def _digest(redirect: Redirect) -> str:
    return hashlib.sha256(msgspec.json.encode(sorted(members(redirect).items()))).hexdigest()


def _no_wheel(
    name: str, version: str, substitute: Substitute, files: Sequence[FileEntry], target: Target
) -> NoSubstituteWheelError:
    older = [
        release
        for release, listed in releases_of(files).items()
        if release < Version(version)
        and any(file.kind == "wheel" and oldest_platform(file, target) for file in listed)
    ]
    near = max(older, default=None)
    has = f"the nearest older one is {near}" if near else "nor an older one"
    return NoSubstituteWheelError(
        f"{name} {version} has neither wheel nor sdist for {target}. Its recipe names "
        f"{substitute.name} instead, but of {version} that has no wheel for it either; {has}.",
        hint=f"Ask for {name}=={near}." if near else None,
    )
