"""Where the shared libraries lie that an ELF file needs."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from orchestrator.binary.elf import read_elf
from orchestrator.binary.kind import BadBinaryError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


def library_folders(names: Iterable[str], machine: str, roots: Sequence[Path]) -> tuple[Path, ...]:
    """Folders that hold libraries of these names, or those that such libraries need in turn.

    Args:
        names: As DT_NEEDED spells them.
        machine: What they must be compiled for.
        roots: Folders below which they are looked for; the first come first.
    """
    files = defaultdict(list)
    for root in roots:
        for path in sorted(root.absolute().rglob("*.so*")):
            if path.is_file():
                files[path.name].append(path)
    folders: dict[Path, None] = {}
    wanted, seen = list(names), set(names)
    for name in wanted:  # grows while it is read
        for path in files[name]:
            needed = _needed(path, machine)
            if needed is not None:
                folders[path.parent] = None
                wanted += [other for other in needed if other not in seen]
                seen.update(needed)
    return tuple(folders)


def _needed(path: Path, machine: str) -> tuple[str, ...] | None:
    """What a library needs; None where it is none for this machine."""
    try:
        elf = read_elf(path.read_bytes())
    except BadBinaryError:
        return None
    return elf.needed if elf.machine == machine else None
