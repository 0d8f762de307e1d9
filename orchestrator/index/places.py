"""Where a static export lies: a folder, or objects in a bucket.

In both a file appears whole or not at all.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
from typing import TYPE_CHECKING, Protocol

from orchestrator.errors import ExportNotWritableError, NotAnExportError
from orchestrator.files import is_disk_full, sha256_of
from orchestrator.index.content_types import headers_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from orchestrator.wheelhouse.bucket import Bucket

MANIFEST = ".export.json"
"""What the export knows of itself; also what tells it from other folders."""

_INCOMING = ".export.incoming"
_LOCK = ".export.lock"
_READABLE = 0o444
"""For everybody: web servers are users of their own."""

_OWN = frozenset({MANIFEST, _INCOMING, _LOCK})


class Place(Protocol):
    """What an export does to the place where it lies. Paths are relative, with ``/``.

    Attributes:
        address: For messages.
        workers: How many files at once it likes.
    """

    address: str
    workers: int

    def exclusive(self) -> contextlib.AbstractContextManager[None]:
        """Holds the place, as far as that can be."""

    def held(self) -> dict[str, int]:
        """Sizes of the files that are there, in bytes."""

    def read(self, path: str) -> bytes | None:
        """A small file, or None."""

    def digest(self, path: str) -> str:
        """Hex sha256 of what is there; empty where that is not to be known."""

    def write(self, path: str, content: bytes) -> None:
        """Writes a page."""

    def take(self, path: str, source: Path, sha256: str) -> bool:
        """Takes in a file; False, and nothing done, where it has other bytes or is gone."""

    def delete(self, path: str) -> None:
        """Deletes a file, whether it is there or not."""

    def settle(self) -> None:
        """Returns when what was written survives a power cut."""


class Folder:
    """A folder of this machine; web servers read it.

    Args:
        directory: Empty, an export, or not there.
        copy: Whether files are copied where they could be linked.

    Raises:
        NotAnExportError: It holds other things.
    """

    workers = 1

    def __init__(self, directory: Path, *, copy: bool = False) -> None:
        self.address = str(directory)
        self._root = directory.absolute()
        self._incoming = self._root / _INCOMING
        self._copy = copy
        self._count = 0

    @contextlib.contextmanager
    def exclusive(self) -> Iterator[None]:
        """Waits for other exports into it to end; removes what killed ones left half-written."""
        with self._failures():
            self._root.mkdir(parents=True, exist_ok=True)
            found = {entry.name for entry in os.scandir(self._root)}
            if found - _OWN and MANIFEST not in found:
                raise NotAnExportError(f"{self.address}: holds other things than an export.")
            lock = (self._root / _LOCK).open("a")
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with self._failures():
                shutil.rmtree(self._incoming, ignore_errors=True)
                self._incoming.mkdir()
            try:
                yield
            finally:
                shutil.rmtree(self._incoming, ignore_errors=True)

    def held(self) -> dict[str, int]:
        """Sizes of all files but its own."""
        sizes: dict[str, int] = {}
        folders = [""]
        while folders:
            folder = folders.pop()
            with os.scandir(self._root / folder) as entries:
                for entry in entries:
                    if not folder and entry.name in _OWN:
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(f"{folder}{entry.name}/")
                    else:
                        sizes[f"{folder}{entry.name}"] = entry.stat(follow_symlinks=False).st_size
        return sizes

    def read(self, path: str) -> bytes | None:
        """A small file, or None."""
        with contextlib.suppress(FileNotFoundError), self._failures():
            return (self._root / path).read_bytes()
        return None

    def digest(self, path: str) -> str:
        """Hex sha256 of what is there."""
        with contextlib.suppress(OSError):
            return sha256_of(self._root / path)
        return ""

    def write(self, path: str, content: bytes) -> None:
        """Writes a page beside its place and renames it."""
        final, temporary = self._root / path, self._next()
        with self._failures():
            temporary.write_bytes(content)
            # Web servers tell versions apart by size and second: a page never keeps its second.
            with contextlib.suppress(FileNotFoundError):
                earliest = int(final.stat().st_mtime) + 1
                if temporary.stat().st_mtime < earliest:
                    os.utime(temporary, (earliest, earliest))
            final.parent.mkdir(parents=True, exist_ok=True)
            temporary.replace(final)

    def take(self, path: str, source: Path, sha256: str) -> bool:
        """Links a file, or copies it where that can't be."""
        final, temporary = self._root / path, self._next()
        with self._failures():
            try:
                self._link(source, temporary)
            except FileNotFoundError:
                return False
            if sha256_of(temporary) != sha256:
                temporary.unlink()
                return False
            final.parent.mkdir(parents=True, exist_ok=True)
            temporary.replace(final)
            temporary.unlink(missing_ok=True)  # two names of one file: that rename does nothing
        return True

    def delete(self, path: str) -> None:
        """Deletes a file, and its folder where that was the last in it."""
        file = self._root / path
        with self._failures():
            file.unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                file.parent.rmdir()

    def settle(self) -> None:
        """Brings all to the disk."""
        os.sync()

    def _next(self) -> Path:
        self._count += 1
        return self._incoming / str(self._count)

    def _link(self, source: Path, target: Path) -> None:
        status = source.stat()
        if not self._copy and status.st_mode & _READABLE == _READABLE:
            with contextlib.suppress(OSError):
                os.link(source, target)
                return
        shutil.copyfile(source, target)
        os.utime(target, ns=(status.st_mtime_ns, status.st_mtime_ns))

    @contextlib.contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise
        except OSError as error:
            hint = "Free some space, and export again." if is_disk_full(error) else None
            raise ExportNotWritableError(
                f"export {self.address}: can't be written: {error.strerror}", hint=hint
            ) from error


class Objects:
    """Objects of a bucket below one address. Nothing keeps two exports from meeting there."""

    workers = 12

    def __init__(self, bucket: Bucket) -> None:
        self.address = bucket.address
        self._bucket = bucket

    def exclusive(self) -> contextlib.AbstractContextManager[None]:
        """Does nothing."""
        return contextlib.nullcontext()

    def held(self) -> dict[str, int]:
        """Sizes of all objects but its own."""
        sizes = self._bucket.sizes()
        if sizes and MANIFEST not in sizes:
            raise NotAnExportError(f"{self.address}: holds other things than an export.")
        return {path: size for path, size in sizes.items() if path not in _OWN}

    def read(self, path: str) -> bytes | None:
        """A small object, or None."""
        stored = self._bucket.read(path)
        return stored.content if stored else None

    def digest(self, path: str) -> str:
        """Is not to be known without reading it all."""
        del path
        return ""

    def write(self, path: str, content: bytes) -> None:
        """Writes an object with the headers that it shall be sent with."""
        self._bucket.put(path, content, headers_of(path))

    def take(self, path: str, source: Path, sha256: str) -> bool:
        """Uploads a file."""
        try:
            with source.open("rb") as file:  # stays the same where its name is given to another
                if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                    return False
                file.seek(0)
                self._bucket.put(path, file, headers_of(path))
        except FileNotFoundError:
            return False
        return True

    def delete(self, path: str) -> None:
        """Deletes an object."""
        self._bucket.delete(path)

    def settle(self) -> None:
        """Objects that were written are there."""
