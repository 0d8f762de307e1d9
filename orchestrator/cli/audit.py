"""``orchestrate audit``: what lacks wheels, or can't be loaded, for the machine it is meant for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from orchestrator.cli.audit_environment import audit_environment
from orchestrator.cli.inputs import Asked, input_options
from orchestrator.cli.wheelhouse import recipes_option, wheelhouse_option
from orchestrator.errors import EXIT_BUILD, OutputError

if TYPE_CHECKING:
    from orchestrator.audit.answers import Audit


@click.command()
@input_options
@wheelhouse_option("Wheels that count as there.")
@recipes_option()
@click.option(
    "--fail-on",
    type=click.Choice(["missing", "unbuildable"]),
    help="Exit with 1 when a package has no wheel, or when one needs attention.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Print Markdown.")
@click.option(
    "--html",
    "page",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a page that needs nothing else, too.",
)
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
@click.pass_context
def audit(
    context: click.Context,
    *,
    asked: Asked,
    wheelhouse: Path,
    recipes: tuple[Path, ...],
    fail_on: Literal["missing", "unbuildable"] | None,
    as_json: bool,
    as_markdown: bool,
    page: Path | None,
    environment: str | None,
    site_packages: Path | None,
) -> None:
    """Say which packages lack a wheel on the targets, and what can be done about each.

    Every package that the requirements need is looked up: whether it has a wheel, for which
    system, or what its sdist takes to build. Sdists are read, and not run.

    With --environment or --site-packages, say instead what is installed that its Python can't
    load: wrong architectures, Rosetta, an Intel conda, several copies of OpenMP or builds of BLAS;
    the exit status is then 1 when something is broken.
    """
    if environment is not None or site_packages is not None:
        if asked.has_requirements:
            raise click.UsageError("Requirements and an environment are audited one at a time.")
        audit_environment(
            context,
            python=environment,
            folder=site_packages,
            platforms=asked.named_platforms,
            pythons=asked.named_pythons,
            as_json=as_json,
        )
    found = _audit(asked, wheelhouse, recipes, quiet=as_json)
    if page:
        _write_page(found, page)
    _show(found, as_json=as_json, as_markdown=as_markdown)
    context.exit(_status(found, fail_on))


def _audit(asked: Asked, wheelhouse: Path, recipes: tuple[Path, ...], *, quiet: bool) -> Audit:
    from orchestrator.pipeline.audit import AuditOptions, audit_closures  # noqa: PLC0415
    from orchestrator.report.reporter import watching  # noqa: PLC0415 (--help stays quick)

    options = AuditOptions(
        wheelhouse=wheelhouse, recipes=recipes, build_metadata=asked.build_metadata
    )
    with watching(quiet=quiet) as tell:
        return audit_closures(asked.read(), asked.targets, options, tell)


def _show(found: Audit, *, as_json: bool, as_markdown: bool) -> None:
    if as_json:
        import msgspec  # noqa: PLC0415

        click.echo(msgspec.json.encode(found))
    elif as_markdown:
        from orchestrator.report.audit_markdown import audit_markdown  # noqa: PLC0415

        click.echo(audit_markdown(found), nl=False)
    else:
        from rich.console import Console  # noqa: PLC0415

        from orchestrator.report.audit_table import print_audit  # noqa: PLC0415

        print_audit(found, Console())


def _write_page(found: Audit, page: Path) -> None:
    from datetime import UTC, datetime  # noqa: PLC0415

    from orchestrator import __version__  # noqa: PLC0415
    from orchestrator.files import write_atomically  # noqa: PLC0415
    from orchestrator.report.audit_page import audit_page  # noqa: PLC0415

    when = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    text = audit_page(found, f"Made by orchestrate {__version__}, {when}.")
    try:
        write_atomically(page, text.encode())
    except OSError as error:
        raise OutputError(
            f"{page} can't be written: {error.strerror}.", hint="Choose another file with --html."
        ) from error


def _status(found: Audit, fail_on: str | None) -> int:
    packages = len(found.packages)
    failed = {
        None: 0,
        "missing": packages - len(found.group("ready")),
        "unbuildable": len(found.group("attention")),
    }
    return EXIT_BUILD if failed[fail_on] else 0
