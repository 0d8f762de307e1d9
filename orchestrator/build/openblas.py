"""The target's OpenBLAS, laid beside a build that asks for it (``blas = "openblas"``).

Its wheel is unpacked into a folder of its own, and pkg-config is told; repair copies the library
into the wheel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.errors import BuildEnvironmentError
from orchestrator.targets.blas import pkg_config_file

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.build.environment import BuildEnvironment
    from orchestrator.model import Platform


def pkg_config_folder(scratch: Path) -> Path:
    """The folder of OpenBLAS's ``.pc`` file."""
    return scratch / "pkgconfig"


def lay_in_openblas(
    environment: BuildEnvironment, platform: Platform, pin: tuple[str, str], scratch: Path
) -> str:
    """Unpacks OpenBLAS for the target.

    Args:
        environment: Of the build.
        platform: The target's.
        pin: Distribution and version.
        scratch: Folder for the library and its ``pkgconfig``.

    Returns:
        A note for the record.

    Raises:
        BuildEnvironmentError: The index has no wheel of it for the platform.
    """
    name, version = pin
    into = scratch / name
    if not environment.fetch_for_target([f"{name}=={version}"], into, platform):
        raise BuildEnvironmentError(
            f"The build needs OpenBLAS, and {name} {version} has no wheel for {platform.tag} on "
            "the index.",
            hint="Its wheels may be for newer platforms only (--platform), or the recipe can pin "
            "another version.",
        )
    folder = pkg_config_folder(scratch)
    folder.mkdir(exist_ok=True)
    text = pkg_config_file(name, version, str(into))
    (folder / "scipy-openblas.pc").write_text(text, encoding="utf-8")
    return f"OpenBLAS of {name}=={version}"
