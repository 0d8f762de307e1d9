"""Answers of ``orchestrate why`` for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from orchestrator.plan.changes import Why, Whys


def print_whys(found: Whys, console: Console) -> None:
    """Prints them, one below the other."""
    for package, wheel in found.ready:
        console.print(Text(f"{package}: nothing is built, because an index has"))
        console.print(Text(f"  {wheel}"), soft_wrap=True)
    for one in found.steps:
        for number, line in enumerate(_lines(one)):
            console.print(Padding(Text(line), (0, 0, 0, 2 if number else 0), expand=False))
    for missing in found.unbuildable:
        console.print(Text(f"{missing.label}: can't be built ({missing.code})"))
        console.print(Padding(Text(missing.message), (0, 0, 0, 2), expand=False))
    for failure in found.failed:
        console.print(Text(f"{failure.name}: can't be built ({failure.code})"))
        console.print(Padding(Text(failure.message), (0, 0, 0, 2), expand=False))


def _lines(one: Why) -> Iterator[str]:
    day = one.built.partition("T")[0]
    if one.state == "never built":
        yield f"{one.step}: never built"
    elif one.state == "up to date":
        yield f"{one.step}: up to date"
        yield f"{one.wheel}, built {day}"
    else:
        yield f"{one.step}: to be built again"
        yield f"since {one.wheel} was built, {day}:"
        yield from (change.words for change in one.changes)
        if not one.changes:
            yield "its wheel is not in the wheelhouse any more, or is not what it was"
