"""An exception that is no error of ours: a full disk, or a bug whose traceback is worth keeping."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from orchestrator.errors import DiskFullError, InternalError, OrchestratorError
from orchestrator.files import cache_directory, is_disk_full

if TYPE_CHECKING:
    from pathlib import Path


def unforeseen(error: Exception, *, what: str = "", log: Path | None = None) -> OrchestratorError:
    """The error that a user is told of.

    Args:
        error: As caught.
        what: What was being done, such as a step's label.
        log: File that the traceback is appended to; ``bug.log`` in the cache by default.
    """
    import traceback  # noqa: PLC0415 (only on failure)

    about = f"{what}: " if what else ""
    if is_disk_full(error):
        return DiskFullError(f"{about}{error}", log=str(log) if log else None)
    log = log or cache_directory() / "bug.log"
    with contextlib.suppress(OSError):  # where no file can be written, there is still the message
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as file:
            traceback.print_exception(error, file=file)
    return InternalError(f"{about}{type(error).__name__}: {error}", log=str(log))
