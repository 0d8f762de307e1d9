"""Who is doing a step: one of all that share a wheelhouse, by flock(2) on a file of the step's.

The kernel drops the lock of a process that is gone, so no claim outlives its owner.
"""

from __future__ import annotations

import fcntl
import os
import platform
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class Claim:
    """The right to do a step, until ``release``."""

    def __init__(self, path: Path, handle: int) -> None:
        self._path = path
        self._handle = handle

    def release(self) -> None:
        """Lets others do the step."""
        self._path.unlink(missing_ok=True)
        os.close(self._handle)


def claim(path: Path) -> Claim | None:
    """Claims what a file stands for; None where somebody else has.

    Args:
        path: Of the file, which need not exist; its folder must.
    """
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
        if _is_file_of(handle, path):
            os.ftruncate(handle, 0)
            os.write(handle, f"process {os.getpid()} on {platform.node()}".encode())
            return Claim(path, handle)
        os.close(handle)  # its owner has removed it meanwhile


def owner_of(path: Path) -> str:
    """Who holds a claim, e.g. ``process 4711 on build-host``; empty where that can't be told."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _is_file_of(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False
