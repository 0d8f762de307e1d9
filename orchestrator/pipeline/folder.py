"""The folders that builds happen in: in use as long as somebody holds their lock, then removed.

The lock is flock(2) on the folder itself, and every program of the build inherits it: the kernel
drops it when the last of them is gone, however they ended. What a killed run left behind is
recognised by that, and removed by the next run.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from orchestrator.model import Step

_KEPT = ".kept"
_NAME = re.compile(r"orchestrate-[0-9a-f]{16}(-.+)?")


class BuildFolder:
    """A locked folder.

    Attributes:
        path: Where it is.
        lock: File descriptor that holds the lock; programs that are given it hold it too.
    """

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self.lock = lock

    @classmethod
    def make(cls, step: Step) -> Self:
        """Makes a step's folder.

        Some packages write its path into their wheel: the same step has the same folder, unless
        that is in use.
        """
        path = Path(tempfile.gettempdir()) / f"orchestrate-{step.fingerprint[:16]}"
        with contextlib.suppress(FileExistsError):
            path.mkdir(mode=0o700)
            if (lock := _locked(path)) is not None:
                return cls(path, lock)
        while True:
            other = Path(tempfile.mkdtemp(prefix=f"{path.name}-"))
            if (lock := _locked(other)) is not None:
                return cls(other, lock)

    def close(self, *, keep: bool = False) -> None:
        """Removes the folder, or leaves it for a look."""
        if keep:
            (self.path / _KEPT).touch()
        else:
            shutil.rmtree(self.path, ignore_errors=True)
        os.close(self.lock)


def remove_abandoned() -> None:
    """Removes the folders of builds that are over, whoever made them, and were not kept."""
    for path in Path(tempfile.gettempdir()).glob("orchestrate-*"):
        if not _NAME.fullmatch(path.name) or (path / _KEPT).exists():
            continue
        lock = _locked(path)
        if lock is not None:
            shutil.rmtree(path, ignore_errors=True)
            os.close(lock)


def _locked(path: Path) -> int | None:
    """Locks a folder; None where somebody else has, or has removed it meanwhile."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(handle), path.stat()):
            return handle
    except OSError:
        pass
    os.close(handle)
    return None
