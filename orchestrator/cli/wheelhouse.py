"""Options that most commands have: the wheelhouse, and folders of recipes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import os
    from collections.abc import Callable


class WheelhousePath(click.Path):
    """A folder; of an address, its local half (``wheelhouse.shared``)."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str | bytes | os.PathLike[str]:
        """The folder."""
        if isinstance(value, str) and "://" in value:
            from orchestrator.wheelhouse.shared import local_half  # noqa: PLC0415 (--help is quick)

            return local_half(value)
        return super().convert(value, param, ctx)


def wheelhouse_option(help_text: str) -> Callable[..., Callable[..., None]]:
    """``--wheelhouse``: a folder, or the address of an object store.

    Args:
        help_text: What the command does with it.
    """
    return click.option(
        "--wheelhouse",
        metavar="DIR|URL",
        envvar="ORCHESTRATE_WHEELHOUSE",
        default="wheelhouse",
        type=WheelhousePath(),
        help=f"{help_text}  [default: $ORCHESTRATE_WHEELHOUSE or wheelhouse]",
    )


def recipes_option(
    help_text: str = "A folder of recipes that refine the built-in ones. Repeatable.",
) -> Callable[..., Callable[..., None]]:
    """``--recipes``: folders of the user's own."""
    return click.option(
        "--recipes",
        metavar="DIR",
        multiple=True,
        type=click.Path(path_type=Path),
        help=help_text,
    )
