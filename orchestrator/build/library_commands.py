"""The commands that configure, build and install a native library. Pure: a recipe in, words out.

A library is configured for ``PREFIX``, a folder that no machine has, and installed below another
one (``DESTDIR``): what it writes into its files is the same wherever it was built, and is replaced
where a package is built with it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.model import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orchestrator.model import LibraryBuild

PREFIX = "/opt/orchestrator"


class Command(Value):
    """A program to run: its words, the folder it runs in, and its DESTDIR where it takes one."""

    words: tuple[str, ...]
    folder: Path
    destination: str = ""


class Places(Value):
    """Where a library is built.

    Attributes:
        source: Its patched source; its build files may lie deeper.
        work: Folder for what is compiled, where the build system takes one; not there yet.
        stage: Folder below which it is installed.
        needs: Folder of the libraries that it needs.
        meson_cross_file: Of the kit; None: the build is native.
        triples: GNU triples of the target and of this machine.
        jobs: How many compilers may run at a time.
    """

    source: Path
    work: Path
    stage: Path
    needs: Path
    meson_cross_file: Path | None
    triples: tuple[str, str]
    jobs: int


def substituted(text: str, places: Places) -> str:
    """A recipe's word with its places filled in."""
    host, build = places.triples
    values = {"prefix": PREFIX, "needs": str(places.needs), "host": host, "build": build}
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def library_commands(build: LibraryBuild, places: Places) -> tuple[Command, ...]:
    """The commands in their order; the first configures."""
    systems: Mapping[str, Callable[[LibraryBuild, Places], tuple[Command, ...]]] = {
        "cmake": _cmake,
        "autotools": _autotools,
        "meson": _meson,
        "make": _make,
    }
    return systems[build.system](build, places)


def _words(words: tuple[str, ...], places: Places) -> tuple[str, ...]:
    return tuple(substituted(word, places) for word in words)


def _cmake(build: LibraryBuild, places: Places) -> tuple[Command, ...]:
    source, work = places.source / build.folder, str(places.work)
    shared = "ON" if build.linking == "shared" else "OFF"
    options = {
        "CMAKE_BUILD_TYPE": "Release",
        "CMAKE_INSTALL_PREFIX": PREFIX,
        "CMAKE_INSTALL_LIBDIR": "lib",
        "CMAKE_INSTALL_NAME_DIR": "@rpath",
        "CMAKE_POSITION_INDEPENDENT_CODE": "ON",
        "BUILD_SHARED_LIBS": shared,
    }
    defined = (f"-D{name}={value}" for name, value in options.items())
    arguments = (*defined, *_words(build.arguments, places))
    return (
        Command(
            words=("cmake", "-S", str(source), "-B", work, "-G", "Ninja", *arguments), folder=source
        ),
        Command(words=("cmake", "--build", work, "-j", str(places.jobs)), folder=source),
        Command(words=("cmake", "--install", work), folder=source, destination=str(places.stage)),
    )


def _autotools(build: LibraryBuild, places: Places) -> tuple[Command, ...]:
    host, machine = places.triples
    other = "static" if build.linking == "shared" else "shared"
    configure = (
        "sh",
        "./configure",
        f"--prefix={PREFIX}",
        f"--libdir={PREFIX}/lib",
        f"--host={host}",
        f"--build={machine}",
        f"--enable-{build.linking}",
        f"--disable-{other}",
        *(("--with-pic",) if build.linking == "static" else ()),
        *_words(build.arguments, places),
    )
    folder = places.source / build.folder
    return (Command(words=configure, folder=folder), *_made(build, places, ()))


def _make(build: LibraryBuild, places: Places) -> tuple[Command, ...]:
    configure = _words(build.configure, places)
    first = (Command(words=configure, folder=places.source / build.folder),) if configure else ()
    return (*first, *_made(build, places, _words(build.arguments, places)))


def _made(build: LibraryBuild, places: Places, arguments: tuple[str, ...]) -> tuple[Command, ...]:
    """What make does, and installs."""
    folder = places.source / build.folder
    targets = _words(build.targets, places)
    installed = [_words(tuple(line.split()), places) for line in build.install or ("install",)]
    return (
        Command(words=("make", f"-j{places.jobs}", *arguments, *targets), folder=folder),
        *(
            Command(words=("make", *arguments, *words, f"DESTDIR={places.stage}"), folder=folder)
            for words in installed
        ),
    )


def _meson(build: LibraryBuild, places: Places) -> tuple[Command, ...]:
    source, work = places.source / build.folder, str(places.work)
    cross = (f"--cross-file={places.meson_cross_file}",) if places.meson_cross_file else ()
    setup = (
        "meson",
        "setup",
        work,
        str(source),
        f"--prefix={PREFIX}",
        "--libdir=lib",
        "--buildtype=release",
        f"-Ddefault_library={build.linking}",
        *cross,
        *_words(build.arguments, places),
    )
    install = ("meson", "install", "-C", work, "--no-rebuild", f"--destdir={places.stage}")
    return (
        Command(words=setup, folder=source),
        Command(words=("ninja", "-C", work, f"-j{places.jobs}"), folder=source),
        Command(words=install, folder=source),
    )
