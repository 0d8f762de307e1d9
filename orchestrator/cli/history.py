"""``orchestrate history``: what builds took, and how they ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from orchestrator.cli.wheelhouse import wheelhouse_option

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.argument("name", required=False, default="")
@wheelhouse_option("Whose builds.")
@click.option(
    "--limit", metavar="N", type=click.IntRange(min=1), default=50, show_default=True,
    help="How many, the newest first.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
def history(*, name: str, wheelhouse: Path, limit: int, as_json: bool) -> None:
    """Show the builds of a project, or of all, that went into a wheelhouse, newest first."""
    from packaging.utils import canonicalize_name  # noqa: PLC0415 (--help stays quick)

    from orchestrator.wheelhouse.ledger import Ledger  # noqa: PLC0415

    builds = Ledger(wheelhouse).read(canonicalize_name(name) if name else "", limit=limit)
    if as_json:
        import msgspec  # noqa: PLC0415

        click.echo(msgspec.json.encode(builds))
        return
    if not builds:
        click.echo(f"No builds of {name or 'anything'} are known in {wheelhouse}.")
        return
    from rich.console import Console  # noqa: PLC0415

    from orchestrator.report.history_table import print_history  # noqa: PLC0415

    print_history(builds, Console())
