"""A full disk, told as what it is wherever a source is written."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from orchestrator.errors import DiskFullError
from orchestrator.files import is_disk_full

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def telling_full_disk(path: Path) -> Iterator[None]:
    """Turns the system's "no space left" or "quota exceeded" into an error that says where.

    Raises:
        DiskFullError: The disk that holds ``path`` is full.
    """
    try:
        yield
    except OSError as error:
        if is_disk_full(error):
            raise DiskFullError(f"The disk that holds {path} is full.") from error
        raise
