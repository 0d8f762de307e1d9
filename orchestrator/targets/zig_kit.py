"""What zig's kits for macOS and for Linux share."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from orchestrator.files import cache_directory

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
    drivers = {role: (program, role, "-target", target) for role in ("cc", "c++")}
    return drivers | {tool: (program, tool) for tool in ("ar", "ranlib")}


def caches(request: KitRequest) -> dict[str, str]:
    """Where zig keeps things: what it builds once is shared; what a build compiles is its own."""
    return {
        "ZIG_GLOBAL_CACHE_DIR": str(cache_directory() / "zig"),
        "ZIG_LOCAL_CACHE_DIR": str(request.directory / "zig"),
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
