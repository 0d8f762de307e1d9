"""A wheel's Mach-O files as dyld sees them on an arm64 Mac."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Protocol

from orchestrator.binary.macho import MachO
from orchestrator.binary.member import Member
from orchestrator.model import Value
from orchestrator.targets.wheel_tags import FIRST_ARM64, MacOSTag, macos_tags
from orchestrator.verify import dyld, layout
from orchestrator.verify.cpython import is_libpython
from orchestrator.verify.native import NativeSubject

if TYPE_CHECKING:
    from orchestrator.model import Interpreter
    from orchestrator.verify.native import Image

_LOADABLE = {"bundle", "dylib", "execute"}
_LIBRARY_NAMES = (".dylib",)


class SystemSymbols(Protocol):
    """What macOS has, version by version."""

    def available_symbols(
        self, install_name: str, minimum: tuple[int, int]
    ) -> frozenset[str] | None:
        """Symbols that a system library exports on arm64 macOS ``minimum``; None if unknown."""

    def is_system_library(self, path: str) -> bool:
        """Whether macOS itself has a library at this absolute path."""


class MachOImage(Value):
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

    @property
    def is_program(self) -> bool:
        """Whether it is run, not loaded."""
        return self.macho.filetype == "execute"

    @property
    def is_library(self) -> bool:
        """Whether it is named as a library."""
        return self.where.endswith(_LIBRARY_NAMES)

    @property
    def identity(self) -> str:
        """Its UUID."""
        return self.macho.uuid

    @property
    def name(self) -> str:
        """Its install name."""
        return self.macho.install_name

    @property
    def libraries(self) -> tuple[str, ...]:
        """Paths of what it loads, as its load commands spell them."""
        return tuple(library.path for library in self.macho.libraries)

    @property
    def exports(self) -> frozenset[str]:
        """C names of what it offers to others."""
        return frozenset(map(c_name, self.macho.exports)) - {""}

    @property
    def imports(self) -> frozenset[str]:
        """C names of what it takes from elsewhere."""
        return frozenset(c_name(item.name) for item in self.macho.imports) - {""}

    @property
    def unbound(self) -> frozenset[str]:
        """C names that it must find, and not in a certain library: flat lookup, or libpython."""
        return frozenset(
            c_name(item.name)
            for item in self.macho.imports
            if not item.weak
            and (item.lookup in {"flat", "executable"} or is_libpython(item.library))
        ) - {""}


@dataclass(frozen=True, kw_only=True)
class MacOSSubject(NativeSubject):
    """Everything that a rule about a macOS wheel may look at.

    Attributes:
        system: What macOS has.
    """

    prefix: ClassVar[str] = "MAC"
    os: ClassVar[str] = "macos"
    binds_to_libraries: ClassVar[bool] = True
    os_name: ClassVar[str] = "macOS"

    system: SystemSymbols

    @cached_property
    def tags(self) -> tuple[MacOSTag, ...]:
        """The wheel's macOS platform tags."""
        return macos_tags(self.platforms)

    @property
    def claims(self) -> bool:
        """Whether a tag of the wheel is for macOS."""
        return bool(self.tags)

    @cached_property
    def minimum(self) -> tuple[int, int]:
        """The oldest macOS on which an arm64 Mac would install the wheel."""
        return max(min((tag.version for tag in self.tags), default=FIRST_ARM64), FIRST_ARM64)

    @cached_property
    def images(self) -> tuple[MachOImage, ...]:
        """The Mach-O files that an arm64 Mac can load: no object files, no debug symbols."""
        found = []
        for member in self.wheel.members:
            for macho in member.slices:
                if macho.arch == "arm64" and macho.filetype in _LOADABLE:
                    path = layout.installed_path(member.name, self.wheel.dist_info)
                    found.append(MachOImage(member=member, macho=macho, path=path))
        return tuple(found)

    @cached_property
    def image_at(self) -> dict[str, MachOImage]:
        """The same by installed path."""
        return {image.path: image for image in self.images}

    def soabi_platforms(self, interpreter: Interpreter) -> frozenset[str]:  # noqa: ARG002
        """The only one that CPython has on macOS."""
        return frozenset({"darwin"})

    def locate(self, library: str, image: Image) -> str | None:
        """Where dyld finds a library of the wheel or of macOS, or None.

        Returns:
            The absolute path of a system library, or the installed path of a file of the wheel.
            LC_RPATH of the file itself comes first; those of the wheel's other files count too,
            because dyld also uses those of whatever loaded the file.
        """
        holders = sorted(self.images, key=lambda other: other is not image)
        rpaths = tuple((rpath, holder.path) for holder in holders for rpath in holder.macho.rpaths)
        for place in dyld.candidates(library, image.path, rpaths):
            if place in self.image_at or self.system.is_system_library(place):
                return place
        return None


def c_name(symbol: str) -> str:
    """Without the underscore that Mach-O puts in front of C names; empty where there is none."""
    return symbol[1:] if symbol.startswith("_") else ""
