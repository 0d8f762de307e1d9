"""What two binaries are compared by, whichever format they have."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.model import Value
from orchestrator.verify.linux import libc_of

if TYPE_CHECKING:
    from orchestrator.binary.elf import Elf
    from orchestrator.binary.macho import MachO
    from orchestrator.binary.member import Member

# auditwheel puts a part of the file's hash behind a copied library's name, each time anew.
_HASHED = re.compile(r"(?:-[0-9a-f]{8})+(?=\.so\b)")


class Traits(Value):
    """One binary.

    Attributes:
        exports: Exported symbols.
        imports: Imported symbols.
        libraries: Linked libraries; those inside of the wheel by file name only.
        versions: Symbol versions that it needs of libraries, e.g. ``libc.so.6 GLIBC_2.17``.
        minimum: Oldest macOS, or glibc, such as ``11.0``; empty where the file doesn't say.
    """

    exports: frozenset[str]
    imports: frozenset[str]
    libraries: frozenset[str]
    versions: frozenset[str] = frozenset()
    minimum: str = ""


def traits(member: Member) -> Traits | None:
    """Those of a file of a wheel, of its arm64 slice where it has several; None of others."""
    if member.slices:
        arm64 = [macho for macho in member.slices if macho.arch == "arm64"]
        return _of_macho((*arm64, *member.slices)[0])
    return _of_elf(member.elf) if member.elf else None


def unhashed(name: str) -> str:
    """A library's name as it was before it was copied into a wheel."""
    return _HASHED.sub("", name)


def _of_macho(macho: MachO) -> Traits:
    return Traits(
        exports=macho.exports,
        imports=frozenset(item.name for item in macho.imports),
        libraries=frozenset(
            library.path.rsplit("/", 1)[-1] if library.path.startswith("@") else library.path
            for library in macho.libraries
        ),
        minimum=_dotted(macho.minimum or ()),
    )


def _of_elf(elf: Elf) -> Traits:
    return Traits(
        exports=elf.exports,
        imports=frozenset(item.name for item in elf.imports),
        libraries=frozenset(map(unhashed, elf.needed)),
        versions=frozenset(
            f"{unhashed(library)} {version}"
            for library, versions in elf.versions.items()
            for version in versions
        ),
        minimum=_dotted(_glibc(elf)),
    )


def _glibc(elf: Elf) -> tuple[int, ...]:
    """The newest version of glibc's symbols that the file needs."""
    numbers = (
        version.removeprefix("GLIBC_")
        for library, versions in elf.versions.items()
        if libc_of(library) == "glibc"
        for version in versions
    )
    return max(
        (tuple(map(int, number.split("."))) for number in numbers if _is_dotted(number)),
        default=(),
    )


def _is_dotted(text: str) -> bool:
    return all(part.isdecimal() for part in text.split("."))


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
