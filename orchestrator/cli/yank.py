"""``orchestrate yank``: has installers leave a published wheel alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from orchestrator.cli.wheelhouse import wheelhouse_option

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.index.journal import Event


@click.command()
@click.argument("files", metavar="FILE|NAME==VERSION...", nargs=-1, required=True)
@click.option("--reason", default="", help="What installers say to whoever asks for it anyway.")
@click.option("--undo", is_flag=True, help="Take it back.")
@wheelhouse_option("That has it.")
def yank(*, files: tuple[str, ...], reason: str, undo: bool, wheelhouse: Path) -> None:
    """Mark published wheels as broken: they are installed only by whoever pins their version.

    The wheels stay where they are; an index that serves the wheelhouse says so at once (PEP 592).
    """
    from orchestrator.cli.token import operator  # noqa: PLC0415 (--help stays quick)
    from orchestrator.errors import NoSuchFileError  # noqa: PLC0415
    from orchestrator.index import decisions  # noqa: PLC0415
    from orchestrator.index.journal import Journal  # noqa: PLC0415
    from orchestrator.wheelhouse.store import find_wheelhouse  # noqa: PLC0415

    store = find_wheelhouse(wheelhouse)
    if store is None:
        raise NoSuchFileError(f"{wheelhouse} is no wheelhouse.", hint="Name it: --wheelhouse DIR.")
    meant = tuple(name for text in files for name in decisions.files_of(store, _plain(text)))
    if undo:
        decisions.unyank(store, meant)
    else:
        decisions.yank(store, meant, reason)
    event: Event = "unyank" if undo else "yank"
    for name in meant:
        Journal(store.directory).add(event, who=operator(), subject=name, why=reason)
        click.echo(f"{name} is {'no more ' if undo else ''}yanked.")


def _plain(text: str) -> str:
    """A file's name, where somebody gives its path."""
    return text.rpartition("/")[2] if text.endswith(".whl") else text
