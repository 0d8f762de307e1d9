"""Published libraries laid into a folder, where the build of what needs them finds them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

from orchestrator.binary.kind import kind_of
from orchestrator.build.library_commands import PREFIX
from orchestrator.build.unpack import unpack

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from orchestrator.model import BuildSettings, PublishedLibrary

# Larger files don't say where a library lies.
_MAX_TEXT = 1 << 20
_PKG_CONFIG = ("lib/pkgconfig", "share/pkgconfig")
LICENCES = "share/licenses"
"""Folder of a library's licence files, each library in a folder of its own."""


def lay_in_libraries(libraries: Sequence[PublishedLibrary], into: Path) -> tuple[str, ...]:
    """Unpacks libraries into one folder.

    Args:
        libraries: Of different names.
        into: Folder; made where it is missing.

    Returns:
        Notes for the record.
    """
    into.mkdir(parents=True, exist_ok=True)
    for library in libraries:
        unpack(library.path, into, library.record.source)
    if libraries:
        replace_in_texts(into, PREFIX, str(into))
    return tuple(f"library {library.record.name} {library.record.version}" for library in libraries)


def replace_in_texts(folder: Path, old: str, new: str) -> None:
    """Replaces a path in every text of a folder: ``.pc`` files, CMake's, scripts."""
    for path in files_of(folder):
        if path.is_symlink() or path.stat().st_size > _MAX_TEXT:
            continue
        content = path.read_bytes()
        if old.encode() in content and not kind_of(content).is_native:
            path.write_bytes(content.replace(old.encode(), new.encode()))


def files_of(folder: Path) -> Iterator[Path]:
    """Files and links below a folder, sorted."""
    yield from (path for path in sorted(folder.rglob("*")) if path.is_symlink() or path.is_file())


def library_env(prefix: Path, *pkg_config: Path) -> dict[str, str]:
    """What leads build tools to libraries: the cross kit's pkg-config, a native one, and CMake.

    Args:
        prefix: The folder that libraries were laid into.
        pkg_config: Further folders of ``.pc`` files.
    """
    folders = (*pkg_config, *(prefix / name for name in _PKG_CONFIG))
    return {**pkg_config_env(*folders), "CMAKE_PREFIX_PATH": str(prefix)}


def pkg_config_env(*folders: Path) -> dict[str, str]:
    """What leads pkg-config to folders: the cross kit's, and the host's own in a native build."""
    joined = os.pathsep.join(map(str, folders))
    return {"ORCHESTRATE_PKG_CONFIG": joined, "PKG_CONFIG_PATH": joined}


def with_library_flags(settings: BuildSettings, prefix: Path) -> BuildSettings:
    """The settings with flags that lead every compiler to the libraries, behind all others."""
    flags = settings.flags
    return msgspec.structs.replace(
        settings,
        flags=msgspec.structs.replace(
            flags,
            compile_add=(*flags.compile_add, f"-I{prefix}/include"),
            link_add=(*flags.link_add, f"-L{prefix}/lib"),
        ),
    )
