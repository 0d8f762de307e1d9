"""Where macOS's loader looks for libraries (``man dyld``: ``@loader_path``, ``@rpath`` …).

Paths are those of ``layout``: relative to the prefix of an imaginary environment.
"""

from __future__ import annotations

import posixpath

# delocate writes this folder into LC_ID_DYLIB of the libraries it copies in; nothing is there.
PLACEHOLDER = "/DLC/"


def candidates(path: str, loader: str, rpaths: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    """The places where dyld looks for a library.

    Args:
        path: As the load command spells it.
        loader: Installed path of the file that holds the load command.
        rpaths: LC_RPATH entries, each with the installed path of the file that holds it.

    Returns:
        Absolute paths, and paths relative to the prefix (without a leading slash).
    """
    if path.startswith("@rpath/"):
        rest = path.removeprefix("@rpath/")
        places = (_expand(f"{rpath}/{rest}", holder) for rpath, holder in rpaths)
        return tuple(dict.fromkeys(place for place in places if place))
    place = _expand(path, loader)
    return (place,) if place else ()


def _expand(path: str, holder: str) -> str:
    """Resolves ``@loader_path``; what hangs on the running executable or folder is empty."""
    if path.startswith("/"):
        return posixpath.normpath(path)
    start, _, rest = path.partition("/")
    # In a program, @executable_path is its own folder; in a module it is the interpreter's.
    if start == "@loader_path" or (start == "@executable_path" and holder.startswith("bin/")):
        return posixpath.normpath(posixpath.join(posixpath.dirname(holder), rest))
    return ""
