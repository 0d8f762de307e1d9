"""Which releases of a recipe apply to a version on a target, and what they say together."""

from __future__ import annotations

import hashlib
from fnmatch import fnmatchcase
from functools import reduce
from typing import TYPE_CHECKING, TypeVar

import msgspec

from orchestrator.model import (
    Backend,
    BuildRequires,
    BuildSettings,
    Flags,
    Needs,
    Patch,
    Platform,
    SourceOverride,
    Substitute,
    Target,
    TestPlan,
)
from orchestrator.registry import schema

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from packaging.version import Version

# Settings that are told to readers, or count elsewhere.
CHANGES_NO_WHEEL = ("recipes", "digest", "why", "test", "substitute")

T = TypeVar("T", bound=schema.Table)


def applies(release: schema.Release, version: Version | None, target: Target) -> bool:
    """Whether a release is meant for this version (None: whichever) on this target."""
    interpreter = target.interpreter
    return applies_to_platform(release, version, target.platform) and release.pythons.contains(
        f"{interpreter.major}.{interpreter.minor}"
    )


def applies_to_platform(
    release: schema.Conditional, version: Version | None, platform: Platform
) -> bool:
    """Whether a release is meant for this version (None: whichever) on this platform."""
    return (version is None or release.versions.contains(version, prereleases=True)) and (
        not release.platforms or any(fnmatchcase(platform.tag, p) for p in release.platforms)
    )


def merge(low: T, high: T) -> T:
    """Lays ``high`` over ``low``: lists append, tables update key by key, scalars override."""
    fields = type(low).__struct_fields__
    return type(low)(**{name: _merged(getattr(low, name), getattr(high, name)) for name in fields})


def _merged(low: object, high: object) -> object:
    match low, high:
        case tuple(), tuple():
            return low + high
        case dict(), dict():
            return low | {
                key: _merged(low[key], value) if key in low else value
                for key, value in high.items()
            }
        case schema.Table(), schema.Table() if not isinstance(high, schema.WholeTable):
            return merge(low, high)
        case _:
            return high or low  # what is absent is false: an empty string or UNSET


def settings_of(
    releases: Sequence[schema.Release],
    *,
    recipes: tuple[str, ...] = (),
    why: tuple[str, ...] = (),
    patches: tuple[Patch, ...] = (),
    own_files: tuple[Path, ...] = (),
) -> BuildSettings:
    """The settings that releases give together, later ones over earlier ones.

    Args:
        releases: Those that apply, in file order.
        recipes: What to call them.
        why: Reasons given for whole files; those of the releases come behind.
        patches: The releases' patches, found and hashed.
        own_files: The files of their own that the releases' tests use, found.
    """
    merged = reduce(merge, releases, schema.Release())
    settings = BuildSettings(
        recipes=recipes,
        source=_source(merged.source),
        patches=patches,
        env=merged.env,
        flags=flags_of(merged.flags),
        build_requires=_build_requires(merged.build_requires),
        target_build_requires=_texts(merged.target_build_requires),
        config_settings=merged.config_settings,
        backend=_backend(merged.backend),
        blas=merged.blas or None,
        extensions=merged.extensions,
        needs=needs_of(merged.needs),
        route=merged.route or "",
        libraries=tuple(dict.fromkeys(map(str, merged.libraries))),
        test=_test(merged.test, own_files),
        substitute=_substitute(merged.substitute),
        why=why + tuple(release.why for release in releases if release.why),
    )
    return msgspec.structs.replace(settings, digest=digest_of(settings))


def digest_of(settings: BuildSettings) -> str:
    """Hex sha256 of all that can change a wheel.

    File names and reasons are left out, and of a patch all but its content counts for nothing:
    rewording or moving a recipe builds nothing anew.
    """
    content = msgspec.structs.asdict(settings)
    for name in CHANGES_NO_WHEEL:
        del content[name]
    content["patches"] = [patch.sha256 for patch in settings.patches]
    return hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()


def _texts(values: Sequence[object]) -> tuple[str, ...]:
    return tuple(map(str, values))


def _source(table: schema.Source | msgspec.UnsetType) -> SourceOverride | None:
    if not table:
        return None
    return SourceOverride(
        url=table.url or "", sha256=table.sha256 or "", git=table.git, rev=table.rev
    )


def flags_of(table: schema.Flags) -> Flags:
    """A recipe's flags as a value."""
    return Flags(
        compile_add=table.add_compile,
        compile_drop=table.drop_compile,
        link_add=table.add_link,
        link_drop=table.drop_link,
    )


def _build_requires(table: schema.BuildRequires) -> BuildRequires:
    return BuildRequires(
        add=_texts(table.add), constrain=_texts(table.constrain), remove=_texts(table.remove)
    )


def _backend(table: schema.Backend | msgspec.UnsetType) -> Backend | None:
    if not table:
        return None
    return Backend(
        build_backend=table.build_backend,
        requires=_texts(table.requires),
        backend_path=table.backend_path,
    )


def needs_of(table: schema.Needs) -> Needs:
    """A recipe's needs as a value."""
    return Needs(
        languages=table.languages,
        minimum_macos=_macos_version(table.minimum_macos) if table.minimum_macos else None,
        frameworks=table.frameworks,
        tools=table.tools,
    )


def _macos_version(text: str) -> tuple[int, int]:
    major, _, minor = text.partition(".")
    return int(major), int(minor or 0)


def _test(table: schema.Test, own_files: tuple[Path, ...]) -> TestPlan:
    return TestPlan(
        imports=table.imports,
        command=table.command,
        requires=_texts(table.requires),
        files=table.files,
        own_files=own_files,
        source=_source(table.source),
        seconds=table.seconds,
    )


def _substitute(table: schema.Substitute | msgspec.UnsetType) -> Substitute | None:
    if not table:
        return None
    return Substitute(
        kind=table.kind,
        name=table.name or "",
        versions=str(table.versions),
        extras={extra: _texts(needed) for extra, needed in table.extras.items()},
        advice=table.advice,
    )
