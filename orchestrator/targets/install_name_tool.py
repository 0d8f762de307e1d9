"""``install_name_tool`` for hosts without Apple's: edits a Mach-O in place and signs it again.

The editing is repairwheel's, so that what a build changes and what repair changes are done by the
same code. Run as a file: it imports nothing of orchestrator.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial

# option -> how many words it takes
_OPTIONS = {"-change": 2, "-rpath": 2, "-id": 1, "-add_rpath": 1, "-delete_rpath": 1}

Edit = Callable[[str], None]


def main(arguments: Sequence[str]) -> int:
    """Runs the edits in order; 1 with a message for an option it doesn't know."""
    words = list(arguments)
    edits: list[Edit] = []
    files: list[str] = []
    while words:
        word = words.pop(0)
        if word in _OPTIONS:
            values = [words.pop(0) for _ in range(_OPTIONS[word])]
            edits.append(_edit(word, values))
        elif word.startswith("-"):
            sys.stderr.write(f"install_name_tool: {word} is not supported\n")
            return 1
        else:
            files.append(word)
    for file in files:
        for edit in edits:
            edit(file)
    return 0


def _edit(option: str, values: Sequence[str]) -> Edit:
    """What an option does to a file."""
    # Heavy, and absent on a Mac; the underscored names are what its own repair calls.
    from repairwheel.macos import machotools  # noqa: PLC0415

    def change(file: str) -> None:
        linked = machotools._get_install_names(file).values()  # noqa: SLF001
        if any(values[0] in names for names in linked):
            machotools.set_install_name(file, values[0], values[1])

    def delete(file: str) -> None:
        machotools._delete_rpaths(file, {values[0]})  # noqa: SLF001

    def replace(file: str) -> None:
        delete(file)
        machotools.add_rpath(file, values[1])

    edits: dict[str, Edit] = {
        "-change": change,
        "-rpath": replace,
        "-delete_rpath": delete,
        "-id": partial(machotools.set_install_id, install_id=values[0]),
        "-add_rpath": partial(machotools.add_rpath, newpath=values[0]),
    }
    return edits[option]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
