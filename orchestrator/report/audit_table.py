"""An audit on a terminal: what is ready, what will be built, what needs attention."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from orchestrator.report.audit_words import (
    GROUP_TITLES,
    cell,
    columns,
    common,
    heading_of,
    needs_of,
    pulled_in_by,
    summary,
    version_of,
    ways_of,
)

if TYPE_CHECKING:
    from rich.console import Console

    from orchestrator.audit.answers import Audit, Group, Package

_STYLES = {"ready": "green", "build": "yellow", "attention": "red"}
_LEAST_WORDS = 30
_NAME = 22
_CELL = 13


def print_audit(audit: Audit, console: Console) -> None:
    """Prints an audit; the worst comes last, where a terminal shows it."""
    where = common(columns(audit))
    if where:
        console.print(f"Audit for {where}\n", highlight=False)
    _print_ready(audit, console)
    for group in ("build", "attention"):
        if packages := audit.group(group):
            _title(group, len(packages), console)
            _print_group(audit, packages, console)
            console.print()
    for note in audit.notes:
        console.print(f"Note: {note}", style="dim", highlight=False, markup=False)
    console.print(summary(audit), style="bold", highlight=False)


def _title(group: Group, count: int, console: Console) -> None:
    console.print(Text(f"{GROUP_TITLES[group]} ({count})", style=f"bold {_STYLES[group]}"))


def _print_ready(audit: Audit, console: Console) -> None:
    """The names alone: there is nothing to do about them."""
    ready = audit.group("ready")
    if not ready:
        return
    _title("ready", len(ready), console)
    names = ", ".join(package.name for package in ready)
    console.print(Text(names, style="dim"))
    own = [p.name for p in ready if any(v.answer == "wheelhouse" for v in p.verdicts)]
    if own:
        console.print(Text(f"From the wheelhouse: {', '.join(own)}"))
    console.print()


def _print_group(audit: Audit, packages: tuple[Package, ...], console: Console) -> None:
    every = columns(audit)
    beside = console.width - _NAME - _CELL * len(every) >= _LEAST_WORDS
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column("package", overflow="fold", max_width=_NAME if beside else None)
    for column in every:
        table.add_column(heading_of(column, every), overflow="fold", vertical="top")
    if beside:
        table.add_column("what it takes", overflow="fold")
    for package in packages:
        name = Text(f"{package.name} {version_of(package)}")
        cells = [Text(cell(package, column.target)) for column in every]
        table.add_row(name, *cells, *([_words(package)] if beside else []))
    console.print(table, highlight=False)
    if not beside:
        console.print()
        _print_words(packages, console)


def _print_words(packages: tuple[Package, ...], console: Console) -> None:
    """What packages take, below a table that has no room for it."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False, pad_edge=False)
    table.add_column(overflow="fold", max_width=_NAME)
    table.add_column(overflow="fold")
    for package in packages:
        if words := _words(package):
            table.add_row(package.name, words)
    console.print(table, highlight=False)


def _words(package: Package) -> Text:
    """What a build takes, whom the package is for and, where somebody must decide, the ways."""
    first = " ".join(filter(None, (needs_of(package), _in_brackets(pulled_in_by(package)))))
    lines = [Text(first)] if first else []
    if package.group == "attention":
        lines += [Text(f"→ {way}", style="cyan") for way in ways_of(package)]
    return Text("\n").join(lines)


def _in_brackets(words: str) -> str:
    return f"({words})" if words else ""
