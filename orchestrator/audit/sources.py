"""Which files of an sdist tell of its build, and what is kept of them. Pure.

An sdist holds thousands of files. The build scripts are kept as text; of the sources only what they
include; of all others the name.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Literal

from orchestrator.build.evidence import ELSEWHERE
from orchestrator.model import Value

MAX_SCRIPT = 1 << 19
HEAD_OF_SOURCE = 1 << 15  # includes stand at the top

# Code there is somebody else's: its build scripts ask for what this package may not need.
_VENDORED = frozenset(
    {"third_party", "thirdparty", "3rdparty", "third-party", "vendor", "vendored", "vendors"}
    | {
        "extern",
        "external",
        "externals",
        "external_libs",
        "deps",
        "subprojects",
        "contrib",
        "bundled",
        "submodules",
    }
)
_SCRIPTS = frozenset(
    {"setup.py", "setup.cfg", "pyproject.toml", "CMakeLists.txt", "meson.build", "Cargo.toml"}
)
_BUILD_SCRIPT = re.compile(r"setup|build")
_DEEPEST_SCRIPT = 3
LANGUAGES = {
    "c": "c",
    "cc": "c++",
    "cpp": "c++",
    "cxx": "c++",
    "m": "objective-c",
    "mm": "objective-c",
    "pyx": "cython",
    "i": "c",  # swig
    "f": "fortran",
    "f77": "fortran",
    "f90": "fortran",
    "f95": "fortran",
    "rs": "rust",
}
_INCLUDING = frozenset(LANGUAGES) - {"rs"} | {"h", "hh", "hpp", "hxx", "pxd", "pxi"}
_INCLUDE = re.compile(
    rb"^[ \t]*#[ \t]*include[ \t]*[<\"]([\w./+-]+)[>\"]|"
    rb"^[ \t]*cdef extern from [\"']<?([\w./+-]+)>?[\"']",
    re.MULTILINE,
)


class Sources(Value):
    """What is kept of an sdist's files.

    Attributes:
        names: Of all files, below the archive's top folder, with ``/``.
        scripts: Texts of the build scripts, by name.
        includes: Headers that sources include, as they spell them, each with the first that does.
    """

    names: tuple[str, ...]
    scripts: dict[str, str]
    includes: dict[str, str]


def kind_of(name: str, size: int) -> Literal["script", "source", "neither"]:
    """How a file is read.

    Args:
        name: Below the archive's top folder.
        size: Bytes.
    """
    path = PurePosixPath(name)
    if path.name == "config.sub" and size <= MAX_SCRIPT:
        return "script"
    folders = set(path.parts[:-1])
    if folders & (ELSEWHERE | _VENDORED):
        return "neither"
    if size <= MAX_SCRIPT and _is_script(path):
        return "script"
    # cffi's builders hold C in strings.
    is_cffi = path.suffix == ".py" and "cffi" in name
    return "source" if is_cffi or path.suffix[1:].lower() in _INCLUDING else "neither"


def included(head: bytes) -> tuple[str, ...]:
    """The headers that a source includes, by its first bytes."""
    return tuple((one or other).decode() for one, other in _INCLUDE.findall(head))


def endings(names: tuple[str, ...]) -> frozenset[str]:
    """The endings, without the dot, of the files that may be part of the package."""
    return frozenset(
        path.suffix[1:].lower()
        for path in map(PurePosixPath, names)
        if not ELSEWHERE.intersection(path.parts[:-1])
    )


def _is_script(path: PurePosixPath) -> bool:
    depth = len(path.parts)
    if path.name in _SCRIPTS:
        return depth <= _DEEPEST_SCRIPT
    # What setup.py imports: setupinfo.py, build_ffi.py, _build_utils/openmp_helpers.py.
    if path.suffix == ".py":
        return depth == 1 or (depth <= _DEEPEST_SCRIPT and bool(_BUILD_SCRIPT.search(str(path))))
    return path.suffix == ".cmake" and depth <= _DEEPEST_SCRIPT
