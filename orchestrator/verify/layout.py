"""Where a wheel's files lie once installed, and where macOS's loader looks for libraries.

The rules are those of PEP 427 (installation) and of dyld (``man dyld``: ``@loader_path``,
``@executable_path``, ``@rpath``). Paths are relative to the prefix of an imaginary environment;
its site-packages is as deep as a real one's, which is all that relative paths depend on.
"""

from __future__ import annotations

import posixpath

SITE_PACKAGES = "lib/python3/site-packages"
# delocate writes this folder into LC_ID_DYLIB of the libraries it copies in; nothing is there.
PLACEHOLDER = "/DLC/"
_SCHEMES = {
    "platlib": SITE_PACKAGES,
    "purelib": SITE_PACKAGES,
    "scripts": "bin",
    "data": ".",
    "headers": "include",
}


def installed_path(name: str, dist_info: str) -> str:
    """Where the member ``name`` of a wheel ends up, relative to the environment's prefix."""
    data = dist_info.removesuffix(".dist-info") + ".data/"
    if name.startswith(data):
        scheme, _, rest = name.removeprefix(data).partition("/")
        return posixpath.normpath(f"{_SCHEMES.get(scheme, SITE_PACKAGES)}/{rest}")
    return posixpath.normpath(f"{SITE_PACKAGES}/{name}")


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
