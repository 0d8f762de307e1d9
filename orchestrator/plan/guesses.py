"""What a build is guessed to take that was never done on this host, from what is compiled. Pure.

The numbers are rough, and meant for the order of steps and a first idea of the end; they give way
to what builds really took.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.model import Value

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

# Environment, backend, repair, verification.
_AROUND = 8.0
# Seconds for a megabyte of source. What Cython makes of its own is twenty times as long, and C++
# instantiates headers.
_RATES = {"c": 6.0, "c++": 90.0, "cython": 120.0, "fortran": 30.0, "rust": 60.0}
_MEGABYTE = 1 << 20
# They compile as many files at once as there are CPUs; setuptools compiles one after the other.
_PARALLEL = frozenset({"meson-python", "scikit-build-core", "scikit-build", "maturin", "cmake"})
_PARALLEL_CPUS = 64
_LIBRARY_SECONDS = 60.0


class Guess(Value):
    """What a build may take.

    Attributes:
        seconds: On one CPU.
        cpus: That it can keep busy.
    """

    seconds: float
    cpus: int = 1


def guess_wheel(code: Mapping[str, int], build_requires: Collection[str]) -> Guess:
    """Guesses what a wheel takes.

    Args:
        code: Bytes of source, by language.
        build_requires: Names.
    """
    compiling = sum(_RATES.get(language, 0) * size / _MEGABYTE for language, size in code.items())
    parallel = not _PARALLEL.isdisjoint(build_requires)
    return Guess(
        seconds=round(_AROUND + compiling, 1), cpus=_PARALLEL_CPUS if parallel and code else 1
    )


def guess_library() -> Guess:
    """Guesses what a native library takes; its source was not looked at."""
    return Guess(seconds=_LIBRARY_SECONDS, cpus=_PARALLEL_CPUS)
