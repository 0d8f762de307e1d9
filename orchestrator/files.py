"""Where things lie on this machine, and ways to write files that leave nothing half-written."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
from pathlib import Path

from orchestrator.errors import CacheNotWritableError

# 1980-01-02, in seconds since 1970: zip files, and so wheels, know no earlier time.
ZIP_EPOCH = 315_619_200


def cache_directory() -> Path:
    """The folder of everything that can be made again: downloads, index pages, toolchain caches.

    ``$ORCHESTRATE_CACHE``, else ``$XDG_CACHE_HOME/orchestrate``, else ``~/.cache/orchestrate``.
    """
    own = os.environ.get("ORCHESTRATE_CACHE")
    if own:
        return Path(own).absolute()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "orchestrate"


def user_data_directory() -> Path:
    """The folder of what a user had set up and does not want to lose with the cache.

    ``$ORCHESTRATE_DATA``, else ``$XDG_DATA_HOME/orchestrate``, else ``~/.local/share/orchestrate``.
    """
    own = os.environ.get("ORCHESTRATE_DATA")
    if own:
        return Path(own).absolute()
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "orchestrate"


def open_cache() -> None:
    """Makes the cache folder where there is none.

    Raises:
        CacheNotWritableError: It can't be made or written.
    """
    folder = cache_directory()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise CacheNotWritableError(
            f"cache {folder}: can't be written: {error.strerror}"
        ) from error


def data_directory(kind: str) -> Path:
    """The folder ``recipes`` or ``patches`` that travels with orchestrator.

    In an installed wheel it is inside the package; in a checkout it is at the top.
    """
    package = Path(__file__).parent
    installed = package / "_data" / kind
    return installed if installed.is_dir() else package.parent / kind


def sha256_of(path: Path) -> str:
    """Hex sha256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_disk_full(error: BaseException) -> bool:
    """Whether it is the system's "no space left" or "quota exceeded"."""
    return isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}


def write_atomically(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Writes a file so that readers see the old content or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
