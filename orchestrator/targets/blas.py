"""Which BLAS a build should find, said in the ways that builds listen to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.errors import NoToolchainError

if TYPE_CHECKING:
    from orchestrator.model import Blas, Platform


def blas_env(blas: Blas | None, platform: Platform) -> dict[str, str]:
    """Environment variables that lead CMake's FindBLAS and numpy.distutils to a recipe's BLAS.

    Meson has no such variable; a recipe gives Meson its options by config-settings.

    Raises:
        NoToolchainError: There is no such BLAS for the platform.
    """
    if blas is None:
        return {}
    if blas == "openblas" and platform.os == "macos":
        raise NoToolchainError(
            f"The recipe asks for OpenBLAS, which there is none of for {platform.tag}.",
            hint='On macOS use blas = "accelerate" or "none".',
        )
    vendor = {"accelerate": "Apple", "openblas": "OpenBLAS", "none": "None"}[blas]
    order = "" if blas == "none" else blas
    return {"BLA_VENDOR": vendor, "NPY_BLAS_ORDER": order, "NPY_LAPACK_ORDER": order}
