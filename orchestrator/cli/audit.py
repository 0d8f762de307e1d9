"""``orchestrate audit``: what lacks wheels, or can't be loaded, for the machine it is meant for."""

from __future__ import annotations

from pathlib import Path

import click

from orchestrator.cli.audit_environment import audit_environment


@click.command()
@click.option(
    "--environment",
    metavar="PYTHON",
    help="Audit what is installed: a Python of this machine, or the folder of its environment.",
)
@click.option(
    "--site-packages",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Audit a folder of packages, which may come from another machine, such as a Mac.",
)
@click.option(
    "--platform",
    "platforms",
    metavar="TAG",
    multiple=True,
    help="Platform that it is for.  [default: judged by what the folder holds]",
)
@click.option(
    "--python",
    "pythons",
    metavar="X.Y",
    multiple=True,
    help="CPython that it is for.  [default: judged by what the folder holds]",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def audit(
    context: click.Context,
    *,
    environment: str | None,
    site_packages: Path | None,
    platforms: tuple[str, ...],
    pythons: tuple[str, ...],
    as_json: bool,
) -> None:
    """Say what is installed that its Python can't load, and what to do about it.

    Wrong architectures, wheels for another Python or a newer macOS, Rosetta, an Intel conda,
    several copies of OpenMP or builds of BLAS. Files are only parsed. Exit status 1 when something
    is broken.
    """
    if environment is None and site_packages is None:
        raise click.UsageError("Give --environment PYTHON or --site-packages DIR.")
    audit_environment(
        context,
        python=environment,
        folder=site_packages,
        platforms=platforms,
        pythons=pythons,
        as_json=as_json,
    )
