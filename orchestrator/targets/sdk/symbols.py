"""Which symbols the libraries of macOS export, version by version, on arm64.

The tables under ``data`` are facts gathered by ``scripts/data``: from the ``libSystem`` stubs and
headers of ten SDKs, from libc++'s sources of ten LLVMs, and from what official wheels import. A
symbol stands under the oldest macOS that is known to have it.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

ACCELERATE = "/System/Library/Frameworks/Accelerate.framework/Versions/A/Accelerate"
_VECLIB = (
    "/System/Library/Frameworks/Accelerate.framework/Versions/A/Frameworks/vecLib.framework"
    "/Versions/A/vecLib"
)

# Install name -> table.
TABLES = {
    "/usr/lib/libSystem.B.dylib": "libSystem",
    "/usr/lib/libc++.1.dylib": "libc++",
    "/usr/lib/libc++abi.dylib": "libc++abi",
    "/usr/lib/libz.1.dylib": "libz",
    "/usr/lib/libiconv.2.dylib": "libiconv",
    ACCELERATE: "Accelerate",
    _VECLIB: "Accelerate",
}
# Prefixes of what only macOS can put there: System Integrity Protection guards them. (/usr/local
# is the user's.)
_SYSTEM = ("/usr/lib/", "/System/Library/", "/System/iOSSupport/")


@lru_cache
def available_symbols(install_name: str, minimum: tuple[int, int]) -> frozenset[str] | None:
    """Symbols that a library of macOS exports on arm64.

    Args:
        install_name: Path of the library, e.g. ``/usr/lib/libSystem.B.dylib``; what it re-exports
            counts as its own.
        minimum: macOS version (major, minor).

    Returns:
        Names with C's leading underscore; None where the library is in no table.
    """
    table = TABLES.get(install_name)
    if table is None:
        return None
    return frozenset().union(*(names for since, names in _table(table) if since <= minimum))


def is_system_library(path: str) -> bool:
    """Whether macOS itself has libraries at this absolute path."""
    return path.startswith(_SYSTEM)


@lru_cache
def _table(name: str) -> tuple[tuple[tuple[int, int], tuple[str, ...]], ...]:
    """Sections of a table: under ``@ MAJOR.MINOR`` the symbols that came with that macOS."""
    path = resources.files(__package__) / "data" / f"{name}.txt"
    _, *sections = path.read_text(encoding="utf-8").split("\n@ ")
    parsed = []
    for section in sections:
        version, *names = section.split()
        major, _, minor = version.partition(".")
        parsed.append(((int(major), int(minor)), tuple(names)))
    return tuple(parsed)
