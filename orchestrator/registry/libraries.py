"""The native libraries that recipes name: read from ``libraries/`` in the folders of recipes."""

from __future__ import annotations

from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from packaging.requirements import Requirement

from orchestrator.errors import NoLibraryVersionError, UnknownLibraryError
from orchestrator.model import BuildSettings, LibraryBuild, Platform, SourceOverride, Value, learn
from orchestrator.registry.library_schema import LibraryFile, LibraryRelease, LibrarySource
from orchestrator.registry.reading import (
    find_patch,
    patches_folder,
    problems_of_name,
    read_file,
    recipe_error,
    shown,
)
from orchestrator.registry.select import (
    applies_to_platform,
    digest_of,
    flags_of,
    merge,
    needs_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from orchestrator.model import Patch


learn(LibraryFile)


class LibraryRecipe(Value):
    """A library's file that was read and found to be right.

    Attributes:
        path: Of the file.
        patches: The folder that its patches are named from.
        file: What it says.
    """

    path: Path
    patches: Path
    file: LibraryFile


class ChosenLibrary(Value):
    """One version of a library, and how it is built for a platform; ``settings.source`` pins it."""

    name: str
    version: str
    settings: BuildSettings


class Libraries:
    """The libraries of some folders of recipes, the later ones refining the earlier ones.

    Args:
        folders: Of recipes; each may have a subfolder ``libraries``.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(folder / "libraries" for folder in folders)

    def names(self) -> tuple[str, ...]:
        """The libraries that there are, sorted."""
        return tuple(sorted({path.stem for path in self._files()}))

    def recipes(self, name: str) -> tuple[LibraryRecipe, ...]:
        """The recipes of one library, one at most from each folder.

        Raises:
            RecipeError: With every problem that there is in them.
        """
        paths = (folder / f"{name}.toml" for folder in self._folders)
        read = [_read(path) for path in paths if path.is_file()]
        if faults := [fault for _, found in read for fault in found]:
            raise recipe_error(faults)
        return tuple(recipe for recipe, _ in read if recipe)

    def choose(self, need: str, platform: Platform, needed_by: str) -> ChosenLibrary:
        """The newest version of a library that will do.

        Args:
            need: Name, with a version range where not every one will do.
            platform: That it is built for.
            needed_by: Whose recipe names it, for messages.

        Raises:
            UnknownLibraryError: There is no such library.
            NoLibraryVersionError: It has no such version, or can't be built for the platform.
            RecipeError: Its recipe is wrong.
        """
        wanted = Requirement(need)
        recipes = self.recipes(wanted.name)
        if not recipes:
            raise UnknownLibraryError(
                f"{needed_by} needs the library {wanted.name}, for which there is no recipe."
            )
        sources = [source for recipe in recipes for source in recipe.file.source]
        fitting = [s for s in sources if wanted.specifier.contains(s.version, prereleases=True)]
        if not fitting:
            there = ", ".join(sorted({str(source.version) for source in sources})) or "none"
            raise NoLibraryVersionError(
                f"{needed_by} needs the library {need}; its recipe has the versions {there}."
            )
        newest = max(source.version for source in fitting)
        # The last folder's word counts.
        source = [source for source in fitting if source.version == newest][-1]
        settings = _settings(recipes, source, platform)
        if settings.library is None:
            raise NoLibraryVersionError(
                f"{needed_by} needs the library {wanted.name} {newest}, whose recipe does not say "
                f"how it is built for {platform.tag}.",
                hint="Add a [[release]] with `build` for it.",
            )
        return ChosenLibrary(name=wanted.name, version=str(newest), settings=settings)

    def problems_of_need(self, need: str) -> Iterator[str]:
        """What is wrong with a recipe's mention of a library."""
        wanted = Requirement(need)
        if wanted.name not in self.names():
            there = ", ".join(self.names()) or "none"
            yield f"there is no library {wanted.name}; there are {there}"
            return
        paths = (folder / f"{wanted.name}.toml" for folder in self._folders)
        read = [_read(path)[0] for path in paths if path.is_file()]
        sources = [source for recipe in read if recipe for source in recipe.file.source]
        if all(read) and not any(
            wanted.specifier.contains(source.version, prereleases=True) for source in sources
        ):
            there = ", ".join(str(source.version) for source in sources) or "none"
            yield f"no version of {wanted.name} is in the range; there are {there}"

    def lint(self) -> Iterator[str]:
        """Every problem of every library's file, as ``file: key.path: what is wrong``."""
        for path in self._files():
            yield from problems_of_name(path)
            recipe, faults = _read(path)
            yield from faults
            for number, release in enumerate(recipe.file.release if recipe else ()):
                for index, need in enumerate(release.libraries):
                    for problem in self.problems_of_need(need):
                        yield f"{shown(path)}: release[{number}].libraries[{index}]: {problem}"

    def _files(self) -> Iterator[Path]:
        for folder in self._folders:
            yield from sorted(folder.glob("*.toml"))


def _read(path: Path) -> tuple[LibraryRecipe | None, tuple[str, ...]]:
    """A library's recipe, or None and what is wrong with it."""
    patches = patches_folder(path.parent.parent)
    file, faults = read_file(path, LibraryFile, patches)
    return (LibraryRecipe(path=path, patches=patches, file=file) if file else None), faults


def _settings(
    recipes: Sequence[LibraryRecipe], source: LibrarySource, platform: Platform
) -> BuildSettings:
    """What the recipes say together for one version on one platform."""
    labels: list[str] = []
    releases: list[LibraryRelease] = []
    patches: list[Patch] = []
    for recipe in recipes:
        for number, release in enumerate(recipe.file.release):
            if applies_to_platform(release, source.version, platform):
                labels.append(f"libraries/{recipe.path.name}[{number}]")
                releases.append(release)
                patches += (find_patch(recipe.patches, name) for name in release.patches)
    merged = reduce(merge, releases, LibraryRelease())
    settings = BuildSettings(
        recipes=tuple(labels),
        source=_pinned(source),
        patches=tuple(patches),
        env=merged.env,
        flags=flags_of(merged.flags),
        needs=needs_of(merged.needs),
        libraries=tuple(dict.fromkeys(map(str, merged.libraries))),
        library=_build(merged),
        why=tuple(
            text
            for text in (*(r.file.why for r in recipes), *(release.why for release in releases))
            if text
        ),
    )
    return msgspec.structs.replace(settings, digest=digest_of(settings))


def _pinned(source: LibrarySource) -> SourceOverride:
    return SourceOverride(
        url=source.url or "",
        sha256=source.sha256 or "",
        git=source.git,
        rev=source.rev,
        debian=source.debian or "",
    )


def _build(merged: LibraryRelease) -> LibraryBuild | None:
    """How it is built; None where no release says."""
    if not merged.build:
        return None
    return LibraryBuild(
        system=merged.build,
        linking=merged.linking or "shared",
        folder=merged.folder or "",
        arguments=merged.arguments,
        configure=merged.configure,
        targets=merged.targets,
        install=merged.install,
        installs=merged.installs,
        programs=merged.programs,
        licences=merged.licences,
    )
