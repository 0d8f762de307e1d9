"""``orchestrate install``: a closure put to use."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestrator.cli.ending import end_on_signals
from orchestrator.cli.inputs import Asked, requirement_options
from orchestrator.cli.wheelhouse import recipes_option, wheelhouse_option
from orchestrator.model import Target
from orchestrator.targets.tags import (
    DEFAULT_PLATFORM,
    DEFAULT_PYTHON,
    parse_interpreter,
    parse_platform,
)

if TYPE_CHECKING:
    from orchestrator.pipeline.install import InstallReport


@click.command()
@requirement_options
@click.option(
    "--python",
    metavar="PYTHON",
    default="",
    help="Interpreter or folder of the environment to install into; with --target a version, X.Y."
    f"  [default with --target: {DEFAULT_PYTHON}]",
)
@click.option(
    "--target",
    "directory",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Install into a folder, for whatever platform.",
)
@click.option(
    "--platform",
    metavar="TAG",
    default=DEFAULT_PLATFORM,
    help=f"Of --target: wheel platform tag, or macos, or linux.  [default: {DEFAULT_PLATFORM}]",
)
@wheelhouse_option("Where built wheels are.")
@recipes_option()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("-v", "--verbose", is_flag=True, help="Show every line that the tools print.")
def install(
    *,
    asked: Asked,
    python: str,
    directory: Path | None,
    platform: str,
    wheelhouse: Path,
    recipes: tuple[Path, ...],
    as_json: bool,
    verbose: bool,
) -> None:
    """Install requirements with all that they need: wheels only, each checked by its hash.

    Wheels that the index lacks come from the wheelhouse. What holds compiled code is imported
    afterwards, where this host can run it.

    Exit status: 0 installed, 2 wrong input or a wheel is lacking, 4 a module can't be imported.
    """
    from orchestrator.pipeline.closures import ClosureOptions  # noqa: PLC0415 (--help is quick)
    from orchestrator.pipeline.install import InstallOptions  # noqa: PLC0415
    from orchestrator.pipeline.install import install as run  # noqa: PLC0415
    from orchestrator.report.reporter import reporter_for  # noqa: PLC0415

    if bool(directory) == bool(python) and not directory:
        raise click.UsageError("Say where to: --python PYTHON, or --target DIR.")
    end_on_signals()
    options = InstallOptions(
        wheelhouse=wheelhouse,
        closure=ClosureOptions(recipes=recipes, build_metadata=asked.build_metadata),
        python=None if directory else Path(python),
        directory=directory,
        target=Target(
            platform=parse_platform(platform),
            interpreter=parse_interpreter(python or DEFAULT_PYTHON),
        )
        if directory
        else None,
    )
    with reporter_for(sys.stdout, as_json=as_json, verbose=verbose) as reporter:
        report = run(asked.read(), options, reporter.handle)
    _show(report, as_json=as_json)


def _show(report: InstallReport, *, as_json: bool) -> None:
    if as_json:
        import json  # noqa: PLC0415

        import msgspec  # noqa: PLC0415

        found = msgspec.to_builtins(report, builtin_types=())
        click.echo(json.dumps({"event": "summary", **found, "target": str(report.target)}))
        return
    from orchestrator.words import counted  # noqa: PLC0415

    built = [package for package in report.packages if package.built]
    click.echo(
        f"Installed {counted(len(report.packages), 'package')} into {report.place}"
        f" for {report.target}, {len(built)} of them from the wheelhouse."
    )
    for package in built:
        click.echo(f"  {package.filename}")
    if report.note:
        click.echo(f"Not imported: {report.note}.")
    else:
        click.echo(f"Imported ({report.proof}): {', '.join(report.imported)}")
