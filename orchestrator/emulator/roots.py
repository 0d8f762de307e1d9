"""The folder of emulated Pythons: what is in it, and its lock.

qemu-aarch64             the emulator, or a link to the machine's own
cp311-glibc-aarch64/     a root: put in place by one rename, when it is complete
  root.json              what it is
  root/                  the files of the target's system, ``usr`` and so on
.lock                    held by whoever changes any of it, by flock(2)
.incoming/               what is being made; left-overs are removed by the next setup
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from orchestrator.emulator.debian import DebianPackage
from orchestrator.errors import EmulatorNotWritableError
from orchestrator.files import user_data_directory
from orchestrator.model import Interpreter, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TextIO

ARCH = "aarch64"
Libc = Literal["glibc", "musl"]


class Root(Value):
    """A target's Python that qemu-user runs here, with the libraries below it.

    Attributes:
        directory: Of this root; its files name it, so it can't be moved.
        interpreter: Which CPython.
        version: Its full version, e.g. ``3.11.2``.
        libc: Its C library.
        libc_version: (major, minor).
        prefix: Folder of ``bin`` and ``lib`` in the root, e.g. ``usr``.
        source: Where it came from, in a few words.
        packages: What was unpacked.
    """

    directory: Path
    interpreter: Interpreter
    version: str
    libc: Libc
    libc_version: tuple[int, int]
    prefix: str
    source: str
    packages: tuple[DebianPackage, ...]

    @property
    def name(self) -> str:
        """E.g. ``cp311-glibc-aarch64``."""
        return root_name(self.interpreter, self.libc)

    @property
    def sysroot(self) -> Path:
        """What is ``/`` to the target's programs."""
        return self.directory / "root"

    @property
    def python(self) -> Path:
        """The program that runs the target's Python on this machine."""
        return self.sysroot / self.prefix / "bin" / f"python{self.interpreter.version}"


def root_name(interpreter: Interpreter, libc: Libc) -> str:
    """The name of a root's folder."""
    return f"{interpreter.abi_tag}-{libc}-{ARCH}"


def emulator_directory() -> Path:
    """Where all this is."""
    return user_data_directory() / "emulator"


def qemu_path() -> Path:
    """Where the roots expect the emulator."""
    return emulator_directory() / f"qemu-{ARCH}"


def installed_roots() -> tuple[Root, ...]:
    """All complete roots, oldest Python first."""
    roots = []
    for file in emulator_directory().glob("*/root.json"):
        # Damaged, of another version of orchestrator, or moved: as if it weren't there.
        with contextlib.suppress(OSError, msgspec.DecodeError):
            root = msgspec.json.decode(file.read_bytes(), type=Root, dec_hook=_decoded)
            if root.directory == file.parent:
                roots.append(root)
    return tuple(sorted(roots, key=lambda root: (root.interpreter.minor, root.name)))


def write_record(file: Path, root: Root) -> None:
    """Writes ``root.json``."""
    file.write_bytes(msgspec.json.encode(root, enc_hook=str))


def _decoded(kind: type, value: Any) -> Any:
    return kind(value)


def remove_root(root: Root) -> None:
    """Removes a root; the lock must be held."""
    gone = incoming_directory() / root.name
    root.directory.replace(gone)  # at once: nobody sees half of it
    shutil.rmtree(gone)


def incoming_directory() -> Path:
    """Where things are made or unmade; empty while the lock is free or just taken."""
    return emulator_directory() / ".incoming"


@contextlib.contextmanager
def locked(on_wait: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Keeps other processes from changing the folder, and clears what a killed one left.

    Args:
        on_wait: Called when another process holds the lock, before waiting for it.

    Raises:
        EmulatorNotWritableError: The folder can't be made or written.
    """
    incoming = incoming_directory()
    with _open_lock() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_wait()
            fcntl.flock(lock, fcntl.LOCK_EX)
        shutil.rmtree(incoming, ignore_errors=True)
        incoming.mkdir()
        try:
            yield
        finally:
            shutil.rmtree(incoming, ignore_errors=True)


def _open_lock() -> TextIO:
    folder = emulator_directory()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return (folder / ".lock").open("w")
    except OSError as error:
        raise EmulatorNotWritableError(f"{folder} can't be written: {error.strerror}.") from error


def size_of(folder: Path) -> int:
    """Bytes of all files in a folder."""
    return sum(
        (Path(parent) / name).lstat().st_size
        for parent, _, names in os.walk(folder)
        for name in names
    )
