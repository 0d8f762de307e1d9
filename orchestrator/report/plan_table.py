"""A plan for people: what is built, what it waits for, how long it takes, what stays missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from orchestrator.plan.graph import still_to_do
from orchestrator.words import counted, duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from orchestrator.model import Plan, PlanStep, Unbuildable
    from orchestrator.plan.outlook import Outlook

_SHOWN_ROOTS = 2


def print_plan(plan: Plan, outlooks: Sequence[Outlook], console: Console) -> None:
    """Prints a plan; reads well at 80 columns.

    Args:
        plan: To show.
        outlooks: For this machine, and then for others that were asked about.
        console: Where to.
    """
    _print_closures(plan, console)
    todo = still_to_do(plan)
    several = len({str(item.step.target) for item in todo}) > 1
    if todo:
        console.print(_steps(todo, plan, with_target=several))
    _print_cached(plan, console)
    _print_unbuildable(plan.unbuildable, console)
    _print_outlook(outlooks, console)


def _print_closures(plan: Plan, console: Console) -> None:
    for closure in plan.closures:
        lacking = sum(1 for package in closure.packages if package.wheel is None)
        said = f"{counted(len(closure.packages), 'package')}, {lacking} without a wheel"
        console.print(Text(f"{closure.target}: {said}"))
    console.print()


def _steps(todo: Sequence[PlanStep], plan: Plan, *, with_target: bool) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("to build", overflow="fold")
    if with_target:
        table.add_column("for", overflow="fold")
    table.add_column("about", justify="right", no_wrap=True)
    table.add_column("because of", overflow="fold")
    table.add_column("after", overflow="fold")
    names = {item.step.label: item.step.source.name for item in plan.steps if not item.cached}
    for item in todo:
        source = item.step.source
        after = ", ".join(dict.fromkeys(names[need] for need in item.needs if need in names))
        cells = [f"{source.name} {source.version}{_kind(item)}"]
        if with_target:
            cells.append(str(item.step.target))
        cells += [duration(item.seconds) if item.seconds else "?", _because(item), after]
        table.add_row(*map(Text, cells))
    return table


def _kind(item: PlanStep) -> str:
    return {"wheel": "", "library": " (library)", "redirect": " (redirect)"}[item.step.kind]


def _because(item: PlanStep) -> str:
    if item.served:
        return item.why
    more = len(item.roots) - _SHOWN_ROOTS
    shown = ", ".join(item.roots[:_SHOWN_ROOTS])
    return f"{shown} and {more} more" if more > 0 else shown


def _print_cached(plan: Plan, console: Console) -> None:
    cached = [item for item in plan.steps if item.cached]
    if cached:
        console.print(Text(f"\nIn the wheelhouse: {counted(len(cached), 'wheel')}"))
        for item in cached:
            console.print(Text(f"  {item.cached}"), soft_wrap=True)


def _print_unbuildable(missing: Sequence[Unbuildable], console: Console) -> None:
    if not missing:
        return
    console.print(Text("\nCan't be built:", style="bold red"))
    for item in missing:
        console.print(Text(f"  {item.name} {item.version} for {item.target}  {item.code}"))
        for line in (
            item.message,
            *item.details,
            f"hint: {item.hint}" if item.hint else "",
            f"because of: {', '.join(item.roots)}" if item.roots else "",
        ):
            if line:
                console.print(Padding(Text(line), (0, 0, 0, 4), expand=False))


def _print_outlook(outlooks: Sequence[Outlook], console: Console) -> None:
    here = outlooks[0]
    if not here.steps:
        console.print(Text("\nNothing to build."))
        return
    longest, together = duration(here.critical_path), duration(here.cpu_seconds)
    console.print(
        Text(
            f"\n{counted(here.steps, 'step')}: about {duration(here.seconds)} with "
            f"{counted(here.jobs, 'job')}; the longest chain {longest}, CPU time {together}."
        )
    )
    for other in outlooks[1:]:
        console.print(Text(f"With {counted(other.jobs, 'job')}: {duration(other.seconds)}."))
