"""``orchestrate compare``: how a wheel differs from a reference."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.verify.compare import Comparison, Difference

_MOST_NAMES = 8


@click.command()
@click.argument("built", metavar="BUILT", type=click.Path(path_type=Path))
@click.argument("reference", metavar="REFERENCE", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def compare(built: Path, reference: Path, as_json: bool) -> None:
    """Compare BUILT with a REFERENCE wheel, such as the official one.

    Modules, exported and imported symbols, linked libraries, symbol versions, oldest macOS or
    glibc, size.
    """
    from orchestrator.verify.check import compare_wheels  # noqa: PLC0415 (--help stays quick)

    comparison = compare_wheels(built, reference)
    if as_json:
        import msgspec  # noqa: PLC0415

        click.echo(msgspec.json.encode(comparison))
    else:
        _show(comparison)


def _show(comparison: Comparison) -> None:
    totals = comparison.totals
    click.echo(f"built      {comparison.built} ({comparison.size[0]:,} bytes)")
    click.echo(f"reference  {comparison.reference} ({comparison.size[1]:,} bytes)")
    _show_difference("tags", comparison.tags)
    _show_difference("binaries", comparison.binaries)
    _show_difference("files", comparison.files)
    _show_names("files, of other content", comparison.changed)
    click.echo(f"binaries in both: {totals.binaries}, {totals.same} the same but for size")
    if totals.most_imports:
        click.echo(f"imports that differ: at most {totals.most_imports} in one binary")
    for pair in comparison.pairs:
        click.echo(f"  {pair.name}  {pair.size[0]:,} / {pair.size[1]:,} bytes")
        if pair.minimum[0] != pair.minimum[1]:
            ours, theirs = (minimum or "unknown" for minimum in pair.minimum)
            click.echo(f"    oldest macOS or glibc: {ours} / {theirs}")
        _show_difference("  imports", pair.imports)
        _show_difference("  exports", pair.exports)
        _show_difference("  libraries", pair.libraries)
        _show_difference("  symbol versions", pair.versions)


def _show_difference(title: str, difference: Difference) -> None:
    _show_names(f"{title}, built only", difference.built_only)
    _show_names(f"{title}, reference only", difference.reference_only)


def _show_names(title: str, names: Sequence[str]) -> None:
    if names:
        more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
        click.echo(f"  {title}: {', '.join(names[:_MOST_NAMES])}{more}")
