"""Paths of the build machine, taken out of a wheel's Mach-O files.

An absolute rpath or install name outside the system's folders means nothing where the wheel is
installed, and at worst finds another library there (delocate's ``--sanitize-rpaths``).
"""

from __future__ import annotations

import sys
import zipfile
from typing import TYPE_CHECKING

from orchestrator.errors import RepairError
from orchestrator.repair.tools import python_program, run_tool
from orchestrator.targets import install_name_tool
from orchestrator.targets.sdk.symbols import is_system_library

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from orchestrator.binary.wheelfile import Member, WheelFacts


def stray_edits(member: Member) -> tuple[str, ...]:
    """The ``install_name_tool`` options that clean one file; none where it is clean."""
    options: list[str] = []
    for part in member.slices:
        for path in part.rpaths:
            if path.startswith("/") and not is_system_library(f"{path}/"):
                options += ["-delete_rpath", path]
        name = part.install_name
        pathlike = "/" in name and not name.startswith("@")
        if pathlike and not is_system_library(name):
            options += ["-id", f"@rpath/{name.rpartition('/')[2]}"]
    return tuple(options)


def clean(wheel: Path, facts: WheelFacts, into: Path) -> Path:
    """Writes a wheel without stray paths; the given one where there are none.

    Args:
        wheel: The file.
        facts: What it holds.
        into: Folder for the new wheel and the files being edited.

    Raises:
        RepairError: A file could not be edited.
    """
    edits = {member.name: options for member in facts.members if (options := stray_edits(member))}
    if not edits:
        return wheel
    into.mkdir(parents=True, exist_ok=True)
    cleaned = into / wheel.name
    with zipfile.ZipFile(wheel) as old, zipfile.ZipFile(cleaned, "w") as new:
        for info in old.infolist():
            content = old.read(info)
            if info.filename in edits:
                content = _edited(info.filename, content, edits[info.filename], into / "edited")
            new.writestr(info, content, zipfile.ZIP_DEFLATED)
    return cleaned


def _edited(name: str, content: bytes, options: Sequence[str], file: Path) -> bytes:
    file.write_bytes(content)
    if sys.platform == "darwin":
        commands = [
            ["install_name_tool", *options, str(file)],
            ["codesign", "--force", "--sign", "-", str(file)],
        ]
    else:
        commands = [python_program(str(install_name_tool.__file__), *options, str(file))]
    for command in commands:
        status, said = run_tool(command)
        if status:
            raise RepairError(f"{name}: {' '.join(options)} failed.", details=said)
    edited = file.read_bytes()
    file.unlink()
    return edited
