"""A wheel's binaries as the loader of one operating system sees them, whichever it is.

Rules that hold for every system are written against this; ``macos`` and ``linux`` fill it in.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Protocol

from orchestrator.verify.subject import Subject

if TYPE_CHECKING:
    from orchestrator.binary.kind import Format
    from orchestrator.binary.member import Member
    from orchestrator.model import Interpreter

FORMATS: dict[str, frozenset[Format]] = {
    "macos": frozenset({"macho", "fat"}),
    "linux": frozenset({"elf"}),
}
"""Formats of binaries, by operating system."""


class Image(Protocol):
    """A file of the wheel that the system's loader can load."""

    @property
    def member(self) -> Member:
        """The file."""

    @property
    def path(self) -> str:
        """Where it lies once installed, relative to the environment's prefix."""

    @property
    def where(self) -> str:
        """How findings name it."""

    @property
    def is_program(self) -> bool:
        """Whether it is run, not loaded."""

    @property
    def is_library(self) -> bool:
        """Whether it is meant to be linked against, and no module."""

    @property
    def identity(self) -> str:
        """The same for copies of one build; may be empty."""

    @property
    def name(self) -> str:
        """By which other files ask for it; may be empty."""

    @property
    def libraries(self) -> tuple[str, ...]:
        """What it loads, as it spells them."""

    @property
    def exports(self) -> frozenset[str]:
        """What it offers to others, as C names."""

    @property
    def imports(self) -> frozenset[str]:
        """What it takes from elsewhere, as C names."""

    @property
    def unbound(self) -> frozenset[str]:
        """Those of its imports that must be found, but not in a certain library."""


@dataclass(frozen=True, kw_only=True)
class NativeSubject(Subject, ABC):
    """Everything that a rule about compiled code may look at.

    Attributes:
        os: As platforms spell it.
        os_name: As people do.
        binds_to_libraries: Whether a file takes each symbol from the one library that it was
            linked against, and not from the first that has it.
    """

    os: ClassVar[str]
    os_name: ClassVar[str]
    binds_to_libraries: ClassVar[bool]

    @property
    def formats(self) -> frozenset[Format]:
        """Of binaries that the system loads."""
        return FORMATS[self.os]

    @property
    @abstractmethod
    def claims(self) -> bool:
        """Whether a tag of the wheel is for this system in particular."""

    @property
    @abstractmethod
    def images(self) -> tuple[Image, ...]:
        """The files that the system of the tag can load."""

    @cached_property
    def exported(self) -> frozenset[str]:
        """Everything that any file of the wheel exports, as C names."""
        return frozenset().union(*(image.exports for image in self.images))

    @abstractmethod
    def soabi_platforms(self, interpreter: Interpreter) -> frozenset[str] | None:
        """Ends of the suffixes that a Python looks for, e.g. ``darwin``; None where unknown."""

    @abstractmethod
    def locate(self, library: str, image: Image) -> str | None:
        """Where the loader finds what a file asks for: an installed path, or None."""
