"""Which BLAS a build should find, said in the ways that builds listen to.

On Linux, OpenBLAS comes from the index, in wheels that the scipy project makes to build against:
``scipy-openblas64`` (64-bit integers) and ``scipy-openblas32``. Both name their symbols so that
two of them can be in one process, and builds find out through pkg-config.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from orchestrator.errors import NoToolchainError, RecipeError
from orchestrator.model import Value

if TYPE_CHECKING:
    from orchestrator.model import Blas, BuildSettings, Platform


class OpenBlas(Value):
    """One of the distributions that hold OpenBLAS.

    Attributes:
        folder: The package's, which holds ``include`` and ``lib``.
        library: As the linker's ``-l`` names it.
        macros: What a compiler must know of its interface.
    """

    folder: str
    library: str
    macros: tuple[str, ...]


OPENBLAS = {
    "scipy-openblas32": OpenBlas(
        folder="scipy_openblas32",
        library="scipy_openblas",
        macros=("BLAS_SYMBOL_PREFIX=scipy_",),
    ),
    "scipy-openblas64": OpenBlas(
        folder="scipy_openblas64",
        library="scipy_openblas64_",
        macros=(
            "BLAS_SYMBOL_PREFIX=scipy_",
            "BLAS_SYMBOL_SUFFIX=64_",
            "HAVE_BLAS_ILP64",
            "OPENBLAS_ILP64_NAMING_SCHEME",
        ),
    ),
}


def blas_env(blas: Blas | None, platform: Platform) -> dict[str, str]:
    """Environment variables that lead CMake's FindBLAS and numpy.distutils to a recipe's BLAS.

    Meson has no such variable; a recipe gives Meson its options by config-settings.

    Raises:
        NoToolchainError: There is no such BLAS for the platform.
    """
    if blas is None:
        return {}
    name, system = {
        "accelerate": ("Accelerate", "macos"),
        "openblas": ("OpenBLAS", "linux"),
        "none": ("none", platform.os),
    }[blas]
    if platform.os != system:
        raise NoToolchainError(
            f"The recipe asks for {name}, which there is none of for {platform.tag}.",
            hint='On macOS use blas = "accelerate", on Linux "openblas", or "none".',
        )
    vendor = {"accelerate": "Apple", "openblas": "OpenBLAS", "none": "None"}[blas]
    order = "" if blas == "none" else blas
    return {"BLA_VENDOR": vendor, "NPY_BLAS_ORDER": order, "NPY_LAPACK_ORDER": order}


def openblas_requirement(settings: BuildSettings) -> tuple[str, str] | None:
    """The distribution that a recipe takes OpenBLAS from, and the version it pins; None: no recipe.

    Raises:
        RecipeError: It asks for OpenBLAS without saying which, or without pinning it: a new release
            on the index would change the wheel without changing its fingerprint.
    """
    if settings.blas != "openblas":
        return None
    for text in reversed(settings.target_build_requires):  # later releases over earlier ones
        requirement = Requirement(text)
        name = canonicalize_name(requirement.name)
        pins = [pin.version for pin in requirement.specifier if pin.operator == "=="]
        if name in OPENBLAS and len(pins) == 1:
            return name, pins[0]
    recipe = settings.recipes[-1] if settings.recipes else "The recipe"
    raise RecipeError(
        f'{recipe}: blas = "openblas" needs {" or ".join(OPENBLAS)} in target-build-requires, '
        'pinned with "==".'
    )


def pkg_config_file(name: str, version: str, root: str) -> str:
    """The text of ``scipy-openblas.pc`` for an unpacked wheel.

    The wheels' own are left aside: older ones have none, and those of newer ones ask for the
    library by its absolute path and put that into the RUNPATH.

    Args:
        name: Of the distribution.
        version: Of the distribution.
        root: Folder that it was unpacked in.
    """
    openblas = OPENBLAS[name]
    macros = " ".join(f"-D{macro}" for macro in openblas.macros)
    return (
        f"prefix={root}/{openblas.folder}\n"
        "libdir=${prefix}/lib\n"
        "includedir=${prefix}/include\n"
        f"Name: {name}\n"
        "Description: OpenBLAS with LAPACK\n"
        f"Version: {version}\n"
        f"Libs: -L${{libdir}} -l{openblas.library}\n"
        f"Cflags: -I${{includedir}} {macros}\n"
    )
