"""Reading folders of packages: which there are, and what their binaries say.

Thousands of files in a second or two: what is no binary by its name is not opened, and of the
binaries only the first pages are read.
"""

from __future__ import annotations

import mmap
import os
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.audit.environment.facts import Binary, CondaPackage, Distribution, Role
from orchestrator.audit.environment.metadata import conda_packages, installed_in
from orchestrator.binary.kind import BadBinaryError, FileKind, kind_of
from orchestrator.binary.load_commands import Linkage, read_linkage
from orchestrator.binary.program_headers import read_program_headers
from orchestrator.model import Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_FORMATS = {"macho", "fat", "elf", "pe"}
_SKIPPED = {"__pycache__", ".git", "node_modules"}


class Contents(Value):
    """What was read; the fields are those of ``Environment``."""

    root: Path
    folders: tuple[str, ...]
    distributions: tuple[Distribution, ...]
    binaries: tuple[Binary, ...]
    conda: tuple[CondaPackage, ...]


def prefix_of(folder: Path) -> Path:
    """The root of the environment that a folder of packages belongs to, else the folder."""
    parents = folder.parents
    if len(parents) > 2 and (_owns_programs(parents[2]) or python_of(parents[2])):  # noqa: PLR2004
        return parents[2]
    return folder


def python_of(prefix: Path) -> Path | None:
    """The interpreter of an environment, where it is there."""
    # Links of a virtual environment that was copied from elsewhere lead nowhere.
    found = (path for path in sorted((prefix / "bin").glob("python3*")) if path.is_file())
    return next(found, None)


def read_contents(root: Path, folders: tuple[Path, ...]) -> Contents:
    """Reads folders of packages, and what lies beside them in the environment.

    Args:
        root: Of the environment.
        folders: Of packages.
    """
    owners: dict[Path, Distribution] = {}
    for folder in folders:
        owners |= installed_in(folder)
    conda, conda_owners = conda_packages(root)
    candidates = dict.fromkeys(path for folder in folders for path in _candidates(folder))
    candidates |= dict.fromkeys(_beside(root))
    found = (_binary(root, path, conda_owners | owners) for path in sorted(candidates))
    distributions = {str(distribution): distribution for distribution in owners.values()}
    return Contents(
        root=root,
        folders=tuple(_shown(root, folder) for folder in folders),
        distributions=tuple(distributions[name] for name in sorted(distributions)),
        binaries=tuple(binary for binary in found if binary),
        conda=conda,
    )


def _owns_programs(prefix: Path) -> bool:
    """Whether its bin folder is the environment's own, and not the whole system's."""
    return (prefix / "pyvenv.cfg").is_file() or (prefix / "conda-meta").is_dir()


def _candidates(folder: Path) -> Iterator[Path]:
    """Files whose names binaries have: ``.so``, ``.dylib``, or no suffix at all."""
    for place, subfolders, files in os.walk(folder):
        subfolders[:] = [
            name for name in subfolders if name not in _SKIPPED and not name.endswith(".dist-info")
        ]
        yield from (Path(place, name) for name in files if _might_be_binary(name))


def _might_be_binary(name: str) -> bool:
    return "." not in name or ".so" in name or name.endswith(".dylib")


def _beside(root: Path) -> Iterator[Path]:
    """Programs of the environment; and conda's libraries."""
    if not _owns_programs(root):
        return
    for name in ("bin", "lib") if (root / "conda-meta").is_dir() else ("bin",):
        for path in (root / name).glob("*"):
            if (name == "bin" or _might_be_binary(path.name)) and path.is_file():
                yield path


def _shown(root: Path, path: Path) -> str:
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()


def _binary(root: Path, path: Path, owners: Mapping[Path, Distribution]) -> Binary | None:
    """None where it is no binary, another name of one, or can't be opened."""
    if path.is_symlink():
        return None
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            kind = kind_of(data)
            if kind.format not in _FORMATS:
                return None
            linkage, broken = _contents(data, kind)
    except (OSError, ValueError):  # an empty file can't be mapped
        return None
    return Binary(
        path=_shown(root, path),
        role=_role(path.name, linkage),
        kind=kind,
        owner=owners.get(path),
        linkage=linkage,
        broken=broken,
    )


def _contents(data: mmap.mmap, kind: FileKind) -> tuple[tuple[Linkage, ...], str]:
    try:
        if kind.is_macho:
            return read_linkage(data), ""
        if kind.format == "elf":
            read_program_headers(data)
    except (BadBinaryError, LookupError, ValueError, OSError) as error:
        return (), str(error)
    return (), ""


def _role(name: str, linkage: tuple[Linkage, ...]) -> Role:
    if ".so" in name and not name.startswith("lib"):
        return "module"
    if "." in name or any(item.install_name for item in linkage):
        return "library"  # a framework's has no suffix
    return "program"
