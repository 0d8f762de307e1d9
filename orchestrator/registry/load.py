"""Reads recipes from their folders, and only those that are asked for."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from packaging.utils import canonicalize_name
from packaging.version import Version

from orchestrator.errors import RecipeError
from orchestrator.files import data_directory, sha256_of
from orchestrator.model import BuildSettings, Patch, Target, Value
from orchestrator.registry.schema import RecipeFile, Release, parse_text
from orchestrator.registry.select import applies, settings_of
from orchestrator.registry.validate import problems

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


class Recipe(Value, frozen=True):
    """A recipe file that was read and found to be right.

    Attributes:
        path: Of the file.
        patches: The folder that its patches are named from.
        own: The folder that its tests' own files are named from.
        file: What it says.
    """

    path: Path
    patches: Path
    own: Path
    file: RecipeFile

    @property
    def name(self) -> str:
        """The normalized name of the project it is for."""
        return self.path.stem


class Registry:
    """The recipes of some folders, the later ones refining the earlier ones.

    Args:
        folders: Each holds ``<name>.toml`` files. The patches they name lie in its own folder
            ``patches``, if there is one, or else in the folder ``patches`` beside it. The files
            that a recipe's tests bring along lie in the folder ``<name>`` beside the recipe.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(folders)

    def names(self) -> tuple[str, ...]:
        """The projects that have a recipe, sorted."""
        return tuple(sorted({path.stem for path in self._files()}))

    def recipes(self, name: str) -> tuple[Recipe, ...]:
        """The recipes of one project, one at most from each folder.

        Raises:
            RecipeError: With every problem that there is in them.
        """
        paths = (folder / f"{canonicalize_name(name)}.toml" for folder in self._folders)
        read = [_read(path) for path in paths if path.is_file()]
        if faults := [fault for _, found in read for fault in found]:
            raise recipe_error(faults)
        return tuple(recipe for recipe, _ in read if recipe)

    def settings(self, name: str, version: str | None, target: Target) -> BuildSettings:
        """What the recipes say for one version on one target.

        Reads the project's own recipes and the patches that apply, nothing else.

        Args:
            name: Of the project; need not be normalized.
            version: PEP 440 version, or None for whatever any version needs.
            target: What is built for.

        Raises:
            RecipeError: With every problem that there is in the project's recipes.
        """
        wanted = None if version is None else Version(version)
        labels: list[str] = []
        why: list[str] = []
        releases: list[Release] = []
        patches: list[Patch] = []
        own_files: list[Path] = []
        for recipe in self.recipes(name):
            chosen = [
                (number, release)
                for number, release in enumerate(recipe.file.release)
                if applies(release, wanted, target)
            ]
            if chosen and recipe.file.why:
                why.append(recipe.file.why)
            for number, release in chosen:
                labels.append(f"{recipe.path.name}[{number}]")
                releases.append(release)
                patches += (_patch(recipe, patch) for patch in release.patches)
                own_files += (recipe.own / name for name in release.test.own_files)
        return settings_of(
            releases,
            recipes=tuple(labels),
            why=tuple(why),
            patches=tuple(patches),
            own_files=tuple(own_files),
        )

    def lint(self) -> tuple[str, ...]:
        """Every problem of every recipe, as ``file: key.path: what is wrong``."""
        return tuple(
            fault for path in self._files() for fault in (*_problems_of_name(path), *_read(path)[1])
        )

    def _files(self) -> Iterator[Path]:
        for folder in self._folders:
            yield from sorted(folder.glob("*.toml"))


def load_registry(directories: Sequence[Path] = ()) -> Registry:
    """The recipes that come with orchestrator, and over them those of the folders given.

    Raises:
        RecipeError: A folder does not exist.
    """
    if missing := [str(folder) for folder in directories if not folder.is_dir()]:
        raise RecipeError(
            f"{', '.join(missing)}: no such folder.", hint="--recipes takes a folder of recipes."
        )
    # In a checkout the built-in folder may be given as well; it must not count twice.
    folders = {folder.resolve(): folder for folder in (data_directory("recipes"), *directories)}
    return Registry(tuple(folders.values()))


def recipe_error(faults: Sequence[str]) -> RecipeError:
    """The error that lists these problems."""
    if len(faults) == 1:
        return RecipeError(faults[0])
    return RecipeError(f"{len(faults)} problems in recipes.", details=tuple(faults))


def _read(path: Path) -> tuple[Recipe | None, tuple[str, ...]]:
    """A recipe, or None and what is wrong with it."""
    patches, own = _patches_folder(path.parent), path.with_suffix("").absolute()
    try:
        text = path.read_text(encoding="utf-8")
        content = tomllib.loads(text)
    except OSError as error:
        return None, (f"{_shown(path)}: can't be read: {error.strerror}",)
    except UnicodeDecodeError as error:
        return None, (f"{_shown(path)}: not UTF-8 at byte {error.start}",)
    except tomllib.TOMLDecodeError as error:
        end = f"at line {len(text.splitlines())}, the last"
        message = str(error).replace("at end of document", end)
        return None, (f"{_shown(path)}: not TOML: {message}",)
    found = (
        *problems(content, RecipeFile, parse_text),
        *_problems_of_files(_patch_names(content), patches, "the patches folder"),
        *_problems_of_files(_own_names(content), own, f"the folder {own.name}"),
    )
    if found:
        return None, tuple(f"{_shown(path)}: {problem}" for problem in found)
    file = msgspec.convert(content, RecipeFile, dec_hook=parse_text)
    return Recipe(path=path, patches=patches, own=own, file=file), ()


def _patches_folder(recipes: Path) -> Path:
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
            yield f"{where}: no such file: {_shown(folder / name)}"


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


def _problems_of_name(path: Path) -> Iterator[str]:
    if path.stem != (normalized := canonicalize_name(path.stem)):
        yield f"{_shown(path)}: the file name is not normalized; call it {normalized}.toml"


def _patch(recipe: Recipe, name: str) -> Patch:
    path = recipe.patches / name
    return Patch(name=name, path=path, sha256=sha256_of(path))


def _shown(path: Path) -> str:
    """A path as short as it can be said without doubt: below the current folder, or in full."""
    here = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links
    return str(here.relative_to(Path.cwd()) if here.is_relative_to(Path.cwd()) else here)
