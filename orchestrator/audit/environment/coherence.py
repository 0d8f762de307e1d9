"""What does not go together in one process although each part of it is well: OpenMP and BLAS."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from orchestrator.audit.environment.facts import InstalledFinding
from orchestrator.audit.environment.unloadable import fits
from orchestrator.model import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from orchestrator.audit.environment.facts import Binary, Environment
    from orchestrator.binary.load_commands import Linkage

# LLVM's and Intel's are one runtime: two copies of it in a process end it with OMP Error #15.
_OPENMP = re.compile(r"lib(?P<family>omp|iomp5|gomp)(?=[.-])")
_OPENBLAS = re.compile(r"lib(?P<own>scipy_)?(?:openblas|openblasp)(?P<wide>64_)?(?=[._-])")
_OTHER_BLAS = {
    re.compile(r"libmkl_(?:rt|core)(?=[.-])"): "MKL",
    re.compile(r"libblis(?:-mt)?(?=[.-])"): "BLIS",
    re.compile(r"lib(?:tat|sat|atl|f77bl|cbl)as(?=[.-])"): "ATLAS",
    re.compile(r"libnvpl_blas\w*(?=[.-])"): "NVPL",
}
_ACCELERATE = ("/Accelerate.framework/", "/vecLib.framework/")


class _Copy(Value):
    """A library that a process may load.

    Attributes:
        what: Which one, e.g. ``OpenBLAS LP64``.
        path: Of its file.
        whose: The package that brings or loads it.
    """

    what: str
    path: str
    whose: str


def openmp_copies(environment: Environment) -> Iterator[InstalledFinding]:
    """More than one OpenMP runtime."""
    copies = [*_carried(environment, _openmp), *_from_outside(environment)]
    same = [copy for copy in copies if copy.what != "gomp"]
    clash = len({copy.path for copy in same}) > 1
    counted = same if clash else copies
    files = sorted({copy.path for copy in counted})
    if len(files) > 1:
        effect = "each starts as many threads as there are cores"
        if clash:
            effect = "a process that loads two of them may end with OMP: Error #15, crash or hang"
        yield InstalledFinding(
            code="ENV201",
            severity="warning" if clash else "note",
            message=f"{len(files)} copies of an OpenMP runtime, of {_listed(counted)}: {effect}.",
            files=tuple(files),
            hint=_OPENMP_HINT if clash else _THREADS_HINT,
        )


_OPENMP_HINT = (
    "Take these packages from one source that shares the runtime (conda-forge), or don't load them"
    " in one process. KMP_DUPLICATE_LIB_OK=TRUE hides the error, not its cause."
)
_THREADS_HINT = "If that is too many threads: OMP_NUM_THREADS=1, or the threadpoolctl package."


def blas_builds(environment: Environment) -> Iterator[InstalledFinding]:
    """More than one build of BLAS."""
    copies = [*_carried(environment, _blas), *_accelerate(environment)]
    builds = sorted({copy.what for copy in copies})
    if len(builds) < 2:  # noqa: PLR2004
        return
    # The names of their functions differ, by prefix and suffix, so that none is taken for another.
    apart = all(build.startswith("OpenBLAS") and "scipy" in build for build in builds)
    each = "; ".join(
        f"{build} ({_listed(copy for copy in copies if copy.what == build)})" for build in builds
    )
    yield InstalledFinding(
        code="ENV202",
        severity="note" if apart else "warning",
        message=f"{len(builds)} builds of BLAS: {each}. Each has threads of its own; results differ"
        " in the last digits.",
        files=tuple(sorted({copy.path for copy in copies})),
        hint=_BLAS_MAC_HINT if environment.runtime.os == "macos" else _BLAS_HINT,
    )


_BLAS_HINT = "If that is too many threads: OPENBLAS_NUM_THREADS=1, or the threadpoolctl package."
_BLAS_MAC_HINT = (
    "On macOS 14 and later, take the wheels of numpy and scipy for it (macosx_14_0): both use"
    f" Accelerate. {_BLAS_HINT}"
)


def _carried(environment: Environment, name_of: Callable[[str], str]) -> Iterator[_Copy]:
    """Libraries that packages bring; ``name_of`` names those that count."""
    for binary in environment.binaries:
        if binary.role == "library" and fits(binary, environment.runtime):
            what = name_of(binary.name)
            if what:
                yield _Copy(what=what, path=binary.path, whose=_whose(binary))


def _openmp(name: str) -> str:
    match = _OPENMP.match(name)
    return match["family"] if match else ""


def _blas(name: str) -> str:
    if match := _OPENBLAS.match(name):
        own = " (scipy's names)" if match["own"] else ""
        return f"OpenBLAS {'ILP64' if match['wide'] else 'LP64'}{own}"
    return next((what for pattern, what in _OTHER_BLAS.items() if pattern.match(name)), "")


def _accelerate(environment: Environment) -> Iterator[_Copy]:
    for binary, linkage in _linkages(environment):
        for path in linkage.libraries:
            if any(framework in path for framework in _ACCELERATE):
                yield _Copy(what="Accelerate", path=path, whose=_whose(binary))


def _from_outside(environment: Environment) -> Iterator[_Copy]:
    """OpenMP runtimes that Mach-O files load from elsewhere, such as Homebrew's."""
    own = {binary.path for binary in environment.binaries}
    for binary, linkage in _linkages(environment):
        for path in linkage.libraries:
            what = _openmp(path.rsplit("/", 1)[-1])
            places = list(_places(path, binary, linkage, environment.root))
            if what and places and not own.intersection(places):
                outside = [place for place in places if place.startswith("/")]
                yield _Copy(what=what, path=(*outside, path)[0], whose=_whose(binary))


def _places(path: str, binary: Binary, linkage: Linkage, root: str) -> Iterator[str]:
    """Where the loader looks for a library: below the root without it, elsewhere absolute."""
    spelled = [path]
    if path.startswith("@rpath/"):
        spelled = [posixpath.join(rpath, path.removeprefix("@rpath/")) for rpath in linkage.rpaths]
    folder = posixpath.dirname(binary.path)
    for place in spelled:
        whole = place.replace("@loader_path", folder or ".")
        yield posixpath.normpath(whole).removeprefix(f"{root}/")


def _linkages(environment: Environment) -> Iterator[tuple[Binary, Linkage]]:
    machine = environment.runtime.machine
    for binary in environment.binaries:
        yield from ((binary, item) for item in binary.linkage if item.arch == machine)


def _whose(binary: Binary) -> str:
    """The package of a file, else the folder it lies in."""
    return binary.owner.name if binary.owner else posixpath.dirname(binary.path) or binary.name


def _listed(copies: Iterable[_Copy]) -> str:
    return ", ".join(sorted({copy.whose for copy in copies}))
