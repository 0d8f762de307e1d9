"""What zig's kits for macOS and for Linux share."""

from __future__ import annotations

import hashlib
import importlib.metadata
import shlex
import shutil
from functools import cache
from typing import TYPE_CHECKING

from orchestrator.files import cache_directory, write_atomically

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.targets.toolchain import KitRequest

COMPILE = (
    # zig instruments undefined behaviour in unoptimised code, and then wants its runtime.
    "-fno-sanitize=undefined",
    # Debug information never reaches the wheel; making it costs a fifth of the time.
    "-g0",
    # An error by default since clang 21; older compilers warn, and old C relies on that.
    "-Wno-error=incompatible-pointer-types",
)


def programs(zig: Path, target: str) -> dict[str, tuple[str, ...]]:
    """The command of each role, for a target as zig calls it."""
    program = str(zig / "zig")
    drivers: dict[str, tuple[str, ...]]
    drivers = {role: (program, role, "-target", target) for role in ("cc", "c++")}
    if ccache := shutil.which("ccache"):
        drivers = {role: (ccache, _program(role, words)) for role, words in drivers.items()}
    return drivers | {tool: (program, tool) for tool in ("ar", "ranlib")}


def _program(role: str, command: tuple[str, ...]) -> str:
    """A command as a program of its own, always in the same place: what ccache takes."""
    text = f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n'
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    path = cache_directory() / "compilers" / f"{role}-{digest}"
    if not path.exists():
        write_atomically(path, text.encode(), mode=0o755)
    return str(path)


def caches(request: KitRequest) -> dict[str, str]:
    """Where zig keeps things: what it builds once is shared; what a build compiles is its own."""
    return {
        "ZIG_GLOBAL_CACHE_DIR": str(cache_directory() / "zig"),
        "ZIG_LOCAL_CACHE_DIR": str(request.directory / "zig"),
        # For ccache, where it is installed. It finds what was compiled in the same folder, where
        # a step is built again; told to look past the folder, it would change what __FILE__ is.
        "CCACHE_DIR": str(cache_directory() / "ccache"),
        "CCACHE_COMPILERTYPE": "clang",
        "CCACHE_COMPILERCHECK": f"string:zig {importlib.metadata.version('ziglang')}",
    }


def same_paths(request: KitRequest) -> str:
    """So that assert() and __FILE__ don't name a folder that differs from build to build."""
    return f"-ffile-prefix-map={request.directory.parent}=/build"


@cache
def headers(*folders: Path) -> frozenset[str]:
    """Names of the headers in folders, at most two folders deep: what configure asks for."""
    return frozenset(
        path.relative_to(folder).as_posix()
        for folder in folders
        for pattern in ("*.h", "*/*.h", "*/*/*.h")
        for path in folder.glob(pattern)
    )
