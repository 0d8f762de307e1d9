"""Programs of the target, made to start by themselves: each replaced by a script that emulates it.

A kernel that knows nothing of the emulator can't execute them, whoever tries: a build tool that a
wheel brought, or a compiler that calls its linker.
"""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# How an ELF file begins, and at which offset it says what it is for ("ELF Header" of the gABI).
_MAGIC, MACHINE, _AARCH64 = b"\x7fELF", 18, b"\xb7\x00"
_SUFFIX = ".target"

# Variables of the host's own programs mislead the target's. Argument 0 is where a program looks
# for its own files.
_SCRIPT = """\
#!/bin/sh
unset LD_LIBRARY_PATH LD_PRELOAD
exec {emulator} -0 "$0" {program} "$@"
"""


def emulate_programs(folder: Path, qemu: Path, root: Path) -> None:
    """Replaces the target's programs below a folder.

    Args:
        folder: Where they are; libraries, and what was replaced before, stay.
        qemu: The emulator.
        root: What is ``/`` to them.
    """
    emulator = shlex.join((str(qemu), "-L", str(root)))
    for program in tuple(_programs(folder)):
        real = program.rename(program.with_name(f"{program.name}{_SUFFIX}"))
        text = _SCRIPT.format(emulator=emulator, program=shlex.quote(str(real)))
        program.write_text(text, encoding="utf-8")
        program.chmod(0o755)


def _programs(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.suffix == _SUFFIX or ".so" in path.suffixes or path.is_symlink():
            continue
        if path.is_file() and os.access(path, os.X_OK):
            with path.open("rb") as file:
                head = file.read(MACHINE + len(_AARCH64))
            if head.startswith(_MAGIC) and head[MACHINE:] == _AARCH64:
                yield path
