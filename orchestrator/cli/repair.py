"""``orchestrate repair``: a wheel made self-contained and canonical."""

from __future__ import annotations

from pathlib import Path

import click

from orchestrator.words import counted


@click.command()
@click.argument(
    "wheels", metavar="WHEEL...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option(
    "--library-dir",
    "folders",
    metavar="DIR",
    multiple=True,
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder below which libraries are looked for. Repeatable.",
)
@click.option(
    "-o",
    "--output-dir",
    "output",
    metavar="DIR",
    default="repaired",
    show_default=True,
    type=click.Path(path_type=Path),
    help="Where the repaired wheels go.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each wheel.")
def repair(
    wheels: tuple[Path, ...], folders: tuple[Path, ...], output: Path, as_json: bool
) -> None:
    """Copy the libraries that WHEELs need into them, and write them canonically.

    macOS wheels are signed anew. A Linux wheel keeps a manylinux or musllinux tag, if it fits, and
    otherwise gets the oldest one that does.
    """
    from orchestrator.repair.repair import repair_file  # noqa: PLC0415 (--help stays quick)

    for wheel in wheels:
        path, grafted = repair_file(wheel, output, folders)
        if as_json:
            import msgspec  # noqa: PLC0415

            click.echo(
                msgspec.json.encode({"wheel": str(wheel), "path": str(path), "grafted": grafted})
            )
        else:
            click.echo(f"{path}: {counted(len(grafted), 'file')} copied in")
            for name in grafted:
                click.echo(f"  {name}")
