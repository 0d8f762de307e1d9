#!/usr/bin/env python3
"""Writes orchestrator/verify/data/libc.json: names that Linux's C libraries define.

    scripts/data/libc_symbols.py GLIBC MUSL...

GLIBC is a folder with glibc's libraries, from before 2.34 joined them (Debian bullseye's libc6,
unpacked). A MUSL folder is named for its version and holds the ``libc.so`` that was built from
that tag of musl's sources (``./configure && make lib/libc.so``), oldest first. Both are aarch64's;
x86_64's have the same names but for three system calls that no header declares elsewhere.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from orchestrator.binary.elf import read_elf  # noqa: E402 - the path comes first

OUTPUT = ROOT / "orchestrator/verify/data/libc.json"
# Libraries that every CPython has loaded, whether a module is linked against them or not.
LOADED = ("libm.so.6", "libpthread.so.0", "libdl.so.2", "libutil.so.1", "librt.so.1")
X86 = {"arch_prctl", "ioperm", "iopl"}


def exported(library: Path) -> frozenset[str]:
    return read_elf(library.read_bytes()).exports


def main() -> None:
    glibc, *musls = map(Path, sys.argv[1:])
    loaded = frozenset().union(*(exported(glibc / name) for name in LOADED))
    versions = {item for item in loaded if item.startswith("GLIBC_")}
    musl: dict[str, str] = {}
    seen: set[str] = set(X86)
    for folder in musls:
        names = exported(folder / "libc.so") - seen
        if not musl:
            names |= X86
        if names:
            musl[folder.name] = " ".join(sorted(names))
        seen |= names
    data = {"glibc": " ".join(sorted(loaded - versions)), "musl": musl}
    OUTPUT.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    print(f"{OUTPUT}: {len(loaded)} names of glibc's, {len(seen)} of musl's")


if __name__ == "__main__":
    main()
