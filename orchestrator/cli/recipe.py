"""``orchestrate recipe``: the recipes there are, what they say, and whether they are right."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orchestrator.errors import EXIT_INPUT, NoRecipeError, RecipeError, RecipeExistsError
from orchestrator.files import data_directory
from orchestrator.words import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from orchestrator.model import BuildSettings
    from orchestrator.registry.libraries import LibraryRecipe
    from orchestrator.registry.load import Recipe

HOST_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


def _shared(command: Callable[..., None]) -> Callable[..., None]:
    """The options that each of the commands has."""
    folders = click.option(
        "--recipes",
        "folders",
        multiple=True,
        metavar="DIR",
        type=click.Path(path_type=Path, file_okay=False),
        help="A folder of recipes that refine the built-in ones; may be repeated.",
    )
    as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
    return folders(as_json(command))


@click.group()
def recipe() -> None:
    """Show, make and check recipes: what a package needs beyond its sdist."""


@recipe.command("list")
@_shared
def list_recipes(folders: tuple[Path, ...], as_json: bool) -> None:
    """List the packages and the native libraries that have a recipe."""
    from orchestrator.registry.load import load_registry  # noqa: PLC0415

    registry = load_registry(folders)
    rows = [_summary(found) for name in registry.names() for found in registry.recipes(name)]
    libraries = registry.libraries
    native = [_library(found) for name in libraries.names() for found in libraries.recipes(name)]
    if as_json:
        _print_json({"recipes": rows, "libraries": native})
        return
    packages = (
        (row["name"], ", ".join(r["versions"] or "all" for r in row["releases"]), row["why"])
        for row in rows
    )
    also = ((f"{row['name']} (library)", ", ".join(row["versions"]), row["why"]) for row in native)
    _print_table((*packages, *also))


@recipe.command()
@click.argument("name")
@click.option("--version", help="The version it is asked for.  [default: any]")
@click.option("--platform", default="macos", show_default=True, metavar="TAG")
@click.option("--python", default=HOST_PYTHON, show_default=True, metavar="X.Y")
@_shared
def show(
    name: str,
    version: str | None,
    platform: str,
    python: str,
    folders: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Show what the recipes say for NAME on one target, merged."""
    from orchestrator.model import Target  # noqa: PLC0415
    from orchestrator.registry.load import load_registry  # noqa: PLC0415
    from orchestrator.targets.tags import parse_interpreter, parse_platform  # noqa: PLC0415

    _check_version(version)
    registry = load_registry(folders)
    if not registry.recipes(name):
        raise NoRecipeError(f"There is no recipe for {name}.")
    target = Target(platform=parse_platform(platform), interpreter=parse_interpreter(python))
    settings = registry.settings(name, version, target)
    if as_json:
        _print_json(settings)
        return
    asked = f"{name} {version or '(any version)'} for {target}"
    click.echo(f"{asked}\n" if settings.recipes else f"{asked}: no release of its recipe applies.")
    _print_table(_rows(settings))


@recipe.command()
@click.argument("name")
@click.option("--version", help="Limit it to this version.")
@_shared
def new(name: str, version: str | None, folders: tuple[Path, ...], as_json: bool) -> None:
    """Write a commented recipe for NAME into the first --recipes folder, or ./recipes."""
    from packaging.utils import InvalidName, canonicalize_name  # noqa: PLC0415

    from orchestrator.registry.skeleton import skeleton  # noqa: PLC0415

    _check_version(version)
    try:
        normalized = canonicalize_name(name, validate=True)
    except InvalidName:
        raise click.BadParameter(f"{name!r} is not a project name.", param_hint="NAME") from None
    path = (folders[0] if folders else Path("recipes")) / f"{normalized}.toml"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(skeleton(normalized, version or ""))
    except FileExistsError:
        raise RecipeExistsError(f"{path} exists already.") from None
    except OSError as error:
        raise RecipeError(f"{path} can't be written: {error.strerror}.", hint="") from None
    if as_json:
        _print_json({"path": str(path)})
    else:
        click.echo(f"Wrote {path}")
        if path.parent.resolve() != data_directory("recipes").resolve():
            click.echo(f"To use it: orchestrate build {normalized} --recipes {path.parent}")


@recipe.command()
@_shared
@click.pass_context
def lint(context: click.Context, folders: tuple[Path, ...], as_json: bool) -> None:
    """Check every recipe; list every problem with its file and key."""
    from orchestrator.registry.load import load_registry  # noqa: PLC0415

    registry = load_registry(folders)
    problems = registry.lint()
    count = len(registry.names())
    if as_json:
        _print_json({"recipes": count, "problems": problems})
    else:
        click.echo("\n".join(problems) or f"{counted(count, 'recipe')}, no problems")
    if problems:
        context.exit(EXIT_INPUT)


def _check_version(version: str | None) -> None:
    from packaging.version import InvalidVersion, Version  # noqa: PLC0415

    try:
        Version(version or "0")
    except InvalidVersion:
        raise click.BadParameter(
            f"{version!r} is not a version (PEP 440).", param_hint="--version"
        ) from None


def _summary(found: Recipe) -> dict[str, Any]:
    releases = found.file.release
    return {
        "name": found.name,
        "path": str(found.path),
        "releases": [
            {"versions": str(release.versions), "platforms": list(release.platforms)}
            for release in releases
        ],
        "why": found.file.why or next((release.why for release in releases if release.why), ""),
    }


def _library(found: LibraryRecipe) -> dict[str, Any]:
    return {
        "name": found.path.stem,
        "path": str(found.path),
        "versions": [str(source.version) for source in found.file.source],
        "why": found.file.why,
    }


def _rows(settings: BuildSettings) -> Iterable[tuple[str, str]]:
    """Key and value of everything that is set, keys as a recipe spells them."""
    import msgspec  # noqa: PLC0415

    for key, value in msgspec.to_builtins(settings, enc_hook=str).items():
        yield from _leaves(key.replace("_", "-"), value)


def _leaves(key: str, value: Any) -> Iterable[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(f"{key}.{name.replace('_', '-')}", inner)
    elif key == "patches":
        yield from ((key, patch["name"]) for patch in value)
    elif key == "needs.minimum-macos" and value:
        yield key, ".".join(map(str, value))
    elif isinstance(value, list | tuple):
        yield from ((key, str(item)) for item in value)
    elif value:
        yield key, str(value)


def _print_table(rows: Iterable[tuple[str, ...]]) -> None:
    """Columns that wrap inside the terminal's width."""
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    previous = ""
    for first, *rest in rows:
        cells = (Text(cell, overflow="fold") for cell in rest)
        table.add_row("" if first == previous else Text(first, "bold"), *cells)
        previous = first
    Console(highlight=False).print(table)


def _print_json(value: object) -> None:
    import msgspec  # noqa: PLC0415

    click.echo(msgspec.json.encode(value, enc_hook=str).decode())
