"""Which packages lack a wheel: an audit's question, answered without orchestrator's code.

uv resolves (`uv pip compile`, plain), pypi-simple reads the index's pages, and packaging says which
tags a Mac takes. Run by hand: python independent_wheels.py FILE X.Y
"""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from packaging.specifiers import SpecifierSet
from packaging.tags import Tag, compatible_tags, cpython_tags, mac_platforms
from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import Version
from pypi_simple import PyPISimple
from uv import find_uv_bin


def pins(requirements: Path, python: str, macos: tuple[int, int]) -> dict[str, Version]:
    """What uv resolves the requirements to, for a Mac."""
    done = subprocess.run(
        [
            *(find_uv_bin(), "pip", "compile", str(requirements), "--no-header", "--no-annotate"),
            *("--python-platform", "aarch64-apple-darwin", "--python-version", python),
            *("--no-python-downloads", "--quiet"),
        ],
        env={**os.environ, "MACOSX_DEPLOYMENT_TARGET": ".".join(map(str, macos))},
        capture_output=True,
        text=True,
        check=True,
    )
    lines = (line.partition(";")[0].strip() for line in done.stdout.splitlines())
    return {
        name.partition("[")[0].lower(): Version(version)
        for name, _, version in (line.partition("==") for line in lines if "==" in line)
    }


def mac_tags(python: str, macos: tuple[int, int]) -> frozenset[Tag]:
    """The tags of wheels that pip installs with CPython on an arm64 Mac."""
    major, minor = map(int, python.split("."))
    platforms = list(mac_platforms(macos, "arm64"))
    return frozenset(
        (
            *cpython_tags((major, minor), platforms=platforms),
            *compatible_tags((major, minor), f"cp{major}{minor}", platforms),
        )
    )


def has_wheel(name: str, version: Version, python: str, tags: frozenset[Tag]) -> bool:
    """Whether the index lists a wheel of a version that has one of the tags."""
    with PyPISimple() as index:
        page = index.get_project_page(name)
    for package in page.packages:
        if package.package_type != "wheel" or package.is_yanked:
            continue
        if not SpecifierSet(package.requires_python or "").contains(f"{python}.99"):
            continue
        try:
            _, found, _, offered = parse_wheel_filename(package.filename)
        except InvalidWheelFilename:
            continue
        if found == version and offered & tags:
            return True
    return False


def without_wheel(requirements: Path, python: str, macos: tuple[int, int] = (11, 0)) -> set[str]:
    """``name==version`` of the packages for which the index has no wheel that fits."""
    tags = mac_tags(python, macos)
    pinned = pins(requirements, python, macos)
    with ThreadPoolExecutor(8) as pool:
        found = pool.map(lambda pin: has_wheel(*pin, python, tags), pinned.items())
        return {
            f"{name}=={version}"
            for (name, version), has in zip(pinned.items(), found, strict=True)
            if not has
        }


if __name__ == "__main__":
    sys.stdout.writelines(
        f"{pin}\n" for pin in sorted(without_wheel(Path(sys.argv[1]), sys.argv[2]))
    )
