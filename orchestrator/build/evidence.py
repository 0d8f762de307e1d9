"""Whether a source tree holds code to compile, judged by reading it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_SOURCES = frozenset({".c", ".cc", ".cpp", ".cxx", ".pyx", ".rs", ".f", ".f90", ".m", ".mm"})
# How build scripts say that they compile extension modules.
_SAYS_SO = re.compile(
    r"ext_modules|Extension\(|cffi_modules|rust_extensions|CMakeExtension|"
    r"scikit_build_core|scikit-build|mesonpy|maturin|Pybind11Extension|cythonize\("
)
_SCRIPTS = ("setup.py", "setup.cfg", "pyproject.toml")
_ELSEWHERE = frozenset({"test", "tests", "doc", "docs", "examples", "example", "benchmarks"})


def holds_extensions(tree: Path) -> bool:
    """Whether its build scripts speak of extension modules and there are sources for them."""
    says_so = any(
        _SAYS_SO.search((tree / name).read_text(encoding="utf-8", errors="replace"))
        for name in _SCRIPTS
        if (tree / name).is_file()
    )
    return says_so and any(
        path.suffix in _SOURCES and not _ELSEWHERE.intersection(path.relative_to(tree).parts)
        for path in tree.rglob("*")
    )
