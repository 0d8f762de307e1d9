"""What often breaks a build for another machine, and shows before any compiler runs. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.audit.facts import Hazard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.audit.sources import Sources

_X86_FLAG = re.compile(
    r"""["'\s](-m(?:sse[\w.]*|avx\w*|fma|bmi2?|popcnt|arch=native|fpmath=\w+))\b"""
)
_CMAKE_MINIMUM = re.compile(
    r"cmake_minimum_required\s*\(\s*VERSION\s+(\d+)\.(\d+)(?:\.\d+)*(?:\.\.\.(\d+)\.(\d+))?",
    re.IGNORECASE,
)
_OLDEST_CMAKE = (3, 5)
_DOWNLOADS = re.compile(r"\b(urlretrieve|urlopen|requests\.get|git clone|wget)\b")
_CMAKE_DOWNLOADS = re.compile(
    r"\b(FetchContent_Declare|ExternalProject_Add|file\s*\(DOWNLOAD)\b", re.IGNORECASE
)
_OPENMP = re.compile(
    r"-fopenmp|find_package\s*\(\s*OpenMP|dependency\('openmp'|/openmp\b", re.IGNORECASE
)


def hazards(sources: Sources) -> tuple[Hazard, ...]:
    """The hazards of an sdist's build scripts, each kind once, with the first file that has it."""
    found: dict[str, Hazard] = {}
    for name, text in sorted(sources.scripts.items(), key=lambda item: item[0].count("/")):
        for hazard in _of_script(name, text):
            found.setdefault(hazard.kind, hazard)
    return tuple(found[kind] for kind in sorted(found))


def _of_script(name: str, text: str) -> Iterator[Hazard]:
    if name.endswith("config.sub"):
        if "arm64" not in text:
            yield Hazard(
                kind="old-config-sub",
                where=name,
                message="its configure script does not know arm64-apple-darwin",
            )
        return
    if match := _X86_FLAG.search(text):
        yield Hazard(
            kind="x86-flags",
            where=name,
            message=f"it may pass {match[1]} to the compiler, which arm64 does not have",
        )
    is_cmake = name.endswith(("CMakeLists.txt", ".cmake"))
    if is_cmake and (old := _old_cmake(text)):
        yield Hazard(
            kind="old-cmake",
            where=name,
            message=f"it asks for CMake {old}, which CMake 4 refuses to imitate",
        )
    pattern = _CMAKE_DOWNLOADS if is_cmake else _DOWNLOADS
    is_top_script = name.endswith(".py") and "/" not in name
    if (is_cmake or is_top_script) and (match := pattern.search(text)):
        yield Hazard(
            kind="network", where=name, message=f"it may download during the build ({match[1]})"
        )
    if match := _OPENMP.search(text):
        yield Hazard(
            kind="openmp",
            where=name,
            message="it uses OpenMP, whose library neither macOS nor its compiler has",
        )


def _old_cmake(text: str) -> str:
    """The version that a CMake file asks for, where it is older than CMake 4 accepts."""
    match = _CMAKE_MINIMUM.search(text)
    if not match:
        return ""
    stated = (int(match[3] or match[1]), int(match[4] or match[2]))
    return f"{match[1]}.{match[2]}" if stated < _OLDEST_CMAKE else ""
