"""``install_name_tool`` for hosts without Apple's: edits a Mach-O in place and signs it again.

The editing is repairwheel's, so that what a build changes and what repair changes are done by the
same code. Run as ``python -m orchestrator.targets.install_name_tool``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

_TWO_VALUES = ("-change", "-rpath")
_ONE_VALUE = ("-id", "-add_rpath", "-delete_rpath")


def main(arguments: Sequence[str]) -> int:
    """Runs the edits in order; 1 with a message for an option it doesn't know."""
    from repairwheel.macos import machotools  # noqa: PLC0415 (heavy, and absent on a Mac)

    words = list(arguments)
    edits: list[tuple[str, ...]] = []
    files: list[str] = []
    while words:
        word = words.pop(0)
        if word in _TWO_VALUES:
            edits.append((word, words.pop(0), words.pop(0)))
        elif word in _ONE_VALUE:
            edits.append((word, words.pop(0)))
        elif word.startswith("-"):
            sys.stderr.write(f"install_name_tool: {word} is not supported\n")
            return 1
        else:
            files.append(word)
    for file in files:
        for edit in edits:
            match edit:
                case ("-change", old, new):
                    if old in {
                        n for names in machotools._get_install_names(file).values() for n in names
                    }:  # noqa: SLF001
                        machotools.set_install_name(file, old, new)
                case ("-id", name):
                    machotools.set_install_id(file, name)
                case ("-add_rpath", path):
                    machotools.add_rpath(file, path)
                case ("-delete_rpath", path):
                    machotools._delete_rpaths(file, {path})  # noqa: SLF001
                case ("-rpath", old, new):
                    machotools._delete_rpaths(file, {old})  # noqa: SLF001
                    machotools.add_rpath(file, new)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
