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
from orchestrator.repair.tools import SYSTEM_PREFIXES, RunTool, inherited_env, run_tool

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
        if not library.path.startswith(SYSTEM_PREFIXES)
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
    wheel: Path,
    facts: WheelFacts,
    into: Path,
    library_roots: Sequence[Path],
    run: RunTool = run_tool,
) -> tuple[Path, tuple[str, ...]]:
    """Copies the libraries a wheel needs into it.

    Args:
        wheel: As built.
        facts: What it holds.
        into: Empty folder for the repaired wheel.
        library_roots: Folders below which the libraries are looked for.
        run: Runs the repair tool.

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
    status, output = run(_command(wheel, into, folders), _environment(folders))
    repaired = into / wheel.name
    if status != 0 or not repaired.is_file():
        repaired.unlink(missing_ok=True)
        lines = [line for line in output.splitlines() if line.strip()]
        raise RepairError(
            f"{wheel.name} needs {', '.join(missing)}, which could not be copied into it.",
            details=tuple(lines[-6:]),
        )
    before = {member.name for member in facts.members}
    after = [member for member in read_wheel(repaired).members if member.slices]
    grafted = tuple(sorted(member.name for member in after if member.name not in before))
    return repaired, grafted


def _command(wheel: Path, into: Path, folders: Sequence[Path]) -> list[str]:
    if sys.platform == "darwin":
        module = "delocate.cmd.delocate_wheel"
        return [
            sys.executable,
            "-m",
            module,
            "--require-archs",
            "arm64",
            "-w",
            str(into),
            str(wheel),
        ]
    options = [word for folder in folders for word in ("--lib-dir", str(folder))]
    tool = [sys.executable, "-m", "repairwheel", "--output-dir", str(into), "--no-sys-paths"]
    return [*tool, *options, str(wheel)]


def _environment(folders: Sequence[Path]) -> dict[str, str]:
    env = inherited_env()
    if sys.platform == "darwin" and folders:  # delocate looks where dyld would
        env["DYLD_LIBRARY_PATH"] = os.pathsep.join(map(str, folders))
    return env
