"""What a target's platform says of itself: the tables behind the cross kit.

One value per platform family; everything the kit writes (sysconfig data, ``pyconfig.h``, start-up
module, CMake and Meson files) is computed from it.
"""

from __future__ import annotations

from orchestrator.model import Interpreter, Platform, Value

# Darwin's kernel counts from 20 for macOS 11; Apple's renumbering skipped macOS 16 to 25.
_FIRST_YEARLY_MACOS = 26

# CPython before 3.11 names its modules as on glibc when it is built on musl.
_FIRST_TO_KNOW_MUSL = 11

# The kernel of the oldest distribution that is still maintained and has glibc 2.28.
_LINUX_KERNEL = "4.18.0"


class PlatformFacts(Value):
    """How the target answers questions.

    Attributes:
        zig: What zig calls it, e.g. ``aarch64-macos.11.0``.
        gnu: GNU triple for autoconf, e.g. ``aarch64-apple-darwin20``.
        sys_platform: ``sys.platform``.
        python_platform: ``sysconfig.get_platform()``, e.g. ``macosx-11.0-arm64``.
        multiarch: Last part of the SOABI, e.g. ``darwin`` or ``aarch64-linux-gnu``.
        uname: (sysname, release, version, machine).
        os_version: What ``sw_vers`` or ``platform.mac_ver()`` say, e.g. ``11.0``; empty on Linux.
        cmake_system: ``CMAKE_SYSTEM_NAME``.
        meson_system: Meson's ``system``.
        cpu_family: Meson's, e.g. ``aarch64``.
        long_double: Size in bytes.
        long_double_format: As numpy's build names it, e.g. ``IEEE_QUAD_LE``.
        macho: Whether binaries are Mach-O.
        bundle: How an extension module is linked, as the target's own Python says.
        pic: What makes code fit for a shared library, as the target's own Python says.
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
    cpu_family: str
    long_double: int
    long_double_format: str
    macho: bool
    bundle: tuple[str, ...]
    pic: str

    def multiarch_of(self, interpreter: Interpreter) -> str:
        """``MULTIARCH`` of one version's sysconfig data."""
        if interpreter.minor < _FIRST_TO_KNOW_MUSL:
            return self.multiarch.replace("-musl", "-gnu")
        return self.multiarch

    def soabi(self, interpreter: Interpreter) -> str:
        """``cpython-311-darwin``, ``cpython-313t-aarch64-linux-gnu``."""
        abi = interpreter.abi_tag.removeprefix("cp")
        return f"cpython-{abi}-{self.multiarch_of(interpreter)}"


def platform_facts(platform: Platform) -> PlatformFacts:
    """The facts of a platform."""
    return _linux_facts(platform) if platform.os == "linux" else _macos_facts(platform)


def _macos_facts(platform: Platform) -> PlatformFacts:
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
        cpu_family="aarch64",
        long_double=8,
        long_double_format="IEEE_DOUBLE_LE",
        macho=True,
        bundle=("-bundle", "-undefined", "dynamic_lookup"),
        pic="",
    )


def _linux_facts(platform: Platform) -> PlatformFacts:
    arch, (major, minor) = platform.arch, platform.minimum
    libc = "musl" if platform.libc == "musl" else "gnu"
    version = "" if libc == "musl" else f".{major}.{minor}"
    formats = {"aarch64": "IEEE_QUAD_LE", "x86_64": "INTEL_EXTENDED_16_BYTES_LE"}
    return PlatformFacts(
        zig=f"{arch}-linux-{libc}{version}",
        gnu=f"{arch}-unknown-linux-{libc}",
        sys_platform="linux",
        python_platform=f"linux-{arch}",
        multiarch=f"{arch}-linux-{libc}",
        uname=("Linux", _LINUX_KERNEL, "#1 SMP", arch),
        os_version="",
        cmake_system="Linux",
        meson_system="linux",
        cpu_family=arch,
        long_double=16,
        long_double_format=formats[arch],
        macho=False,
        bundle=("-shared",),
        pic="-fPIC",
    )
