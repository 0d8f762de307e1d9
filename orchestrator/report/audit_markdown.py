"""An audit as Markdown, for an issue or a pull request. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    from collections.abc import Iterator, Sequence

    from orchestrator.audit.answers import Audit, Group, Package

_WORST_FIRST: tuple[Group, ...] = ("attention", "build", "ready")


def audit_markdown(audit: Audit) -> str:
    """The audit as a document with a table for each group, the worst first."""
    return "\n".join(_lines(audit)) + "\n"


def _lines(audit: Audit) -> Iterator[str]:
    where = common(columns(audit))
    yield f"# Audit{f' for {where}' if where else ''}"
    yield f"\n{summary(audit)}."
    for note in audit.notes:
        yield f"\n> {_escaped(note)}"
    for group in _WORST_FIRST:
        if packages := audit.group(group):
            yield f"\n## {GROUP_TITLES[group]} ({len(packages)})\n"
            yield from _table(audit, packages)


def _table(audit: Audit, packages: Sequence[Package]) -> Iterator[str]:
    every = columns(audit)
    headings = [heading_of(column, every).replace("\n", " ") for column in every]
    yield _row(["package", "version", *headings, "what it takes", "what to do", "for"])
    yield _row(["---"] * (len(every) + 5))
    for package in packages:
        yield _row(
            [
                package.name,
                version_of(package),
                *(cell(package, column.target) for column in every),
                needs_of(package),
                "; ".join(ways_of(package)) if package.group == "attention" else "",
                pulled_in_by(package).removeprefix("for "),
            ]
        )


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(_escaped, cells))} |"


def _escaped(text: str) -> str:
    """A text that is no markup, and stays in its cell."""
    for mark in ("\\", "|", "*", "_", "<", "`", "["):
        text = text.replace(mark, f"\\{mark}")
    return " ".join(text.split())
