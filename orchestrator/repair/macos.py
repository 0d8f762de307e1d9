"""Repair of macOS wheels: libraries copied in, load commands rewritten, signatures made anew.

By delocate on a Mac, elsewhere by repairwheel, which is delocate over pure-Python tools; both as
programs, because both change the state of the process they run in.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from orchestrator.binary.wheelfile import WheelFacts, read_wheel
from orchestrator.errors import RepairError
from orchestrator.repair.tools import python_program, run_tool
from orchestrator.targets.sdk.symbols import is_system_library

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


def external_libraries(facts: WheelFacts) -> tuple[str, ...]:
    """Install names that the wheel's binaries load from outside it, system libraries left out."""
    inside = {member.name.rpartition("/")[2] for member in facts.members if member.slices}
    linked = {
        library.path
        for member in facts.members
        for part in member.slices
        for library in part.libraries
        if not is_system_library(library.path)
    }
    return tuple(
        sorted(
            path
            for path in linked
            if not (path.startswith("@loader_path/") and path.rpartition("/")[2] in inside)
        )
    )


def folders_with(names: Sequence[str], roots: Sequence[Path]) -> Iterator[Path]:
    """Folders below ``roots`` that hold a library of one of these install names."""
    wanted = {name.rpartition("/")[2] for name in names}
    seen = set()
    for root in roots:
        for path in sorted(root.rglob("*.dylib")):
            if path.name in wanted and path.parent not in seen:
                seen.add(path.parent)
                yield path.parent


def graft(
    wheel: Path, facts: WheelFacts, into: Path, library_roots: Sequence[Path]
) -> tuple[Path, tuple[str, ...]]:
    """Copies the libraries a wheel needs into it.

    Args:
        wheel: As built.
        facts: What it holds.
        into: Empty folder for the repaired wheel.
        library_roots: Folders below which the libraries are looked for.

    Returns:
        The wheel (the given one where nothing is missing) and the names of what was copied in.

    Raises:
        RepairError: A library was not found, or the tool failed.
    """
    missing = external_libraries(facts)
    if not missing:
        return wheel, ()
    folders = list(folders_with(missing, library_roots))
    into.mkdir(parents=True, exist_ok=True)
    status, said = run_tool(_command(wheel, into, folders), _environment(folders))
    repaired = into / wheel.name
    if status != 0 or not repaired.is_file():
        repaired.unlink(missing_ok=True)
        raise RepairError(
            f"{wheel.name} needs {', '.join(missing)}, which could not be copied into it.",
            details=said,
        )
    before = {member.name for member in facts.members}
    after = [member for member in read_wheel(repaired).members if member.slices]
    grafted = tuple(sorted(member.name for member in after if member.name not in before))
    return repaired, grafted


def _command(wheel: Path, into: Path, folders: Sequence[Path]) -> list[str]:
    if sys.platform == "darwin":
        options = ["--require-archs", "arm64", "-w", str(into)]
        return python_program("-m", "delocate.cmd.delocate_wheel", *options, str(wheel))
    options = ["--output-dir", str(into), "--no-sys-paths"]
    options += [word for folder in folders for word in ("--lib-dir", str(folder))]
    return python_program("-m", "repairwheel", *options, str(wheel))


def _environment(folders: Sequence[Path]) -> dict[str, str]:
    if sys.platform == "darwin" and folders:  # delocate looks where dyld would
        return {"DYLD_LIBRARY_PATH": os.pathsep.join(map(str, folders))}
    return {}
