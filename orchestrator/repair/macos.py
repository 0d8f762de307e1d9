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
from orchestrator.repair import macho_edits
from orchestrator.repair.bench import python_program
from orchestrator.repair.mended import Mended
from orchestrator.targets.sdk.symbols import is_system_library

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from orchestrator.repair.bench import Bench


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


def mend(wheel: Path, facts: WheelFacts, library_roots: Sequence[Path], bench: Bench) -> Mended:
    """Makes a macOS wheel self-contained, and free of the build machine's paths.

    Args:
        wheel: As built.
        facts: What it holds.
        library_roots: Folders below which the libraries are looked for.
        bench: Runs the tools.

    Raises:
        RepairError: A library was not found, or a tool failed.
    """
    missing = external_libraries(facts)
    if not missing:
        return Mended(path=wheel, edits=macho_edits.edits(wheel, facts, bench))
    repaired = _graft(wheel, missing, list(folders_with(missing, library_roots)), bench)
    before = {member.name for member in facts.members}
    facts = read_wheel(repaired)
    binaries = (member.name for member in facts.members if member.slices)
    return Mended(
        path=repaired,
        grafted=tuple(sorted(name for name in binaries if name not in before)),
        edits=macho_edits.edits(repaired, facts, bench),
    )


def _graft(wheel: Path, missing: Sequence[str], folders: Sequence[Path], bench: Bench) -> Path:
    """Copies the libraries a wheel needs into it."""
    into = bench.folder("grafted")
    env = {**os.environ, **_environment(folders)}
    status, said = bench.run(_command(wheel, into, folders), env)
    repaired = into / wheel.name
    if status != 0 or not repaired.is_file():
        raise RepairError(
            f"{wheel.name} needs {', '.join(missing)}, which could not be copied into it.",
            details=said,
        )
    return repaired


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
