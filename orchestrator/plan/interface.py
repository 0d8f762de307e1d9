"""What a library or a wheel offers to those that are built with it, as a digest. Pure.

As long as it stays the same, what was built with it before need not be built again: code that is
linked against a shared library knows its name and its symbols, and code that was compiled with it
knows its headers. Static libraries are copied in, so their whole content counts; so does whatever
tells a build how to compile and link.
"""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from orchestrator.binary.member import Member

# What compilers (C, C++, Cython) and build tools read.
_READ = frozenset(
    {".h", ".hpp", ".hh", ".hxx", ".h++", ".ipp", ".inc", ".inl", ".tcc", ".def", ".modulemap"}
    | {".pxd", ".pxi", ".pc", ".cmake", ".a", ".lib"}
)
_EXTENSIONLESS_HEADERS = "include"
_PROGRAMS = "bin"


def interface_digest(members: Iterable[Member]) -> str:
    """The digest of what files offer, 64 hex digits.

    Args:
        members: All files of a wheel, or of a library's folder; their order is of no matter.
    """
    facts = sorted((member.name, fact) for member in members for fact in _facts(member))
    return hashlib.sha256(msgspec.json.encode(facts)).hexdigest()


def _facts(member: Member) -> Iterator[list[Any]]:
    """What one file offers; nothing where it is no business of others."""
    path = PurePosixPath(member.name)
    if member.elf and member.elf.filetype == "shared":
        elf = member.elf
        yield [elf.machine, elf.soname, sorted(elf.exports), sorted(elf.defined_versions)]
        return
    shared = [part for part in member.slices if part.filetype in {"dylib", "bundle"}]
    for part in shared:
        yield [part.arch, part.install_name, list(part.compatibility_version), sorted(part.exports)]
    header = not path.suffix and _EXTENSIONLESS_HEADERS in path.parts
    if not shared and (path.suffix in _READ or header or path.parts[0] == _PROGRAMS):
        yield [member.sha256]
