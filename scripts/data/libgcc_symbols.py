#!/usr/bin/env python3
"""Writes orchestrator/targets/data/libgcc_s.ARCH.txt: what modules may take from libgcc_s.so.1.

Usage: scripts/data/libgcc_symbols.py ARCH LIBRARY

LIBRARY is that architecture's libgcc_s.so.1, e.g. out of Debian's package libgcc-s1. Kept is all
that manylinux_2_17 has. Wanted are the unwinder and the arithmetic of quadruple precision; but
zig's own runtime is a single object, and one name of it that nothing else defines (numpy's
__udivti3) would bring its quadruple precision along.
"""

import re
import sys

import lief
from symbol_tables import ROOT

NEWEST = (4, 7, 0)


def version_of(text: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", text)))


def main(arch: str, library: str) -> None:
    binary = lief.ELF.parse(library)
    found: dict[str, list[str]] = {}
    for symbol in binary.exported_symbols:
        # A hidden version is only for programs that were linked when it was the newest.
        if symbol.symbol_version is None or symbol.symbol_version.value & 0x8000:
            continue
        version = symbol.symbol_version.symbol_version_auxiliary.name
        known = version.startswith("GLIBC_") or version_of(version) <= NEWEST
        if known:
            found.setdefault(version, []).append(symbol.name)
    lines = [f"# libgcc_s.so.1 of {arch}, by scripts/data/libgcc_symbols.py"]
    for version in sorted(found, key=lambda text: (text.startswith("GLIBC_"), version_of(text))):
        lines += [f"@ {version}", *sorted(found[version])]
    path = ROOT / "orchestrator" / "targets" / "data" / f"libgcc_s.{arch}.txt"
    path.write_text("\n".join(lines) + "\n", encoding="ascii")
    print(f"{path.relative_to(ROOT)}: {sum(map(len, found.values()))} symbols")


if __name__ == "__main__":
    main(*sys.argv[1:])
