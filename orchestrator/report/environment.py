"""What is wrong with an environment, for people: a table, and what to do below it."""

from __future__ import annotations

from textwrap import indent
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from orchestrator.audit.environment.mend import described, merged
from orchestrator.words import counted

if TYPE_CHECKING:
    from rich.console import Console

    from orchestrator.audit.environment.audit import EnvironmentAudit
    from orchestrator.audit.environment.facts import InstalledFinding

_STYLES = {"error": "red", "warning": "yellow", "note": "cyan"}
_TITLES = {"error": "broken", "warning": "look at", "note": "note"}
_SHOWN = 4


def write_environment(audit: EnvironmentAudit, console: Console) -> None:
    """Writes all findings, each package's in one row, then what mends them."""
    environment = audit.environment
    console.print(
        Text(environment.root, style="bold"),
        f": {described(environment.runtime)}, {counted(len(environment.distributions), 'package')},"
        f" {len(environment.binaries)} binaries",
        sep="",
        soft_wrap=True,
        highlight=False,
    )
    if not audit.findings:
        console.print("[green]Everything in it can be loaded.[/]")
        return
    console.print()
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold", max_width=30)
    table.add_column(overflow="fold")
    for finding in audit.findings:
        style = _STYLES[finding.severity]
        table.add_row(
            Text(_TITLES[finding.severity], style=style),
            Text(finding.package),
            _words(finding, environment.folders),
        )
    console.print(table)
    console.print("\nto mend it:", style="dim")
    for hint in merged(environment.runtime, audit.findings, environment.distributions):
        console.print(Text(indent(hint, "  ")), soft_wrap=True)


def _words(finding: InstalledFinding, folders: tuple[str, ...]) -> Text:
    """The message, and below it the first few files, as the packages' own folder names them."""
    words = Text(f"{finding.message} [{finding.code}]")
    for file in finding.files[:_SHOWN]:
        folder = next((name for name in folders if file.startswith(f"{name}/")), "")
        words.append(f"\n{file[len(folder) :].lstrip('/') if folder else file}", style="dim")
    if len(finding.files) > _SHOWN:
        words.append(f"\nand {len(finding.files) - _SHOWN} more", style="dim")
    return words
