"""CPython for musl, compiled here: no archive that apt knows has one.

Debian has musl, and the sources of Python, zlib and libffi; zig compiles for musl on any host. What
comes out has no OpenSSL, SQLite, bzip2 or lzma: it is there to import wheels and run their tests.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.emulator.debian import fetch_packages, fetch_source
from orchestrator.emulator.making import NEWEST_STABLE, RELEASES, Made, Making, run_tool
from orchestrator.errors import EmulatorSetupError, InterpreterNotFoundError
from orchestrator.model import Value
from orchestrator.targets.interpreters import find_interpreter

if TYPE_CHECKING:
    from collections.abc import Mapping

TRIPLE = "aarch64-unknown-linux-musl"
# Python takes its modules' suffix from the machine that builds: it must be one with musl, too.
BUILD = "x86_64-unknown-linux-musl"
# Later releases have libffi without its configure script.
LIBRARIES = "bookworm"
FIRST_MINOR = 11  # the first whose modules a Makefile can link into the interpreter

# What configure can't find out without running programs, as it is on Linux.
_ANSWERS = {
    "ac_cv_file__dev_ptmx": "yes",
    "ac_cv_file__dev_ptc": "no",
    "ac_cv_buggy_getaddrinfo": "no",
}
# Before 3.12 the Makefile knows no way to make it.
_CTYPES = (
    "_ctypes _ctypes/_ctypes.c _ctypes/callbacks.c _ctypes/callproc.c _ctypes/stgdict.c "
    "_ctypes/cfield.c -DPy_BUILD_CORE_MODULE -DHAVE_FFI_PREP_CIF_VAR -DHAVE_FFI_CLOSURE_ALLOC "
    "-DHAVE_FFI_PREP_CLOSURE_LOC"
)
# Not of use without their C halves, or only to develop Python itself.
_LEFT_OUT = ("test", "tests", "idlelib", "tkinter", "turtledemo", "lib2to3", "ensurepip")


class _Workshop(Value):
    """Where Python is compiled.

    Attributes:
        making: The root that it is for.
        directory: Of sources and programs.
        python: A Python of the same version that runs here.
        env: With the compilers, as configure scripts want them.
    """

    making: Making
    directory: Path
    python: Path
    env: dict[str, str]


def from_source(making: Making) -> Made:
    """Python of a Debian release's sources, compiled for musl; takes minutes.

    Raises:
        EmulatorSetupError: It is not for musl, or something needed is missing here.
        DebianPackagesError: A source could not be fetched.
    """
    suite = RELEASES.get(making.interpreter.version)
    if making.libc != "musl" or not suite or making.interpreter.minor < FIRST_MINOR:
        raise EmulatorSetupError(
            f"Python {making.interpreter.version} for {making.libc} can't be compiled here."
        )
    workshop = _open(making)
    # zig's musl is newer than an old release's, and newer functions are used where it has them.
    packages = fetch_packages(
        ["musl"],
        into=making.sysroot,
        suite=NEWEST_STABLE,
        dependencies=False,
        processes=making.processes,
        on_line=making.on_line,
    )
    zlib, libffi = _zlib(workshop), _libffi(workshop)
    build = _python(workshop, suite, zlib=zlib, libffi=libffi)
    _install(making, build)
    return Made(prefix="usr/local", source=f"compiled from Debian {suite}", packages=packages)


def _open(making: Making) -> _Workshop:
    import ziglang  # noqa: PLC0415  (only where something is compiled)

    if not shutil.which("make"):
        raise EmulatorSetupError("Compiling Python needs make.")
    try:
        python = find_interpreter(making.interpreter).executable
    except InterpreterNotFoundError as error:
        raise EmulatorSetupError(error.message) from error
    directory = making.sysroot.parent / "workshop"
    programs = directory / "bin"
    programs.mkdir(parents=True)
    zig = shlex.quote(str(Path(ziglang.__file__).with_name("zig")))
    target = "-target aarch64-linux-musl -dynamic -fno-sanitize=undefined -Wno-date-time -w"
    tools = {"cc": f"cc {target}", "c++": f"c++ {target}", "ar": "ar", "ranlib": "ranlib"}
    for name, words in tools.items():
        (programs / name).write_text(f'#!/bin/sh\nexec {zig} {words} "$@"\n', encoding="utf-8")
        (programs / name).chmod(0o755)
    variables = {"CC": "cc", "CXX": "c++", "AR": "ar", "RANLIB": "ranlib"}
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PYTHON")},
        **{name: str(programs / program) for name, program in variables.items()},
        **_ANSWERS,
        # Python knows musl by its <stdarg.h>, and clang has one of its own.
        "CPP": f"{shlex.quote(str(programs / 'cc'))} -E -D__DEFINED_va_list",
        "CONFIG_SITE": "/dev/null",
        "PKG_CONFIG": "false",  # it would find the host's libraries
        "READELF": "/bin/true",  # demanded, and not used
    }
    return _Workshop(making=making, directory=directory, python=python, env=env)


def _source(workshop: _Workshop, name: str, suite: str) -> Path:
    """Fetches and unpacks a source package; its folder."""
    making = workshop.making
    archive = fetch_source(
        name,
        into=workshop.directory,
        suite=suite,
        processes=making.processes,
        on_line=making.on_line,
    )
    folder = workshop.directory / name
    with tarfile.open(archive) as file:
        file.extractall(folder, filter="data")
    (source,) = folder.iterdir()
    return source


def _zlib(workshop: _Workshop) -> Path:
    """Compiles zlib; the folder of its headers and library."""
    folder = _source(workshop, "zlib", LIBRARIES)
    env = {"CHOST": TRIPLE, "CFLAGS": "-O2 -fPIC"}
    _run(workshop, folder, "./configure", "--static", env=env)
    _run(workshop, folder, "make", "-s", f"-j{os.cpu_count()}", "libz.a", env=env)
    return folder


def _libffi(workshop: _Workshop) -> Path:
    """Compiles libffi; the folder that has ``include`` and ``.libs``."""
    folder = _source(workshop, "libffi", LIBRARIES)
    options = ("--disable-shared", "--disable-docs", "--disable-exec-static-tramp", "--with-pic")
    _run(workshop, folder, "./configure", "-q", f"--host={TRIPLE}", f"--build={BUILD}", *options)
    _run(workshop, folder, "make", "-s", f"-j{os.cpu_count()}")
    return folder / TRIPLE


def _python(workshop: _Workshop, suite: str, *, zlib: Path, libffi: Path) -> Path:
    """Compiles the interpreter with all modules in it; the folder it is built in."""
    source = _source(workshop, f"python{workshop.making.interpreter.version}", suite)
    build = source / "build-musl"
    build.mkdir()
    ffi = f"-I{libffi}/include -L{libffi}/.libs -lffi"
    env = {
        "OPT": "-O1 -g0",  # it waits for the emulator most of the time
        "MODULE_BUILDTYPE": "static",
        "ZLIB_CFLAGS": f"-I{zlib}",
        "ZLIB_LIBS": f"-L{zlib} -lz",
        "LIBFFI_CFLAGS": f"-I{libffi}/include",
        "LIBFFI_LIBS": f"-L{libffi}/.libs -lffi",
    }
    options = ("--without-ensurepip", "--disable-test-modules", "--prefix=/usr/local")
    python = f"--with-build-python={workshop.python}"
    triples = (f"--host={TRIPLE}", f"--build={BUILD}")
    _run(workshop, build, "../configure", "-q", *triples, python, *options, env=env)
    modules = (build / "Modules" / "Setup.stdlib").read_text(encoding="utf-8")
    if not re.search(r"^_ctypes ", modules, re.MULTILINE):
        modules += f"*static*\n{_CTYPES} {ffi}\n"
    (build / "Modules" / "Setup.local").write_text(modules, encoding="utf-8")
    # The first call rewrites the Makefile for the modules, and asks to be called again.
    _run(workshop, build, "make", "-s", "Makefile", env=env)
    _run(workshop, build, "make", "-s", f"-j{os.cpu_count()}", "python", "pybuilddir.txt", env=env)
    return build


def _install(making: Making, build: Path) -> None:
    """Puts what Python needs into the root."""
    name = f"python{making.interpreter.version}"
    prefix = making.sysroot / "usr" / "local"
    library = prefix / "lib" / name
    (prefix / "bin").mkdir(parents=True)
    shutil.copy2(build / "python", prefix / "bin" / name)
    shutil.copytree(build.parent / "Lib", library, ignore=shutil.ignore_patterns(*_LEFT_OUT))
    generated = build / (build / "pybuilddir.txt").read_text().strip()
    for file in generated.glob("_sysconfigdata*-linux-musl.py"):
        shutil.copy2(file, library)
        break
    else:
        raise EmulatorSetupError(f"Python {making.interpreter.version} takes its libc for another.")
    (library / "lib-dynload").mkdir(exist_ok=True)  # without it Python warns of its own prefix
    headers = prefix / "include" / name
    shutil.copytree(build.parent / "Include", headers)
    shutil.copy2(build / "pyconfig.h", headers)
    shutil.rmtree(making.sysroot.parent / "workshop")


def _run(
    workshop: _Workshop, cwd: Path, *command: str, env: Mapping[str, str] | None = None
) -> None:
    lines: list[str] = []

    def hear(line: str) -> None:
        lines.append(line)
        workshop.making.on_line(line)

    if run_tool(workshop.making, command, hear, cwd=cwd, env={**workshop.env, **(env or {})}):
        raise EmulatorSetupError(
            f"{Path(command[0]).name} failed in {cwd.name}.", details=tuple(lines[-5:])
        )
