"""Compilers for Linux aarch64 of this machine's Debian, unpacked: fetched once, and kept.

They stand in for those that a user has installed.
"""

import fcntl
import platform
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from orchestrator.emulator.debian import fetch_packages, host_architecture
from orchestrator.errors import DebianPackagesError

RUST = ("rustc-web", "cargo-web", "libstd-rust-web-dev:arm64")
FORTRAN = ("gfortran-aarch64-linux-gnu",)
LIBRARIES = f"{platform.machine()}-linux-gnu"


@pytest.fixture(scope="session")
def debian_rust(pytestconfig: pytest.Config) -> Path:
    """A folder for PATH: rustc and cargo, with standard libraries for this machine and aarch64."""
    return unpacked(pytestconfig, "rust", RUST, ("rustc", "cargo"))


@pytest.fixture(scope="session")
def debian_fortran(pytestconfig: pytest.Config) -> Path:
    """A folder for PATH: GCC's Fortran cross compiler."""
    return unpacked(pytestconfig, "fortran", FORTRAN, ("aarch64-linux-gnu-gfortran",))


def unpacked(
    config: pytest.Config, name: str, packages: Sequence[str], programs: Sequence[str]
) -> Path:
    folder = config.cache.mkdir(f"debian-{name}")
    with locked(folder), pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORCHESTRATE_CACHE", str(config.cache.mkdir("orchestrate")))
        if not (folder / "bin").is_dir():
            fetch(folder / "root", packages)
            relocate_linker_scripts(folder / "root")
            link_libraries(folder / "root", folder / "lib")
            write_launchers(folder, programs)
    return folder / "bin"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def fetch(root: Path, packages: Sequence[str]) -> None:
    shutil.rmtree(root, ignore_errors=True)
    try:
        fetch_packages(packages, into=root, architecture=host_architecture())
    except DebianPackagesError as error:
        pytest.skip(f"this machine's apt has no {packages[0]}: {error.message}")
    for unused in ("usr/share", "usr/lib/aarch64-linux-gnu", "lib/aarch64-linux-gnu"):
        shutil.rmtree(root / unused, ignore_errors=True)


def relocate_linker_scripts(root: Path) -> None:
    """``libc.so`` of a cross compiler is a text that names files where they would be installed."""
    for script in root.glob("usr/*-linux-gnu/lib/*.so"):
        data = script.read_bytes()
        if b"GROUP" in data[:1000]:
            script.write_bytes(data.replace(b" /usr/", f" {root}/usr/".encode()))


def link_libraries(root: Path, folder: Path) -> None:
    """Only those that this machine lacks: a second C library, say, would not fit the first."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for place in ("lib", "usr/lib"):
        for library in (root / place / LIBRARIES).glob("*.so*"):
            own = (Path("/", where, LIBRARIES, library.name) for where in ("lib", "usr/lib"))
            if not any(path.exists() for path in own) and not (folder / library.name).exists():
                (folder / library.name).symlink_to(library)


def write_launchers(folder: Path, programs: Sequence[str]) -> None:
    incoming = folder / "incoming"
    shutil.rmtree(incoming, ignore_errors=True)
    incoming.mkdir()
    for program in programs:
        script = incoming / program
        real = folder / "root" / "usr" / "bin" / program
        command = f"LD_LIBRARY_PATH='{folder / 'lib'}' exec '{real}' \"$@\""
        script.write_text(f"#!/bin/sh\n{command}\n")
        script.chmod(0o755)
    incoming.replace(folder / "bin")
