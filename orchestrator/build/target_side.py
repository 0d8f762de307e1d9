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
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path, PurePosixPath

    from orchestrator.build.environment import BuildEnvironment
    from orchestrator.model import Platform

# What a compiler or linker reads.
_SUFFIXES = frozenset({".h", ".hpp", ".hh", ".inc", ".a", ".pc", ".dylib", ".tbd", ".so", ".cmake"})


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
    named_too = {canonicalize_name(Requirement(text).name) for text in named}
    wanted = [
        f"{name}=={distribution.version}"
        for distribution in _distributions(*environment.site_packages)
        for name in [canonicalize_name(distribution.metadata["Name"])]
        if name in named_too or _is_target_specific(distribution)
    ]
    notes = []
    for distribution in _distributions(*_fetched(environment, platform, wanted, scratch)):
        count = _overlay(distribution, environment.site_packages[0])
        requirement = f"{canonicalize_name(distribution.metadata['Name'])}=={distribution.version}"
        wanted.remove(requirement)
        notes.append(f"{requirement}: {count} headers and libraries of the target's wheel")
    lacking = f"no wheel for {platform.tag}; the host's headers were used"
    return (*notes, *(f"{requirement}: {lacking}" for requirement in wanted))


def _fetched(
    environment: BuildEnvironment, platform: Platform, wanted: Sequence[str], scratch: Path
) -> Iterator[Path]:
    """Folders with all wheels of the target that there are; one, where none is lacking."""
    if wanted and environment.fetch_for_target(wanted, scratch / "all", platform):
        yield scratch / "all"
        return
    for number, requirement in enumerate(wanted if wanted[1:] else ()):
        if environment.fetch_for_target([requirement], scratch / str(number), platform):
            yield scratch / str(number)


def _distributions(*folders: Path) -> list[importlib.metadata.Distribution]:
    found = importlib.metadata.distributions(path=list(map(str, folders)))
    return sorted(found, key=lambda one: one.metadata["Name"])


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


def _overlay(distribution: importlib.metadata.Distribution, destination: Path) -> int:
    """Copies what compilers and linkers read; returns how many files those are."""
    count = 0
    for file in sorted(distribution.files or ()):
        if file.suffix not in _SUFFIXES or ".." in file.parts or ".cpython-" in file.name:
            continue
        place = destination / file
        if place.exists() and file.suffix == ".so":  # an extension module: the host imports its own
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)  # uv hard-links its cache: never write through
        shutil.copy2(str(file.locate()), place)
        count += 1
    return count
