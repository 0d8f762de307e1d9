"""What a target's platform says of itself: the table behind the cross kit.

One value per platform family; everything the kit writes (sysconfig data, ``pyconfig.h``, start-up
module, CMake and Meson files) is computed from it, so a second family is a second table.
"""

from __future__ import annotations

from orchestrator.model import Interpreter, Platform, Value

# Darwin's kernel counts from 20 for macOS 11; Apple's renumbering skipped macOS 16 to 25.
_FIRST_YEARLY_MACOS = 26


class PlatformFacts(Value):
    """How the target answers questions.

    Attributes:
        zig: What zig calls it, e.g. ``aarch64-macos.11.0``.
        gnu: GNU triple for autoconf, e.g. ``aarch64-apple-darwin20``.
        sys_platform: ``sys.platform``.
        python_platform: ``sysconfig.get_platform()``, e.g. ``macosx-11.0-arm64``.
        multiarch: Last part of the SOABI, e.g. ``darwin``.
        uname: (sysname, release, version, machine).
        os_version: What ``sw_vers`` or ``platform.mac_ver()`` say, e.g. ``11.0``.
        cmake_system: ``CMAKE_SYSTEM_NAME``.
        meson_system: Meson's ``system`` and ``subsystem``.
        long_double: Size in bytes.
        macho: Whether binaries are Mach-O.
        bundle: How an extension module is linked, as the target's own Python says.
    """

    zig: str
    gnu: str
    sys_platform: str
    python_platform: str
    multiarch: str
    uname: tuple[str, str, str, str]
    os_version: str
    cmake_system: str
    meson_system: str
    long_double: int
    macho: bool
    bundle: tuple[str, ...]

    def soabi(self, interpreter: Interpreter) -> str:
        """``cpython-311-darwin``, ``cpython-313t-darwin``."""
        return f"cpython-{interpreter.abi_tag.removeprefix('cp')}-{self.multiarch}"


def platform_facts(platform: Platform) -> PlatformFacts:
    """The facts of a macOS platform."""
    major, minor = platform.minimum
    version = f"{major}.{minor}"
    kernel = major - 1 if major >= _FIRST_YEARLY_MACOS else major + 9
    return PlatformFacts(
        zig=f"aarch64-macos.{version}",
        gnu=f"aarch64-apple-darwin{kernel}",
        sys_platform="darwin",
        python_platform=f"macosx-{version}-arm64",
        multiarch="darwin",
        uname=("Darwin", f"{kernel}.0.0", f"Darwin Kernel Version {kernel}.0.0", "arm64"),
        os_version=version,
        cmake_system="Darwin",
        meson_system="darwin",
        long_double=8,
        macho=True,
        bundle=("-bundle", "-undefined", "dynamic_lookup"),
    )
