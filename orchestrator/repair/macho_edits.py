"""Paths of the build machine, taken out of a wheel's Mach-O files.

An absolute rpath or install name outside the system's folders means nothing where the wheel is
installed, and at worst finds another library there (delocate's ``--sanitize-rpaths``).
"""

from __future__ import annotations

import sys
import zipfile
from typing import TYPE_CHECKING

from orchestrator.errors import RepairError
from orchestrator.repair.bench import python_program
from orchestrator.targets import install_name_tool
from orchestrator.targets.sdk.symbols import is_system_library

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from orchestrator.binary.member import Member
    from orchestrator.binary.wheelfile import WheelFacts
    from orchestrator.repair.bench import Bench


def options_for(member: Member) -> tuple[str, ...]:
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


def edits(wheel: Path, facts: WheelFacts, bench: Bench) -> dict[str, Path]:
    """Members of a wheel without stray paths: those that had any, and files with what they become.

    Raises:
        RepairError: A file could not be edited.
    """
    wanted = {member.name: words for member in facts.members if (words := options_for(member))}
    if not wanted:
        return {}
    folder = bench.folder("edited")
    edited = {}
    with zipfile.ZipFile(wheel) as archive:
        for number, (name, options) in enumerate(wanted.items()):
            file = folder / str(number)
            file.write_bytes(archive.read(name))
            edit(name, file, options, bench)
            edited[name] = file
    return edited


def edit(name: str, file: Path, options: Sequence[str], bench: Bench) -> None:
    """Changes a Mach-O file with options of ``install_name_tool``, and signs it again.

    Args:
        name: What to call it.
        file: It is changed in its place.
        options: Of the tool.
        bench: Runs it.

    Raises:
        RepairError: It could not be edited.
    """
    if sys.platform == "darwin":
        commands = [
            ["install_name_tool", *options, str(file)],
            ["codesign", "--force", "--sign", "-", str(file)],
        ]
    else:
        commands = [python_program(str(install_name_tool.__file__), *options, str(file))]
    for command in commands:
        status, said = bench.run(command)
        if status:
            raise RepairError(f"{name}: {' '.join(options)} failed.", details=said)
