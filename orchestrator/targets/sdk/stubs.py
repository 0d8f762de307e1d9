"""Writes linker stubs: tapi-tbd version 4, which Apple's linker, LLVM's and zig's read.

Pure: names in, text out. The order is fixed, so the same names give the same bytes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# Programs may replace operator new and delete (C++ standard, [new.delete]), so libc++ exports
# them weak; then the loader looks for a replacement first, as in what Apple's linker makes.
_REPLACEABLE = re.compile(r"__Zn[wa]|__Zd[la]")


def stub_text(install_name: str, target: str, symbols: Iterable[str]) -> str:
    """A stub of one library.

    Args:
        install_name: Path of the library on the target.
        target: Such as ``arm64-macos``.
        symbols: Exported names, with C's leading underscore.
    """
    names = sorted(symbols)
    weak = [name for name in names if _REPLACEABLE.match(name)]
    strong = [name for name in names if not _REPLACEABLE.match(name)]
    lists = [_flow("symbols", strong), _flow("weak-symbols", weak)]
    return "\n".join(
        (
            "--- !tapi-tbd",
            "tbd-version: 4",
            f"targets: [ {target} ]",
            f"install-name: '{install_name}'",
            "exports:",
            f"  - targets: [ {target} ]",
            *(text for text in lists if text),
            "...",
            "",
        )
    )


def _flow(key: str, names: list[str]) -> str:
    # Quoted: a name may hold a dollar sign. No comma before the bracket: zig refuses it.
    return (
        f"    {key}: [ " + ",\n      ".join(f"'{name}'" for name in names) + " ]" if names else ""
    )
