"""``orchestrate emit cibuildwheel``: a recipe as a cibuildwheel project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestrator.cli.wheelhouse import recipes_option
from orchestrator.model import Target
from orchestrator.targets.tags import (
    DEFAULT_PLATFORM,
    DEFAULT_PYTHON,
    SHORT_FORMS,
    parse_interpreter,
    parse_platform,
)
from orchestrator.words import counted

if TYPE_CHECKING:
    from orchestrator.pipeline.handover import CibuildwheelProject


@click.command()
@click.argument("requirements", metavar="REQUIREMENT...", nargs=-1, required=True)
@click.option(
    "--platform",
    "platforms",
    metavar="TAG",
    multiple=True,
    help=f"Wheel platform tag, or macos, or linux. Repeatable.  [default: {DEFAULT_PLATFORM}]",
)
@click.option(
    "--python",
    "pythons",
    metavar="X.Y",
    multiple=True,
    default=(DEFAULT_PYTHON,),
    show_default=True,
    help="CPython version, 3.14t for free-threaded. Repeatable.",
)
@recipes_option()
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to write; of several packages, each has its own in it."
    "  [default: print the configuration]",
)
@click.option("--force", is_flag=True, help="Replace files that exist.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def cibuildwheel(
    *,
    requirements: tuple[str, ...],
    platforms: tuple[str, ...],
    pythons: tuple[str, ...],
    recipes: tuple[Path, ...],
    output: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Write the cibuildwheel configuration that the recipe of a package implies.

    For one package and many Pythons, on a Mac or on Linux with a container engine: environment,
    patches, bounds of build requirements, build settings, repair and tests are those of
    `orchestrate build`. With -o, build.sh there fetches the pinned source and runs cibuildwheel.
    """
    from orchestrator.pipeline.handover import hand_over  # noqa: PLC0415 (--help stays quick)

    targets = [
        Target(platform=parse_platform(platform), interpreter=parse_interpreter(python))
        for platform in dict.fromkeys(platforms or (DEFAULT_PLATFORM,))
        for python in dict.fromkeys(pythons)
    ]
    explicit = any(tag not in SHORT_FORMS for tag in platforms)
    projects = hand_over(requirements, targets, recipes=recipes, explicit=explicit)
    written = _write(projects, output, force=force) if output else {}
    if as_json:
        _print_json(projects, written)
    elif output:
        for project in projects:
            folder = written[project.name]
            builds = counted(len(project.identifiers), "build")
            click.echo(f"Wrote {folder}: {project.name} {project.version}, {builds}")
            click.echo(f"Run it on a Mac, or on Linux with docker: sh {folder}/build.sh")
    else:
        for project in projects:
            click.echo(_text(project, "cibuildwheel.toml"), nl=False)


def _write(
    projects: tuple[CibuildwheelProject, ...], output: Path, *, force: bool
) -> dict[str, Path]:
    from orchestrator.emit.write import write_files  # noqa: PLC0415

    folders = {
        project.name: output / f"{project.name}-{project.version}" if len(projects) > 1 else output
        for project in projects
    }
    files = {
        folders[project.name] / file.path: file.content
        for project in projects
        for file in project.files
    }
    write_files(files, force=force)
    return folders


def _text(project: CibuildwheelProject, path: str) -> str:
    return next(file.content for file in project.files if file.path == path).decode()


def _print_json(projects: tuple[CibuildwheelProject, ...], written: dict[str, Path]) -> None:
    import msgspec  # noqa: PLC0415

    shown = [
        {
            "name": project.name,
            "version": project.version,
            "identifiers": project.identifiers,
            "configuration": _text(project, "cibuildwheel.toml"),
            "folder": str(written.get(project.name, "")),
            "files": [file.path for file in project.files],
        }
        for project in projects
    ]
    click.echo(msgspec.json.encode({"projects": shown}).decode())
