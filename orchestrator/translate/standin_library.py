"""The stand-ins compiled for one root and one CPython: once for each version of their sources."""

from __future__ import annotations

import hashlib
import sys
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from orchestrator.errors import NoStandInsError
from orchestrator.files import cache_directory
from orchestrator.translate.bridge import thunks
from orchestrator.translate.module import STAND_INS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from orchestrator.model import Interpreter
    from orchestrator.process import Processes

_SECONDS = 300
_SOURCES = ("python_api.c", "libsystem.c")
_HEADERS = ("darwin.h",)
# Older than the C library of every root.
_GLIBC = "2.31"


def sources() -> dict[str, str]:
    """What the library is made of, by file name."""
    folder = resources.files("orchestrator.translate") / "standins"
    texts = {name: (folder / name).read_text(encoding="utf-8") for name in (*_SOURCES, *_HEADERS)}
    return texts | {"thunks.S": thunks()}


@cache
def version() -> str:
    """Names what the stand-ins are: the digest of their sources, shortened."""
    digest = hashlib.sha256()
    for name, text in sorted(sources().items()):
        digest.update(f"{name}\0{text}\0".encode())
    return digest.hexdigest()[:12]


def standin_library(
    sysroot: Path,
    interpreter: Interpreter,
    processes: Processes,
    log: Path,
    on_line: Callable[[str], None],
) -> Path:
    """The compiled library, from the cache where it was made before.

    Args:
        sysroot: Of an aarch64 glibc Linux with CPython's headers.
        interpreter: Whose headers.
        processes: Runs the compiler.
        log: Takes what it prints.
        on_line: Sees each line of it.

    Raises:
        NoStandInsError: They can't be compiled.
    """
    import ziglang  # noqa: PLC0415 (not on a Mac)

    key = hashlib.sha256(f"{version()} {sysroot} {interpreter.abi_tag}".encode()).hexdigest()[:16]
    folder = cache_directory() / "stand-ins" / key
    library = folder / STAND_INS
    if library.exists():
        return library
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in sources().items():
        (folder / name).write_text(text, encoding="utf-8")
    headers = sysroot / "usr" / "include"
    python = f"python{interpreter.version}"
    made = folder / f".{STAND_INS}"
    status = processes.run(
        [
            sys.executable, "-m", ziglang.__name__, "cc", "-target", f"aarch64-linux-gnu.{_GLIBC}",
            "-O2", "-fno-sanitize=undefined", "-shared", "-fPIC", "-w",
            f"-I{headers / python}", f"-I{headers / 'aarch64-linux-gnu' / python}",
            "-idirafter", str(headers), *_SOURCES, "thunks.S", "-o", made.name,
            f"-Wl,-soname,{STAND_INS}", "-lm",
        ],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder)},
        log=log,
        on_line=on_line,
        seconds=_SECONDS,
    )  # fmt: skip
    if status:
        raise NoStandInsError(
            f"The stand-ins for macOS could not be compiled for {python}.", log=str(log)
        )
    made.replace(library)
    return library
