"""Debian packages of any release and architecture, unpacked into a folder."""

from __future__ import annotations

import os
import platform
import shutil
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.emulator.apt import PrivateApt
from orchestrator.model import Value
from orchestrator.process import Processes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.process import OnLine

# Names of architectures: the kernel's to dpkg's.
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


class DebianPackage(Value):
    """A package that was unpacked: ``name``, ``version`` and ``architecture`` as dpkg says."""

    name: str
    version: str
    architecture: str


def host_architecture() -> str:
    """This machine's architecture in dpkg's words, e.g. ``amd64``."""
    return ARCHITECTURES.get(platform.machine(), platform.machine())


def fetch_packages(
    names: Sequence[str],
    *,
    into: Path,
    suite: str = "",
    architecture: str = "arm64",
    dependencies: bool = True,
    processes: Processes | None = None,
    on_line: OnLine = lambda _line: None,
) -> tuple[DebianPackage, ...]:
    """Fetches Debian packages and unpacks them, with nothing installed and no right needed.

    ``fetch_packages(["rustc", "libstd-rust-dev:arm64"], suite="trixie", architecture="amd64",
    into=folder)`` gives a Rust compiler in ``folder/usr/bin`` that has the library for arm64.
    Maintainer scripts are not run. Downloads are kept in the cache and taken up again.

    Args:
        names: Of packages, as apt-get(8) takes them: ``name``, ``name:arch`` or ``name=version``.
        into: Folder, made if it isn't there; files that are there are overwritten.
        suite: Codename of a Debian release; empty: the machine's own.
        architecture: Of packages whose name has no ``:arch``.
        dependencies: Whether what they depend on (not what they recommend) comes too.
        processes: Runs the commands; ``stop`` ends them.
        on_line: Gets what apt prints, line by line.

    Raises:
        DebianPackagesError: There is no apt, the release is not in its sources, or lacks a package.
        InterruptedBuildError: ``processes.stop`` was called.
    """
    apt = PrivateApt(suite, _architectures(names, architecture), processes or Processes(), on_line)
    with apt.locked():
        command = ("install", "--download-only", "--yes") if dependencies else ("download",)
        archives = apt.download(*command, *names)
        into.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            # Directories come from many archives, files from one each: the order is of no matter.
            list(pool.map(lambda archive: apt.unpack(archive, into), archives))
    return tuple(_package(archive) for archive in archives)


def fetch_source(
    name: str,
    *,
    into: Path,
    suite: str = "",
    processes: Processes | None = None,
    on_line: OnLine = lambda _line: None,
) -> Path:
    """Fetches the source package ``name`` and returns its upstream tarball, copied ``into``.

    Raises:
        DebianPackagesError: As ``fetch_packages``.
        InterruptedBuildError: ``processes.stop`` was called.
    """
    apt = PrivateApt(
        suite, (host_architecture(),), processes or Processes(), on_line, types="deb-src"
    )
    with apt.locked():
        files = apt.download("source", "--download-only", name)
        found = [file for file in files if ".orig.tar." in file.name and file.suffix != ".asc"]
        into.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copy2(found[0], into))


def _architectures(names: Sequence[str], default: str) -> tuple[str, ...]:
    """The default first, then those that names ask for."""
    named = (name.partition("=")[0].partition(":")[2] for name in names)
    return tuple(dict.fromkeys((default, *filter(None, named))))


def _package(archive: Path) -> DebianPackage:
    name, version, architecture = archive.stem.split("_")
    return DebianPackage(
        name=name, version=urllib.parse.unquote(version), architecture=architecture
    )
