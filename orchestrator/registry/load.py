"""Reads recipes from their folders, and only those that are asked for."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import Version

from orchestrator.errors import RecipeError
from orchestrator.files import data_directory
from orchestrator.model import BuildSettings, Patch, Target, Value, learn
from orchestrator.registry.libraries import Libraries
from orchestrator.registry.reading import (
    find_patch,
    own_folder,
    patches_folder,
    problems_of_name,
    read_file,
    recipe_error,
    shown,
)
from orchestrator.registry.schema import RecipeFile, Release
from orchestrator.registry.select import applies, settings_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


learn(RecipeFile)


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
            that a recipe's tests bring along lie in the folder ``<name>`` beside the recipe. Native
            libraries have recipes of their own in the subfolder ``libraries``.

    Attributes:
        libraries: The native libraries that recipes name.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(folders)
        self._read = cache(_read)
        self.libraries = Libraries(self._folders)

    def names(self) -> tuple[str, ...]:
        """The projects that have a recipe, sorted."""
        return tuple(sorted({path.stem for path in self._files()}))

    def recipes(self, name: str) -> tuple[Recipe, ...]:
        """The recipes of one project, one at most from each folder.

        Raises:
            RecipeError: With every problem that there is in them.
        """
        paths = (folder / f"{canonicalize_name(name)}.toml" for folder in self._folders)
        read = [self._read(path) for path in paths if path.is_file()]
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
                patches += (find_patch(recipe.patches, name) for name in release.patches)
                own_files += (recipe.own / name for name in release.test.own_files)
        return settings_of(
            releases,
            recipes=tuple(labels),
            why=tuple(why),
            patches=tuple(patches),
            own_files=tuple(own_files),
        )

    def redirects(self) -> tuple[tuple[str, str], ...]:
        """Projects that some release redirects, and where to; wrong recipes are passed over."""
        return tuple(
            dict.fromkeys(
                (path.stem, str(release.substitute.name))
                for path in self._files()
                # Validation of every recipe there is would take longer than all the rest.
                if b"redirect" in path.read_bytes() and (recipe := self._read(path)[0])
                for release in recipe.file.release
                if release.substitute and release.substitute.kind == "redirect"
            )
        )

    def lint(self) -> tuple[str, ...]:
        """Every problem of every recipe, as ``file: key.path: what is wrong``."""
        return (
            *self.libraries.lint(),
            *(fault for path in self._files() for fault in self._problems(path)),
        )

    def _problems(self, path: Path) -> Iterator[str]:
        yield from problems_of_name(path)
        recipe, faults = _read(path)
        yield from faults
        for number, release in enumerate(recipe.file.release if recipe else ()):
            for index, need in enumerate(release.libraries):
                for problem in self.libraries.problems_of_need(need):
                    yield f"{shown(path)}: release[{number}].libraries[{index}]: {problem}"

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


def _read(path: Path) -> tuple[Recipe | None, tuple[str, ...]]:
    """A recipe, or None and what is wrong with it."""
    patches = patches_folder(path.parent)
    file, faults = read_file(path, RecipeFile, patches)
    if file is None:
        return None, faults
    return Recipe(path=path, patches=patches, own=own_folder(path), file=file), ()
