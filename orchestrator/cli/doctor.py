"""``orchestrate doctor``: what this machine has, what it lacks, and the command that mends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from orchestrator.errors import EXIT_TOOLCHAIN
from orchestrator.targets.tags import (
    DEFAULT_PLATFORM,
    NEWEST_PYTHON,
    OLDEST_PYTHON,
    parse_interpreter,
    parse_platform,
)

if TYPE_CHECKING:
    from rich.text import Text

    from orchestrator.model import Check
    from orchestrator.targets.doctor import Diagnosis

ALL_PYTHONS = tuple(f"3.{minor}" for minor in range(OLDEST_PYTHON, NEWEST_PYTHON + 1))
_STYLES = {"ok": "green", "warning": "yellow", "missing": "red"}


@click.command()
@click.option(
    "--platform",
    "platforms",
    metavar="TAG",
    multiple=True,
    default=(DEFAULT_PLATFORM,),
    show_default=True,
    help="Wheel platform tag to build for, or macos, or linux. Repeatable.",
)
@click.option(
    "--python",
    "pythons",
    metavar="X.Y",
    multiple=True,
    default=ALL_PYTHONS,
    help="Python version to look for; all that can be built for by default. Repeatable.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def doctor(
    context: click.Context, platforms: tuple[str, ...], pythons: tuple[str, ...], as_json: bool
) -> None:
    """Say what is here, what is missing, and the command that mends it.

    Exit status 3 when nothing can be built for a platform asked for.
    """
    import msgspec  # noqa: PLC0415  (--help stays quick)

    from orchestrator.emulator.checks import running_section  # noqa: PLC0415
    from orchestrator.targets.doctor import diagnose  # noqa: PLC0415
    from orchestrator.targets.host import this_host  # noqa: PLC0415
    from orchestrator.targets.toolchains import toolchains  # noqa: PLC0415

    host = this_host()
    wanted = [parse_platform(text) for text in dict.fromkeys(platforms)]
    diagnosis = diagnose(
        host,
        toolchains(host),
        wanted,
        [parse_interpreter(text) for text in dict.fromkeys(pythons)],
    )
    sections = (*diagnosis.sections, running_section(host, wanted))
    diagnosis = msgspec.structs.replace(diagnosis, sections=sections)
    if as_json:
        click.echo(msgspec.json.encode(diagnosis))
    else:
        _show(diagnosis)
    if not all(diagnosis.platforms.values()):
        context.exit(EXIT_TOOLCHAIN)


def _show(diagnosis: Diagnosis) -> None:
    from rich.console import Console  # noqa: PLC0415  (0.1 s that --help does not need)
    from rich.table import Table  # noqa: PLC0415

    console = Console()
    for section in diagnosis.sections:
        table = Table(
            box=None, show_header=False, title=section.title, title_justify="left", pad_edge=False
        )
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        for check in section.checks:
            style = _STYLES[check.status]
            table.add_row(f"[{style}]{check.status}[/]", check.name, _words(check))
        console.print(table)
        console.print()
    for platform, buildable in diagnosis.platforms.items():
        verdict = "[green]can[/]" if buildable else "[red]can't[/]"
        console.print(f"Wheels for {platform} {verdict} be built here.", highlight=False)


def _words(check: Check) -> Text:
    """What was found, and below it the command that mends it."""
    from rich.text import Text  # noqa: PLC0415

    words = Text(check.found)
    if check.fix:
        words.append("\nto mend it: ", style="dim").append(check.fix, style="bold")
    return words
