"""``orchestrate emit``: files for other tools."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestrator.cli.emit_cibuildwheel import cibuildwheel
from orchestrator.cli.emit_github import github_actions
from orchestrator.targets.tags import DEFAULT_PYTHON, parse_interpreter, parse_platform

if TYPE_CHECKING:
    from orchestrator.emit.dockerfile import Design


@click.group()
def emit() -> None:
    """Write files for other tools, computed from what is wanted."""


emit.add_command(cibuildwheel)
emit.add_command(github_actions)


@emit.command()
@click.option(
    "--project",
    "folder",
    metavar="DIR",
    default=".",
    type=click.Path(path_type=Path),
    help="Folder of the project's pyproject.toml.  [default: .]",
)
@click.option(
    "--python",
    metavar="X.Y",
    help=f"CPython version.  [default: {DEFAULT_PYTHON}, or the next one the project supports]",
)
@click.option(
    "--platform",
    metavar="TAG",
    default="linux",
    help="manylinux or musllinux tag.  [default: linux, that is manylinux_2_28_aarch64]",
)
@click.option(
    "--wheelhouse",
    metavar="DIR",
    envvar="ORCHESTRATE_WHEELHOUSE",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of wheels.  [default: $ORCHESTRATE_WHEELHOUSE, or wheelhouse if it has any]",
)
@click.option("--index", metavar="URL", default="", help="Package index to use for all others.")
@click.option(
    "--base",
    metavar="IMAGE",
    default="",
    help="Image with Python and pip.  [default: the official Python image, slim]",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where to write it, with a .dockerignore beside it if the project has none."
    "  [default: standard output]",
)
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def dockerfile(
    *,
    folder: Path,
    python: str | None,
    platform: str,
    wheelhouse: Path | None,
    index: str,
    base: str,
    output: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Write a Dockerfile that installs a project from wheels on linux/arm64.

    Its dependencies come from its lock (uv.lock, pylock.toml, requirements.txt), else from its
    pyproject.toml; the wheels from the wheelhouse and the index. Nothing is compiled in the image.
    """
    from orchestrator.emit.design import Wish, design_for  # noqa: PLC0415 (--help stays quick)
    from orchestrator.emit.dockerfile import build_command  # noqa: PLC0415
    from orchestrator.emit.dockerfile import dockerfile as text_of  # noqa: PLC0415
    from orchestrator.emit.write import write_dockerfile  # noqa: PLC0415

    design = design_for(
        Wish(
            folder=folder,
            platform=parse_platform(platform),
            usual=parse_interpreter(DEFAULT_PYTHON),
            interpreter=parse_interpreter(python) if python else None,
            wheelhouse=wheelhouse or _usual_wheelhouse(),
            index=index,
            base=base,
        )
    )
    text = text_of(design)
    written = write_dockerfile(text, output, folder, force=force) if output else ()
    if as_json:
        _print_json(design, text, written)
    elif written:
        click.echo(f"Wrote {' and '.join(map(str, written))}")
        click.echo(f"In {folder}: {build_command(design)}")
    else:
        click.echo(text, nl=False)


def _usual_wheelhouse() -> Path | None:
    folder = Path("wheelhouse")
    return folder if any(folder.glob("*.whl")) else None


def _print_json(design: Design, text: str, written: tuple[Path, ...]) -> None:
    import msgspec  # noqa: PLC0415

    shown = {
        "dockerfile": text,
        "written": written,
        "target": str(design.target),
        "base": design.base,
        "pins": design.pins,
    }
    click.echo(msgspec.json.encode(shown, enc_hook=str).decode())
