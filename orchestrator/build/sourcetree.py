"""What a source says of itself without running any of its code."""

from __future__ import annotations

import configparser
import tomllib
from email.parser import BytesHeaderParser
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from orchestrator.build.archives import read_entries, telling_damage
from orchestrator.errors import BadMetadataError, NoBuildBackendError, RequiresPythonError
from orchestrator.model import Interpreter, SourceTree, Value
from orchestrator.resolve.select import supports

if TYPE_CHECKING:
    from collections.abc import Mapping

METADATA_FILES = ("PKG-INFO", "pyproject.toml", "setup.cfg")
_MAX_BYTES = 4 << 20


class Declared(Value):
    """The static part of a source's metadata; what only a build can tell is empty.

    Attributes:
        name: Normalized.
        version: PEP 440, normalized.
        requires_python: PEP 440 specifier set.
    """

    name: str = ""
    version: str = ""
    requires_python: str = ""


def read_declared(folder: Path) -> Declared:
    """Reads ``PKG-INFO``, else ``pyproject.toml``'s [project], else ``setup.cfg``'s [metadata].

    Raises:
        BadMetadataError: One of them can't be read; the message says where it is broken.
    """
    paths = (folder / name for name in METADATA_FILES)
    return declared_in(
        {path.name: path.read_bytes() for path in paths if path.is_file()}, folder.name
    )


def read_archived(archive: Path) -> Declared:
    """The same of an sdist that is not unpacked.

    Raises:
        NotAnArchiveError: The file is of another kind, or damaged.
        TruncatedArchiveError: The file ends too early.
        ArchiveTooLargeError: It expands beyond the bound.
        BadMetadataError: Its metadata can't be read.
    """
    found: dict[str, bytes] = {}
    with telling_damage(archive):
        for entry in read_entries(archive):
            folder, _, name = entry.name.removeprefix("./").rpartition("/")
            wanted = name in METADATA_FILES and entry.kind == "file" and entry.size <= _MAX_BYTES
            if wanted and "/" not in folder:
                with entry.open() as content:
                    found[name] = content.read()
            if "PKG-INFO" in found:
                break
    return declared_in(found, archive.name)


def check_tree(tree: SourceTree, interpreter: Interpreter, *, has_backend: bool) -> None:
    """Checks what would otherwise fail late, deep inside a build backend.

    Args:
        tree: Unpacked and patched.
        interpreter: What the wheel is built for.
        has_backend: Whether a recipe names a build backend.

    Raises:
        NoBuildBackendError: Nothing says how to build the tree (PEP 517, 518).
        BadMetadataError: Its metadata can't be read.
        RequiresPythonError: It does not support the interpreter.
    """
    declared = read_declared(tree.path)
    label = f"{tree.source.name} {tree.source.version}"
    pyproject = tree.path / "pyproject.toml"
    tables = _toml(pyproject.read_bytes(), tree.path.name) if pyproject.is_file() else {}
    stated = "build-system" in tables or "project" in tables
    if not (has_backend or stated or (tree.path / "setup.py").is_file()):
        raise NoBuildBackendError(
            f"{label} has no setup.py, and no pyproject.toml with [build-system] or [project]."
        )
    if not supports(declared.requires_python, interpreter):
        raise RequiresPythonError(
            f"{label} requires Python {declared.requires_python}"
            f" and does not support {interpreter.version}."
        )


def declared_in(files: Mapping[str, bytes], where: str) -> Declared:
    """The same from the files' contents, by name.

    Raises:
        BadMetadataError: One of them can't be read; ``where`` is named.
    """
    if "PKG-INFO" in files:
        header = BytesHeaderParser().parsebytes(files["PKG-INFO"])
        found = {key: str(header.get(key, "")).strip() for key in ("Name", "Version")}
        if found["Name"]:
            requires_python = str(header.get("Requires-Python", "")).strip()
            return _declared(found["Name"], found["Version"], requires_python)
    if "pyproject.toml" in files:
        project = _toml(files["pyproject.toml"], where).get("project")
        if isinstance(project, dict):
            values = (project.get(key, "") for key in ("name", "version", "requires-python"))
            return _declared(*(value if isinstance(value, str) else "" for value in values))
    if "setup.cfg" in files:
        return _from_setup_cfg(files["setup.cfg"], where)
    return Declared()


def _from_setup_cfg(content: bytes, where: str) -> Declared:
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(content.decode())
    except (configparser.Error, UnicodeDecodeError) as error:
        raise BadMetadataError(f"{where}/setup.cfg can't be read: {error}") from error
    # "attr: package.version" and "file: VERSION" are looked up by setuptools alone.
    name, version, requires_python = (
        "" if value.startswith(("attr:", "file:")) else value
        for value in (
            parser.get("metadata", "name", fallback=""),
            parser.get("metadata", "version", fallback=""),
            parser.get("options", "python_requires", fallback=""),
        )
    )
    return _declared(name, version, requires_python)


def _declared(name: str, version: str, requires_python: str) -> Declared:
    try:
        version = str(Version(version))
    except InvalidVersion:
        version = ""
    name = canonicalize_name(PurePosixPath(name).name)
    return Declared(name=name, version=version, requires_python=requires_python)


def _toml(content: bytes, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadMetadataError(f"{where}/pyproject.toml can't be read: {error}") from error
