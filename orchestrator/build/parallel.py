"""How a build is told how many programs it may run at once."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# Ninja has no variable for it, and by itself takes all CPUs there are.
_NINJA = """\
#!/bin/sh
for arg do
  case $arg in -j*) exec {ninja} "$@" ;; esac
done
exec {ninja} -j {cpus} "$@"
"""


def parallel_env(cpus: int) -> dict[str, str]:
    """The variables that build tools read: CMake, make, PyTorch's and numpy's extensions, cargo."""
    return {
        "CMAKE_BUILD_PARALLEL_LEVEL": str(cpus),
        "MAKEFLAGS": f"-j{cpus}",
        "MAX_JOBS": str(cpus),
        "NPY_NUM_BUILD_JOBS": str(cpus),
        "CARGO_BUILD_JOBS": str(cpus),
    }


def limited_ninja(directory: Path, path: str, cpus: int) -> Path:
    """A folder with a ninja that keeps so many CPUs busy, unless its caller names a number.

    Args:
        directory: Of the folder.
        path: Where the real one is looked for, as in PATH.
        cpus: That it may keep busy.
    """
    directory.mkdir(exist_ok=True)
    real = shutil.which("ninja", path=path)
    if real:
        script = directory / "ninja"
        script.write_text(_NINJA.format(ninja=real, cpus=cpus), encoding="utf-8")
        script.chmod(0o755)
    return directory
