"""Whether a source tree holds code to compile, judged by reading it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_SOURCES = frozenset({".c", ".cc", ".cpp", ".cxx", ".pyx", ".rs", ".f", ".f90", ".m", ".mm"})
# How build scripts say that they compile extension modules.
SPEAKS_OF_EXTENSIONS = re.compile(
    r"ext_modules|ext-modules|Extension\(|cffi_modules|rust_extensions|CMakeExtension|"
    r"scikit_build_core|scikit-build|skbuild|mesonpy|maturin|Pybind11Extension|cythonize\(|"
    r"numpy\.distutils"
)
_SCRIPTS = ("setup.py", "setup.cfg", "pyproject.toml")
# Code there is never part of the package.
ELSEWHERE = frozenset(
    {"test", "tests", "testing", "doc", "docs", "examples", "example", "demo", "demos"}
    | {"benchmarks", "benchmark", "sample", "samples"}
)


def holds_extensions(tree: Path) -> bool:
    """Whether its build scripts speak of extension modules and there are sources for them."""
    says_so = any(
        SPEAKS_OF_EXTENSIONS.search((tree / name).read_text(encoding="utf-8", errors="replace"))
        for name in _SCRIPTS
        if (tree / name).is_file()
    )
    return says_so and any(
        path.suffix in _SOURCES and not ELSEWHERE.intersection(path.relative_to(tree).parts)
        for path in tree.rglob("*")
    )
