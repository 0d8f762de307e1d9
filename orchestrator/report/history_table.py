"""Builds of the ledger as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from orchestrator.words import duration, size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from orchestrator.model import Past


def print_history(builds: Sequence[Past], console: Console) -> None:
    """Prints builds; targets and hosts are columns where they differ, else said once."""
    targets = {build.target for build in builds}
    hosts = {build.host for build in builds}
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column("when (UTC)", no_wrap=True)
    table.add_column("package", overflow="fold")
    for name in ("time", "CPU", "memory"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("outcome", no_wrap=True)
    if len(targets) > 1:
        table.add_column("target", overflow="fold", style="dim")
    if len(hosts) > 1:
        table.add_column("host", overflow="fold", style="dim")
    for build in builds:
        usage = build.usage
        table.add_row(
            build.created[:16].replace("T", " "),
            f"{build.name} {build.version}",
            duration(usage.seconds),
            duration(usage.cpu_seconds),
            size(usage.memory) if usage.memory else "",
            f"[bold red]{build.code}" if build.code else "[green]built",
            *([build.target] if len(targets) > 1 else []),
            *([build.host] if len(hosts) > 1 else []),
        )
    console.print(table, highlight=False)
    said = [*(targets if len(targets) == 1 else ()), *(hosts if len(hosts) == 1 else ())]
    if said:
        console.print(f"\nAll of {' on '.join(said)}.", style="dim", highlight=False)
