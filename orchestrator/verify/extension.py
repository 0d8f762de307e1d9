"""What the file name of an extension module says (PEP 3149)."""

from __future__ import annotations

import re

from orchestrator.model import Interpreter, Value

_FILE = re.compile(r"(?P<module>[^./]+)(?:\.(?P<suffix>[\w.-]+))?\.so", re.ASCII)
_CPYTHON = re.compile(r"cpython-(\d)(\d+)(t?)d?(?:-(.+))?", re.ASCII)


class Extension(Value):
    """What the file name of an extension module says (PEP 3149).

    Attributes:
        module: Its name without the package's.
        suffix: Between the name and ``.so``, e.g. ``cpython-311-darwin``; may be empty.
        interpreter: The only CPython that looks for this suffix, or None.
        platform: The rest of the suffix, e.g. ``darwin`` or ``aarch64-linux-gnu``.
    """

    module: str
    suffix: str
    interpreter: Interpreter | None = None
    platform: str = ""


def extension(path: str) -> Extension | None:
    """What the name of a file in the wheel says, or None where Python would not import it."""
    match = _FILE.fullmatch(path.rsplit("/", 1)[-1])
    if not match:
        return None
    suffix = match["suffix"] or ""
    found = _CPYTHON.fullmatch(suffix)
    if not found:
        return Extension(module=match["module"], suffix=suffix)
    return Extension(
        module=match["module"],
        suffix=suffix,
        interpreter=Interpreter(
            major=int(found[1]), minor=int(found[2]), free_threaded=bool(found[3])
        ),
        platform=found[4] or "",
    )
