"""What a rule looks at: a wheel's facts, what it is for, and what the system offers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from orchestrator.binary.macho import MachO
from orchestrator.binary.wheelfile import Member, WheelFacts
from orchestrator.model import Interpreter, Target, Value
from orchestrator.verify import layout

if TYPE_CHECKING:
    from orchestrator.verify.cpython import CPythonSymbols

FIRST_ARM64 = (11, 0)
_LOADABLE = {"bundle", "dylib", "execute"}
_MACOS_TAG = re.compile(r"macosx_(\d+)_(\d+)_(\w+)", re.ASCII)
_CPYTHON_TAG = re.compile(r"cp(\d)(\d+)(t?)", re.ASCII)


class SystemSymbols(Protocol):
    """What macOS has, version by version."""

    def available_symbols(
        self, install_name: str, minimum: tuple[int, int]
    ) -> frozenset[str] | None:
        """Symbols that a system library exports on arm64 macOS ``minimum``; None if unknown."""

    def is_system_library(self, path: str) -> bool:
        """Whether macOS itself has a library at this absolute path."""


class MacOSTag(Value):
    """A ``macosx_X_Y_ARCH`` platform tag, valid or not."""

    text: str
    version: tuple[int, int]
    arch: str


class Image(Value):
    """The arm64 slice of a Mach-O file of the wheel.

    Attributes:
        member: The file.
        macho: The slice.
        path: Where the file lies once installed, relative to the environment's prefix.
    """

    member: Member
    macho: MachO
    path: str

    @property
    def where(self) -> str:
        """How findings name the file."""
        return self.member.name


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Everything a rule may look at.

    Attributes:
        wheel: What the wheel says.
        system: What macOS has.
        cpython: What CPython exports.
        target: What the wheel was asked for, or None when nothing was asked.
        expects_binaries: Whether the project is known to hold compiled code.
    """

    wheel: WheelFacts
    system: SystemSymbols
    cpython: CPythonSymbols
    target: Target | None = None
    expects_binaries: bool = False

    @cached_property
    def macos_tags(self) -> tuple[MacOSTag, ...]:
        """The wheel's macOS platform tags."""
        platforms = sorted({tag.split("-", 2)[2] for tag in self.wheel.tags})
        matches = (_MACOS_TAG.fullmatch(platform) for platform in platforms)
        return tuple(
            MacOSTag(text=match[0], version=(int(match[1]), int(match[2])), arch=match[3])
            for match in matches
            if match
        )

    @property
    def is_pure(self) -> bool:
        """Whether the wheel says that it runs on every platform."""
        return all(tag.endswith("-any") for tag in self.wheel.tags)

    @cached_property
    def minimum(self) -> tuple[int, int]:
        """The oldest macOS on which an arm64 Mac would install the wheel."""
        return max(min((tag.version for tag in self.macos_tags), default=FIRST_ARM64), FIRST_ARM64)

    @cached_property
    def interpreters(self) -> tuple[Interpreter, ...]:
        """The CPythons that the wheel's tags name; with ``abi3``, the oldest of all that follow."""
        found: set[tuple[int, int, bool]] = set()
        for tag in self.wheel.tags:
            python, abi, _ = tag.split("-", 2)
            if match := _CPYTHON_TAG.fullmatch(python):
                found.add((int(match[1]), int(match[2]), abi.endswith("t")))
        return tuple(
            Interpreter(major=major, minor=minor, free_threaded=free)
            for major, minor, free in sorted(found)
        )

    @cached_property
    def is_abi3(self) -> bool:
        """Whether the wheel promises to run on all later CPythons too (PEP 384)."""
        return any(tag.split("-")[1] == "abi3" for tag in self.wheel.tags)

    @cached_property
    def images(self) -> tuple[Image, ...]:
        """The Mach-O files that an arm64 Mac can load: no object files, no debug symbols."""
        found = []
        for member in self.wheel.members:
            for macho in member.slices:
                if macho.arch == "arm64" and macho.filetype in _LOADABLE:
                    path = layout.installed_path(member.name, self.wheel.dist_info)
                    found.append(Image(member=member, macho=macho, path=path))
        return tuple(found)

    @cached_property
    def image_at(self) -> dict[str, Image]:
        """The same by installed path."""
        return {image.path: image for image in self.images}

    @cached_property
    def exported(self) -> frozenset[str]:
        """Everything that any file of the wheel exports."""
        return frozenset().union(*(image.macho.exports for image in self.images))

    def locate(self, path: str, loader: Image) -> str | None:
        """Where dyld finds a library of the wheel or of macOS, or None.

        Returns:
            The absolute path of a system library, or the installed path of a file of the wheel.
            LC_RPATH of the file itself comes first; those of the wheel's other files count too,
            because dyld also uses those of whatever loaded the file.
        """
        holders = (loader, *(image for image in self.images if image is not loader))
        rpaths = tuple((rpath, image.path) for image in holders for rpath in image.macho.rpaths)
        for place in layout.candidates(path, loader.path, rpaths):
            if place in self.image_at or self.system.is_system_library(place):
                return place
        return None
