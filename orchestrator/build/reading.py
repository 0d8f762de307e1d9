"""Reading what a source says of its own build, without running any of it."""

from __future__ import annotations

import tempfile
import tomllib
from collections import Counter
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import msgspec

from orchestrator.build.archives import read_entries, telling_damage
from orchestrator.build.blueprint import Blueprint
from orchestrator.build.directory import source_files
from orchestrator.build.fetch import fetch
from orchestrator.build.patch import apply_patches
from orchestrator.build.requires import DEFAULT
from orchestrator.build.sources import prepare
from orchestrator.build.unpack import date_of
from orchestrator.errors import BadMetadataError
from orchestrator.resolve.urls import split_fragment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from orchestrator.build.fetch import Progress
    from orchestrator.model import Patch, Source
    from orchestrator.resolve.configuration import IndexConfiguration

_LANGUAGES = {
    "c": (".c", ".m", ".s"),
    "c++": (".cc", ".cpp", ".cxx", ".c++", ".mm"),
    "cython": (".pyx",),
    "fortran": (".f", ".f77", ".f90", ".f95", ".for"),
    "rust": (".rs",),
}
_LANGUAGE = {suffix: name for name, suffixes in _LANGUAGES.items() for suffix in suffixes}
# Seldom part of what is compiled into a wheel.
_ELSEWHERE = frozenset({"test", "tests", "doc", "docs", "examples", "example", "benchmarks"})
_MAX_BYTES = 1 << 20


def read_blueprint(
    source: Source,
    patches: Sequence[Patch],
    configuration: IndexConfiguration,
    progress: Progress | None = None,
) -> Blueprint:
    """Reads a pinned source; the arguments are those of ``blueprint_of``.

    Raises:
        OrchestratorError: Any of those about sources (SRC) and patches.
    """
    subdirectory = "subdirectory" in split_fragment(source.location)[1]
    if source.kind == "git" or subdirectory or any(map(_changes_pyproject, patches)):
        return _laid_out(source, patches, configuration, progress)
    if source.kind == "directory":
        return _of_folder(Path(source.location))
    return _of_archive(fetch(source, configuration, progress))


def _changes_pyproject(patch: Patch) -> bool:
    return b"pyproject.toml" in patch.path.read_bytes()


def _laid_out(
    source: Source,
    patches: Sequence[Patch],
    configuration: IndexConfiguration,
    progress: Progress | None,
) -> Blueprint:
    with tempfile.TemporaryDirectory(prefix="orchestrate-source-") as folder:
        tree = prepare(source, Path(folder, "source"), configuration, progress)
        apply_patches(tree.path, patches, lambda _: None)
        return msgspec.structs.replace(_of_folder(tree.path), released=tree.released)


def _of_folder(folder: Path) -> Blueprint:
    names = source_files(folder)
    pyproject = folder / "pyproject.toml"
    tables = _toml(pyproject.read_bytes() if pyproject.is_file() else b"", folder.name)
    return _blueprint(tables, [(name, (folder / name).lstat().st_size) for name in names])


def _of_archive(archive: Path) -> Blueprint:
    sizes: list[tuple[str, int]] = []
    pyproject = b""
    times: set[int] = set()
    with telling_damage(archive):
        for entry in read_entries(archive):
            if entry.kind != "file":
                continue
            name = entry.name.removeprefix("./").partition("/")[2]
            sizes.append((name, entry.size))
            times.add(int(entry.time))
            if name == "pyproject.toml" and entry.size <= _MAX_BYTES:
                with entry.open() as content:
                    pyproject = content.read()
    blueprint = _blueprint(_toml(pyproject, archive.name), sizes)
    return msgspec.structs.replace(blueprint, released=date_of(times))


def _blueprint(tables: dict[str, Any], sizes: Sequence[tuple[str, int]]) -> Blueprint:
    system = tables.get("build-system")
    requires = system.get("requires") if isinstance(system, dict) else None
    stated = "build-system" in tables or "project" in tables
    return Blueprint(
        buildable=stated or any(name == "setup.py" for name, _ in sizes),
        requires=tuple(map(str, requires)) if isinstance(requires, list) else DEFAULT,
        code=_code(sizes),
    )


def _toml(pyproject: bytes, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(pyproject.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadMetadataError(f"{where}/pyproject.toml can't be read: {error}") from error


def _code(sizes: Iterable[tuple[str, int]]) -> dict[str, int]:
    code: Counter[str] = Counter()
    for name, size in sizes:
        path = PurePosixPath(name)
        language = _LANGUAGE.get(path.suffix.lower())
        if language and not _ELSEWHERE.intersection(path.parts):
            code[language] += size
    return dict(sorted(code.items()))
