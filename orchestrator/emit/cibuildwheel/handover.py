"""What is handed over to cibuildwheel, and the files that say it."""

from __future__ import annotations

from typing import Literal

from orchestrator.errors import NotHandedOverError
from orchestrator.model import BuildSettings, Interpreter, Source, Target, Value

_FIRST_FREE_THREADED = 14
_IMAGES = {
    "glibc": {(2, 17): "manylinux2014", (2, 28): "manylinux_2_28", (2, 34): "manylinux_2_34"},
    "musl": {(1, 2): "musllinux_1_2"},
}


class HandedLibrary(Value):
    """A native library: its pinned source, and how its recipe builds it."""

    source: Source
    settings: BuildSettings


class Handed(Value):
    """One target of a package.

    Attributes:
        target: What the wheel is for.
        settings: Of the recipes.
        constraints: Of build requirements, PEP 508.
        libraries: Native libraries that the recipe names, each behind those it needs.
    """

    target: Target
    settings: BuildSettings
    constraints: tuple[str, ...] = ()
    libraries: tuple[HandedLibrary, ...] = ()

    @property
    def system(self) -> Literal["macos", "linux"]:
        """The table of the configuration."""
        return self.target.platform.os

    @property
    def identifier(self) -> str:
        """As cibuildwheel names the build, e.g. ``cp311-macosx_arm64``.

        Raises:
            NotHandedOverError: cibuildwheel has no such build.
        """
        platform = self.target.platform
        family = {"": "macosx", "glibc": "manylinux", "musl": "musllinux"}[platform.libc]
        return f"{_python(self.target.interpreter)}-{family}_{platform.arch}"

    @property
    def image(self) -> str:
        """The container image, as cibuildwheel names it: the newest that is old enough.

        Raises:
            NotHandedOverError: There is none.
        """
        platform = self.target.platform
        known = _IMAGES.get(platform.libc, {})
        fitting = [version for version in known if version <= platform.minimum]
        if not fitting:
            raise NotHandedOverError(f"cibuildwheel has no image for {platform.tag}.")
        return known[max(fitting)]


def _python(interpreter: Interpreter) -> str:
    if interpreter.free_threaded and interpreter.minor < _FIRST_FREE_THREADED:
        raise NotHandedOverError(
            f"cibuildwheel builds no wheels for CPython {interpreter.version}.",
            hint="Free-threaded builds start at 3.14t there; orchestrate itself builds for 3.13t.",
        )
    return interpreter.abi_tag


class Handover(Value):
    """A package and its targets.

    Attributes:
        source: Pinned.
        targets: At least one.
        pyproject: Text that replaces the source's ``pyproject.toml``; empty: it stays.
    """

    source: Source
    targets: tuple[Handed, ...]
    pyproject: str = ""


class EmittedFile(Value):
    """A file to write: its path below the folder, with ``/``, and its content."""

    path: str
    content: bytes
