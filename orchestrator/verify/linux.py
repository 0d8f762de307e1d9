"""A wheel's ELF files as the loader of the tag's Linux sees them."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from orchestrator.binary.elf import Elf
from orchestrator.binary.member import Member
from orchestrator.model import Value
from orchestrator.targets.wheel_tags import Libc, LinuxTag, linux_tags
from orchestrator.verify import layout, manylinux
from orchestrator.verify.ldso import search_folder
from orchestrator.verify.native import NativeSubject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.model import Interpreter
    from orchestrator.verify.native import Image

MACHINES = {"aarch64", "x86_64"}
"""Architectures whose tags, ELF machines and suffixes are known here: all three spell them so."""
_FIRST_MUSL_SOABI = 11
_GLIBC_LOADERS = ("ld-linux", "ld64.so.", "ld.so.")
_MUSL_LIBC = ("libc.musl-", "ld-musl-")
_GLIBC_ONLY = {
    "libanl.so.1",
    "libc.so.6",
    "libdl.so.2",
    "libm.so.6",
    "libmvec.so.1",
    "libnsl.so.1",
    "libpthread.so.0",
    "libresolv.so.2",
    "librt.so.1",
    "libutil.so.1",
}
# auditwheel's policy for musllinux: the C library itself, and what every CPython needs too.
_MUSL_LIBRARIES = {"libz.so.1"}


def libc_of(library: str) -> Libc:
    """Whose C library this is a part of, by its soname; empty for other libraries."""
    if library in _GLIBC_ONLY or library.startswith(_GLIBC_LOADERS):
        return "glibc"
    return "musl" if library == "libc.so" or library.startswith(_MUSL_LIBC) else ""


class ElfImage(Value):
    """An ELF file of the wheel, for the tag's architecture.

    Attributes:
        member: The file.
        elf: What it says.
        path: Where the file lies once installed, relative to the environment's prefix.
    """

    member: Member
    elf: Elf
    path: str

    @property
    def where(self) -> str:
        """How findings name the file."""
        return self.member.name

    @property
    def is_program(self) -> bool:
        """Whether it is run, not loaded."""
        return self.elf.filetype == "executable"

    @property
    def is_library(self) -> bool:
        """Whether it says by which name others link to it; extension modules rarely do."""
        return bool(self.elf.soname)

    @property
    def identity(self) -> str:
        """Its build id."""
        return self.elf.build_id

    @property
    def name(self) -> str:
        """Its soname."""
        return self.elf.soname

    @property
    def libraries(self) -> tuple[str, ...]:
        """What it needs."""
        return self.elf.needed

    @property
    def exports(self) -> frozenset[str]:
        """What it offers to others."""
        return self.elf.exports

    @property
    def imports(self) -> frozenset[str]:
        """What it takes from elsewhere."""
        return frozenset(item.name for item in self.elf.imports)

    @property
    def unbound(self) -> frozenset[str]:
        """What it must find, of whatever version."""
        return frozenset(
            item.name for item in self.elf.imports if not item.weak and not item.version
        )

    @property
    def search_folders(self) -> tuple[str, ...]:
        """DT_RUNPATH where there is one, else DT_RPATH: the loader ignores it otherwise."""
        return self.elf.runpath or self.elf.rpath


@dataclass(frozen=True, kw_only=True)
class LinuxSubject(NativeSubject):
    """Everything that a rule about a Linux wheel may look at."""

    prefix: ClassVar[str] = "LNX"
    os: ClassVar[str] = "linux"
    binds_to_libraries: ClassVar[bool] = False
    os_name: ClassVar[str] = "Linux"

    @cached_property
    def tags(self) -> tuple[LinuxTag, ...]:
        """The wheel's Linux platform tags."""
        return linux_tags(self.platforms)

    @property
    def claims(self) -> bool:
        """Whether a tag of the wheel is for Linux."""
        return bool(self.tags)

    @cached_property
    def promises(self) -> tuple[LinuxTag, ...]:
        """The oldest tag of each libc: the systems with the least that install the wheel."""
        oldest: dict[Libc, LinuxTag] = {}
        for tag in sorted(self.tags, key=lambda tag: tag.version):
            if tag.libc:
                oldest.setdefault(tag.libc, tag)
        return tuple(oldest.values())

    @cached_property
    def arches(self) -> frozenset[str]:
        """The architectures of the tags, as far as they are known here."""
        return frozenset(tag.arch for tag in self.tags) & MACHINES

    @cached_property
    def policy(self) -> manylinux.Policy | None:
        """What systems with glibc have: that of the tag, or the newest where it promises none."""
        for tag in self.promises:
            if tag.libc == "glibc":
                return manylinux.policy(tag.version, tag.arch)
        plain = [tag.arch for tag in self.tags if not tag.libc]
        return manylinux.newest(plain[0]) if plain else None

    @cached_property
    def images(self) -> tuple[ElfImage, ...]:
        """The ELF files that a machine of the tag can load: no object files."""
        return tuple(
            ElfImage(
                member=member,
                elf=member.elf,
                path=layout.installed_path(member.name, self.wheel.dist_info),
            )
            for member in self.wheel.members
            if member.elf
            and member.elf.filetype in {"shared", "executable"}
            and (member.elf.machine in self.arches or not self.arches)
        )

    @cached_property
    def image_at(self) -> dict[str, ElfImage]:
        """The same by installed path."""
        return {image.path: image for image in self.images}

    @cached_property
    def folders(self) -> frozenset[str]:
        """Every folder of the installed wheel that a binary lies in."""
        return frozenset(posixpath.dirname(image.path) for image in self.images)

    def soabi_platforms(self, interpreter: Interpreter) -> frozenset[str] | None:
        """PEP 3149 leaves the end to CPython: until 3.10 it said ``gnu`` under musl, too."""
        if not self.arches:
            return None
        libcs = {tag.libc for tag in self.tags}
        ends = {"gnu"} if libcs - {"musl"} or interpreter.minor < _FIRST_MUSL_SOABI else set()
        if libcs - {"glibc"}:
            ends.add("musl")
        return frozenset(f"{arch}-linux-{end}" for arch in self.arches for end in ends)

    def is_system_library(self, library: str) -> bool:
        """Whether every system that installs the wheel has a library of this soname."""
        if libc_of(library):
            return True
        musl = any(tag.libc == "musl" for tag in self.promises)
        if musl and library not in _MUSL_LIBRARIES:
            return False
        return musl or (self.policy is not None and library in self.policy.libraries)

    def locate(self, library: str, image: Image) -> str | None:
        """Where the loader finds a library of the wheel, or None.

        DT_RPATH of the wheel's other files counts too where the file has no DT_RUNPATH, because
        the loader also uses that of whatever loaded the file.
        """
        for folder in self._searched(image):
            place = posixpath.join(folder, library)
            if place in self.image_at:
                return place
        return None

    def _searched(self, image: Image) -> Iterator[str]:
        own = self.image_at[image.path]
        yield from (search_folder(entry, own.path) for entry in own.search_folders)
        if not own.elf.runpath:
            for other in self.images:
                yield from (search_folder(entry, other.path) for entry in other.elf.rpath)
