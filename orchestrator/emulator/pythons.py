"""Where a target's CPython comes from, and how its files become a root.

A Debian release has one Python, with everything below it. For others there is uv's build, on top of
a Debian release's C library.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from orchestrator.emulator.debian import fetch_packages
from orchestrator.emulator.making import NEWEST_STABLE, RELEASES, Made, Making, run_tool
from orchestrator.errors import EmulatorSetupError

if TYPE_CHECKING:
    from orchestrator.emulator.debian import DebianPackage

# What wheels may expect of a system by the manylinux policies, beyond what Python itself needs.
SYSTEM_PACKAGES = ("libc6", "libgcc-s1", "libstdc++6", "zlib1g", "libexpat1")


def from_debian(making: Making) -> Made:
    """Python's packages of the Debian release that is built around it.

    Raises:
        EmulatorSetupError: No release is.
        DebianPackagesError: They could not be fetched.
    """
    version = making.interpreter.version
    suite = RELEASES.get(version)
    if not suite or making.libc != "glibc":
        raise EmulatorSetupError(f"no Debian release has Python {version} for {making.libc}.")
    names = (f"python{version}", f"python{version}-venv", f"libpython{version}-dev")
    packages = _unpack(making, (*names, *SYSTEM_PACKAGES), suite)
    return Made(prefix="usr", source=f"Debian {suite}", packages=packages)


def from_uv(making: Making) -> Made:
    """CPython as uv installs it, on a Debian release's C library.

    Raises:
        EmulatorSetupError: uv has none or could not fetch it.
        DebianPackagesError: The C library could not be fetched.
    """
    import uv  # noqa: PLC0415  (rarely needed)

    if making.libc != "glibc":
        raise EmulatorSetupError(f"uv's Pythons for {making.libc} are not tried.")
    folder = making.sysroot / "uv"
    name = f"cpython-{making.interpreter.version}-linux-aarch64-gnu"
    command = (uv.find_uv_bin(), "python", "install", name, "--no-bin", "--install-dir", folder)
    lines: list[str] = []

    def hear(line: str) -> None:
        lines.append(line)
        making.on_line(line)

    folder.mkdir(parents=True)
    if run_tool(making, tuple(map(str, command)), hear):
        said = next((line for line in lines if "ailed to download" in line), " ".join(lines[:1]))
        raise EmulatorSetupError(f"uv python install {name}: {said.strip()}")
    installed = next(path for path in folder.glob("cpython-3*") if not path.is_symlink())
    (making.sysroot / "usr").mkdir()
    installed.replace(making.sysroot / "usr" / "local")
    shutil.rmtree(folder)
    packages = _unpack(making, SYSTEM_PACKAGES, NEWEST_STABLE)
    return Made(prefix="usr/local", source=f"uv, Debian {NEWEST_STABLE}", packages=packages)


def _unpack(making: Making, names: tuple[str, ...], suite: str) -> tuple[DebianPackage, ...]:
    return fetch_packages(
        names,
        into=making.sysroot,
        suite=suite,
        processes=making.processes,
        on_line=making.on_line,
    )
