"""Reads the files of recipes and of libraries, and finds everything that is wrong with one."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec
from packaging.utils import canonicalize_name

from orchestrator.errors import RecipeError
from orchestrator.files import sha256_of
from orchestrator.model import Patch
from orchestrator.registry.schema import Table, parse_text
from orchestrator.registry.validate import problems

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

T = TypeVar("T", bound=Table)


def read_file(path: Path, kind: type[T], patches: Path) -> tuple[T | None, tuple[str, ...]]:
    """What a file says, or None and what is wrong with it.

    Args:
        path: Of the file.
        kind: What it holds.
        patches: The folder that its patches are named from.
    """
    own = own_folder(path)
    try:
        text = path.read_text(encoding="utf-8")
        content = tomllib.loads(text)
    except OSError as error:
        return None, (f"{shown(path)}: can't be read: {error.strerror}",)
    except UnicodeDecodeError as error:
        return None, (f"{shown(path)}: not UTF-8 at byte {error.start}",)
    except tomllib.TOMLDecodeError as error:
        end = f"at line {len(text.splitlines())}, the last"
        message = str(error).replace("at end of document", end)
        return None, (f"{shown(path)}: not TOML: {message}",)
    found = (
        *problems(content, kind, parse_text),
        *_problems_of_files(_patch_names(content), patches, "the patches folder"),
        *_problems_of_files(_own_names(content), own, f"the folder {own.name}"),
    )
    if found:
        return None, tuple(f"{shown(path)}: {problem}" for problem in found)
    return msgspec.convert(content, kind, dec_hook=parse_text), ()


def own_folder(path: Path) -> Path:
    """The folder of the files that a recipe's tests bring along."""
    return path.with_suffix("").absolute()


def patches_folder(recipes: Path) -> Path:
    """The folder of the patches that a folder's recipes name."""
    inside = recipes / "patches"
    return inside if inside.is_dir() else recipes.absolute().parent / "patches"


def _problems_of_files(
    named: Iterable[tuple[str, str]], folder: Path, called: str
) -> Iterator[str]:
    """Looks for files of a folder, also where other things in the recipe are wrong."""
    for where, name in named:
        if not (folder / name).resolve().is_relative_to(folder.resolve()):
            yield f"{where}: {name!r} is outside {called}"
        elif not (folder / name).is_file():
            yield f"{where}: no such file: {shown(folder / name)}"


def _patch_names(content: dict[str, object]) -> Iterator[tuple[str, str]]:
    for where, release in _releases(content):
        match release:
            case {"patches": list(names)}:
                yield from _texts(names, f"{where}.patches")


def _own_names(content: dict[str, object]) -> Iterator[tuple[str, str]]:
    for where, release in _releases(content):
        match release:
            case {"test": {"own-files": list(names)}}:
                yield from _texts(names, f"{where}.test.own-files")


def _releases(content: dict[str, object]) -> Iterator[tuple[str, object]]:
    match content:
        case {"release": list(releases)}:
            for number, release in enumerate(releases):
                yield f"release[{number}]", release


def _texts(values: list[object], where: str) -> Iterator[tuple[str, str]]:
    for index, value in enumerate(values):
        if isinstance(value, str):
            yield f"{where}[{index}]", value


def problems_of_name(path: Path) -> Iterator[str]:
    """Looks at the name of a file."""
    if path.stem != (normalized := canonicalize_name(path.stem)):
        yield f"{shown(path)}: the file name is not normalized; call it {normalized}.toml"


def find_patch(patches: Path, name: str) -> Patch:
    """A patch of a folder, hashed."""
    path = patches / name
    return Patch(name=name, path=path, sha256=sha256_of(path))


def recipe_error(faults: Sequence[str]) -> RecipeError:
    """The error that lists these problems."""
    if len(faults) == 1:
        return RecipeError(faults[0])
    return RecipeError(f"{len(faults)} problems in recipes.", details=tuple(faults))


def shown(path: Path) -> str:
    """A path as short as it can be said without doubt: below the current folder, or in full."""
    here = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links
    return str(here.relative_to(Path.cwd()) if here.is_relative_to(Path.cwd()) else here)
