"""What reading an sdist says of its build."""

from __future__ import annotations

from typing import Literal

from orchestrator.model import Value

HazardKind = Literal["old-config-sub", "x86-flags", "old-cmake", "network", "openmp"]


class Library(Value):
    """A native library that a build seems to need.

    Attributes:
        name: As ``data/libraries.toml`` calls it, e.g. ``libpq``.
        evidence: Where it shows, e.g. ``setup.py: pg_config``.
        vendored: Whether the sdist brings its source along.
        certain: Whether a build script asks for it; False: only a source file includes its header,
            which an option may leave out.
    """

    name: str
    evidence: tuple[str, ...]
    vendored: bool = False
    certain: bool = True


class Hazard(Value):
    """Something that often breaks builds like this one.

    Attributes:
        kind: Stable.
        where: File of the sdist.
        message: What it is, and what it leads to.
    """

    kind: HazardKind
    where: str
    message: str


class SdistFacts(Value):
    """What an sdist's files say, without running any of them.

    Attributes:
        backend: PEP 517 build backend; ``setuptools`` for a bare ``setup.py``.
        build_requires: Declared build requirements, PEP 508.
        languages: Of what is compiled: ``c``, ``c++``, ``cython``, ``fortran``, ``rust``.
        libraries: Native libraries that the build seems to need, by name.
        tools: Programs that it seems to run, beyond compilers.
        hazards: What often breaks such builds.
    """

    backend: str = ""
    build_requires: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    libraries: tuple[Library, ...] = ()
    tools: tuple[str, ...] = ()
    hazards: tuple[Hazard, ...] = ()
