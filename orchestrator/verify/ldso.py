"""Where Linux's loaders look for libraries (``man ld.so``: DT_RPATH, DT_RUNPATH, ``$ORIGIN``).

Paths are those of ``layout``: relative to the prefix of an imaginary environment.
"""

from __future__ import annotations

import posixpath
import re

_ORIGIN = re.compile(r"\$(?:ORIGIN|\{ORIGIN\})(?=/|$)")


def search_folder(entry: str, holder: str) -> str:
    """The folder that one entry of an RPATH or RUNPATH names.

    Args:
        entry: As the dynamic section spells it.
        holder: Installed path of the file that holds it.

    Returns:
        A path relative to the prefix, or an absolute one; empty where it hangs on the folder in
        which the process happens to run, as an empty or relative entry does.
    """
    origin = _ORIGIN.match(entry)
    if origin:
        rest = entry[origin.end() :].lstrip("/")
        return posixpath.normpath(posixpath.join(posixpath.dirname(holder), rest))
    return posixpath.normpath(entry) if entry.startswith("/") else ""
