"""Repair of macOS wheels: libraries copied in, load commands rewritten, signatures made anew.

By delocate on a Mac, elsewhere by repairwheel, which is delocate over pure-Python tools; both as
programs, because both change the state of the process they run in.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from orchestrator.binary.wheelfile import WheelFacts, read_wheel
from orchestrator.errors import RepairError

SYSTEM_PREFIXES = ("/usr/lib/", "/System/Library/")

RunTool = Callable[[Sequence[str], dict[str, str]], tuple[int, str]]
"""Runs a program with an environment; its exit status and output."""


def run_tool(command: Sequence[str], env: dict[str, str]) -> tuple[int, str]:
    """Runs a repair tool to its end."""
    done = subprocess.run(
        command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


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
    wheel: Path, into: Path, library_roots: Sequence[Path], run: RunTool = run_tool
) -> tuple[Path, tuple[str, ...]]:
    """Copies the libraries a wheel needs into it.

    Args:
        wheel: As built.
        into: Empty folder for the repaired wheel.
        library_roots: Folders below which the libraries are looked for.
        run: Runs the repair tool.

    Returns:
        The wheel (the given one where nothing is missing) and the names of what was copied in.

    Raises:
        RepairError: A library was not found, or the tool failed.
    """
    facts = read_wheel(wheel)
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
    env = dict(os.environ)
    if sys.platform == "darwin" and folders:  # delocate looks where dyld would
        env["DYLD_LIBRARY_PATH"] = os.pathsep.join(map(str, folders))
    return env
