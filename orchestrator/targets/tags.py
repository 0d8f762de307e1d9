"""Platform tags and Python versions: parsing them, and the rules they follow.

The rules are those of the platform compatibility tags specification (PEP 425 and its macOS,
manylinux (PEP 600) and musllinux (PEP 656) parts): from macOS 11 on a tag names only the major
version (``macosx_11_0``), before it minors count; arm64 starts at 11. Linux tags name the libc's
version; manylinux2014 is another name of manylinux_2_17.
"""

from __future__ import annotations

import re
from typing import Literal

from orchestrator.errors import BadPythonError, UnsupportedPlatformError
from orchestrator.model import Interpreter, Platform

FIRST_ARM64_MACOS = 11
OLDEST_PYTHON, NEWEST_PYTHON = 9, 14
FIRST_FREE_THREADED = 13
DEFAULT_PLATFORM = "macosx_11_0_arm64"
DEFAULT_PYTHON = "3.11"
SHORT_FORMS = {"macos": DEFAULT_PLATFORM, "linux": "manylinux_2_28_aarch64"}
LINUX_ARCHITECTURES = ("aarch64", "x86_64")
# glibc began to run on arm64 with 2.17; the newest is the newest that zig 0.17 has symbols of.
OLDEST_GLIBC, NEWEST_GLIBC = (2, 17), (2, 44)
# The one that zig's headers are of. PEP 656 knows 1.1 too, which no maintained system has.
MUSL = (1, 2)

_MACOS = re.compile(r"macosx_(\d+)_(\d+)_(\w+)")
_LINUX = re.compile(r"(many|musl)linux_(\d+)_(\d+)_(\w+)")
_LEGACY = re.compile(r"manylinux(1|2010|2014)_(\w+)")
_LEGACY_GLIBC = {"1": (2, 5), "2010": (2, 12), "2014": (2, 17)}
_PYTHON = re.compile(r"(?:cp|python)?(\d)\.?(\d+)(t?)")


def parse_platform(text: str) -> Platform:
    """Parses a platform tag or one of the short forms ``macos`` and ``linux``.

    Raises:
        UnsupportedPlatformError: Not a tag, or one that the specification does not allow.
    """
    tag = SHORT_FORMS.get(text, text)
    if match := _MACOS.fullmatch(tag):
        return _macos_platform(text, int(match[1]), int(match[2]), match[3])
    if match := _LINUX.fullmatch(tag):
        minimum = (int(match[2]), int(match[3]))
        return _linux_platform(text, "glibc" if match[1] == "many" else "musl", minimum, match[4])
    if match := _LEGACY.fullmatch(tag):
        return _linux_platform(text, "glibc", _LEGACY_GLIBC[match[1]], match[2])
    raise UnsupportedPlatformError(f"{text!r} is not a platform tag that can be built for.")


def _macos_platform(text: str, major: int, minor: int, arch: str) -> Platform:
    if arch != "arm64":
        raise UnsupportedPlatformError(
            f"{text}: architecture {arch!r} is not built here; only arm64 lacks wheels."
        )
    if major < FIRST_ARM64_MACOS:
        raise UnsupportedPlatformError(
            f"{text}: arm64 Macs start at macOS 11.", hint="Use macosx_11_0_arm64."
        )
    if minor:
        raise UnsupportedPlatformError(
            f"{text}: from macOS 11 on a tag's minor version is 0; installers accept no other.",
            hint=f"For a deployment target of {major}.{minor} use macosx_{major + 1}_0_arm64.",
        )
    return Platform(os="macos", arch=arch, minimum=(major, 0))


def _linux_platform(
    text: str, libc: Literal["glibc", "musl"], minimum: tuple[int, int], arch: str
) -> Platform:
    if arch not in LINUX_ARCHITECTURES:
        raise UnsupportedPlatformError(
            f"{text}: architecture {arch!r} is not built here.",
            hint=f"On Linux there are {' and '.join(LINUX_ARCHITECTURES)}.",
        )
    if libc == "musl" and minimum != MUSL:
        raise UnsupportedPlatformError(
            f"{text}: musl wheels are built for musl {_dotted(MUSL)}, not {_dotted(minimum)}.",
            hint=f"Use musllinux_1_2_{arch}.",
        )
    if libc == "glibc" and minimum < OLDEST_GLIBC:
        raise UnsupportedPlatformError(
            f"{text}: glibc {_dotted(minimum)} is older than {_dotted(OLDEST_GLIBC)}, the oldest"
            " that is built for.",
            hint=f"Use manylinux_2_17_{arch}.",
        )
    if libc == "glibc" and minimum > NEWEST_GLIBC:
        raise UnsupportedPlatformError(
            f"{text}: glibc {_dotted(minimum)} is not known; {_dotted(NEWEST_GLIBC)} is the newest"
            " that is.",
            hint=f"An older one runs there too: manylinux_2_28_{arch}.",
        )
    return Platform(os="linux", arch=arch, minimum=minimum, libc=libc)


def _dotted(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"


def platform_for_deployment_target(version: tuple[int, int]) -> Platform:
    """The oldest macOS arm64 platform whose every release runs what needs ``version``.

    A deployment target of 13.3 gives ``macosx_14_0_arm64``: tags can't say 13.3, and macOS 13.0
    could not load the wheel.
    """
    major, minor = version
    return Platform(
        os="macos", arch="arm64", minimum=(max(major + (minor > 0), FIRST_ARM64_MACOS), 0)
    )


def parse_interpreter(text: str) -> Interpreter:
    """Parses ``3.11``, ``3.13t`` or ``cp313``.

    Raises:
        BadPythonError: Not a CPython version that wheels are built for.
    """
    match = _PYTHON.fullmatch(text)
    if not match:
        raise BadPythonError(f"{text!r} is not a Python version.")
    found = Interpreter(major=int(match[1]), minor=int(match[2]), free_threaded=bool(match[3]))
    if found.major != 3 or not OLDEST_PYTHON <= found.minor <= NEWEST_PYTHON:  # noqa: PLR2004
        raise BadPythonError(f"Python {found.version} is not supported.")
    if found.free_threaded and found.minor < FIRST_FREE_THREADED:
        raise BadPythonError(f"Python {found.version}: free-threaded builds start at 3.13.")
    return found
