"""Fortran for a Linux target: GCC's cross compiler of the distribution, and its run-time library.

gfortran compiles and links what is Fortran; C and C++ stay with the kit's compiler. The library
(``libgfortran``) can't be linked statically into a module: its thread-local variables are those
of a program. So it is laid into the kit for the repair to copy into the wheel, which then needs
the glibc that the distribution built it against; the repair says so where that is too new.
"""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.model import Platform, Value
from orchestrator.targets.host import run_command
from orchestrator.targets.kit import write_script

if TYPE_CHECKING:
    from orchestrator.targets.toolchain import Kit

LIBRARY = "libgfortran.so"


class Fortran(Value):
    """A Fortran compiler for the target.

    Attributes:
        compiler: gfortran.
        library: Its run-time library, by the name that it is loaded by, e.g. ``libgfortran.so.5``.
        version: As the compiler says it, e.g. ``gfortran 12.2.0``.
    """

    compiler: Path
    library: Path
    version: str


def fortran_compiler(platform: Platform) -> str:
    """What the distributions call the cross compiler, e.g. ``aarch64-linux-gnu-gfortran``."""
    return f"{platform.arch}-linux-gnu-gfortran"


def fortran_hint(platform: Platform) -> str:
    """How to build Fortran for a platform."""
    if platform.os == "macos":
        return "Build it on a Mac with gfortran installed (brew install gcc)."
    if platform.libc == "musl":
        return f"There is none for musl; for glibc: --platform manylinux_2_34_{platform.arch}"
    package = f"gfortran-{platform.arch.replace('_', '-')}-linux-gnu"
    return f"Install {fortran_compiler(platform)} (Debian, Ubuntu: apt-get install {package})."


def find_fortran(platform: Platform) -> Fortran | None:
    """The cross compiler on PATH, where there is one for the platform."""
    compiler = shutil.which(fortran_compiler(platform)) if platform.libc == "glibc" else None
    if not compiler:
        return None
    # A name alone is the answer where there is no such file; the file is named for its version.
    library = Path(run_command((compiler, f"-print-file-name={LIBRARY}")).text).resolve()
    loaded_as = sorted(library.parent.glob(f"{LIBRARY}.?"))
    version = run_command((compiler, "-dumpfullversion")).text
    if not version or not loaded_as:
        return None
    return Fortran(compiler=Path(compiler), library=loaded_as[0], version=f"gfortran {version}")


def add_fortran(platform: Platform, kit: Kit, directory: Path) -> dict[str, str]:
    """Adds the compiler and its library to a kit, where there is one.

    Args:
        platform: Of the target.
        kit: Written into ``directory``.
        directory: The kit's folder; the repair finds the library in its ``lib``.

    Returns:
        Where builds find Fortran: in the kit or, where that has none, nowhere. The host's gfortran,
        which CMake would take, makes code for the host.
    """
    compiler = kit.path[0] / "gfortran"
    if fortran := find_fortran(platform):
        folder = directory / "lib"
        folder.mkdir()
        shutil.copy(fortran.library, folder)
        write_script(compiler, _script(fortran.compiler, directory.parent))
        if kit.meson_cross_file:
            _name_in(kit.meson_cross_file, compiler)
    return dict.fromkeys(("FC", "F77", "F90"), str(compiler))


def _name_in(cross_file: Path, compiler: Path) -> None:
    section = "[binaries]\n"
    text = cross_file.read_text(encoding="utf-8")
    text = text.replace(section, f"{section}fortran = '{compiler}'\n", 1)
    cross_file.write_text(text, encoding="utf-8")


def _script(compiler: Path, build: Path) -> str:
    """A gfortran that gets no word of the host's CPU and leaves no trace of the build's folder."""
    return f"""\
#!/bin/sh
for arg do
  shift
  case $arg in
    -march=native|-mtune=native|-mcpu=native|-m64) ;;
    *) set -- "$@" "$arg" ;;
  esac
done
exec {shlex.quote(str(compiler))} "$@" -ffile-prefix-map={shlex.quote(str(build))}=/build -s
"""
