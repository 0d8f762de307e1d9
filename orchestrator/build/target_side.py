"""Build requirements that must be the target's: their headers and static libraries.

A build imports the host's numpy but must compile against the target's ``_numpyconfig.h`` and link
the target's ``libnpymath.a``. So for every platform-specific distribution in the build environment
that carries such files, the same version's wheel for the target is fetched and its files are laid
over the host's; Python and extension modules stay the host's.
"""

from __future__ import annotations

import importlib.metadata
import shutil
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path, PurePosixPath

    from orchestrator.build.environment import BuildEnvironment
    from orchestrator.model import Platform

# What a compiler or linker reads.
_SUFFIXES = frozenset({".h", ".hpp", ".hh", ".inc", ".a", ".pc", ".dylib", ".tbd", ".so", ".cmake"})
# The glibc 2 versions that uv knows by name.
_UV_GLIBC = (17, 28, *range(31, 41))


def uv_platform(platform: Platform) -> str:
    """How uv names the platform, or the newest that it knows of the older ones."""
    if platform.os == "macos":
        return "aarch64-apple-darwin"
    if platform.libc == "musl":
        return f"{platform.arch}-unknown-linux-musl"
    known = [minor for minor in _UV_GLIBC if (2, minor) <= platform.minimum]
    return f"{platform.arch}-manylinux_2_{max(known, default=_UV_GLIBC[0])}"


def lay_in(
    environment: BuildEnvironment, platform: Platform, named: Collection[str], scratch: Path
) -> tuple[str, ...]:
    """Lays target-side files over the environment's.

    Args:
        environment: Filled.
        platform: The target's.
        named: Requirements that the recipe names, beyond those found by looking.
        scratch: Folder for the target's wheels.

    Returns:
        Notes for the record: what was laid in, and what has no wheel for the target.
    """
    wanted = {canonicalize_name(Requirement(text).name) for text in named}
    notes = []
    for distribution in importlib.metadata.distributions(
        path=[str(p) for p in environment.site_packages]
    ):
        name = canonicalize_name(distribution.metadata["Name"])
        if name not in wanted and not _is_target_specific(distribution):
            continue
        requirement = f"{name}=={distribution.version}"
        into = scratch / name
        major, minor = platform.minimum
        if environment.fetch_for_target(
            requirement, into, platform=uv_platform(platform), minimum=f"{major}.{minor}"
        ):
            count = _overlay(into, environment.site_packages[0])
            notes.append(f"{requirement}: {count} headers and libraries of the target's wheel")
        else:
            notes.append(
                f"{requirement}: no wheel for {platform.tag}; the host's headers were used"
            )
    return tuple(notes)


def _is_target_specific(distribution: importlib.metadata.Distribution) -> bool:
    """Whether a platform wheel carries static libraries, .pc files or a config header."""
    tags = (distribution.read_text("WHEEL") or "").splitlines()
    if all(line.endswith("-any") for line in tags if line.startswith("Tag:")):
        return False
    return any(_is_telling(file) for file in distribution.files or ())


def _is_telling(file: PurePosixPath) -> bool:
    if "bin" in file.parts or ".." in file.parts:  # programs, such as cmake's own files
        return False
    return file.suffix in {".a", ".pc"} or (file.suffix == ".h" and "config" in file.stem)


def _overlay(source: Path, destination: Path) -> int:
    count = 0
    for file in _compiled_against(source):
        place = destination / file.relative_to(source)
        if place.exists() and file.suffix == ".so":  # an extension module: the host imports its own
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)  # uv hard-links its cache: never write through
        shutil.copy2(file, place)
        count += 1
    return count


def _compiled_against(folder: Path) -> Iterator[Path]:
    for file in sorted(folder.rglob("*")):
        if file.suffix in _SUFFIXES and file.is_file() and ".cpython-" not in file.name:
            yield file
