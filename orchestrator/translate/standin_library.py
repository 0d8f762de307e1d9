"""The stand-ins compiled for one root and one CPython: once for each version of their sources."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from orchestrator.translate.bridge import thunks
from orchestrator.translate.module import STAND_INS

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.model import Interpreter
    from orchestrator.translate.compiler import Compiler

_SOURCES = ("python_api.c", "libsystem.c")
_HEADERS = ("darwin.h",)


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
    sysroot: Path, prefix: Path, interpreter: Interpreter, compiler: Compiler
) -> Path:
    """The compiled library, from the cache where it was made before.

    Args:
        sysroot: Of an aarch64 glibc Linux.
        prefix: Of the CPython in it, whose ``include`` has its headers.
        interpreter: Which CPython that is.
        compiler: Compiles it.

    Raises:
        NoStandInsError: They can't be compiled.
    """
    python = f"python{interpreter.version}{'t' if interpreter.free_threaded else ''}"
    headers = sysroot / "usr" / "include"
    arguments = [
        *("-O2", "-w", f"-I{prefix / 'include' / python}"),
        f"-I{headers / 'aarch64-linux-gnu' / python}",
        *("-idirafter", str(headers), *_SOURCES, "thunks.S", "-lm"),
    ]
    key = f"{version()} {prefix} {python}"
    return compiler.library(STAND_INS, key, arguments, sources())
