"""How commands take a wheelhouse: a folder, or the address of an object store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import os


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
