"""How a built wheel differs from a reference, such as the project's official one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.model import Value
from orchestrator.verify.extension import extension
from orchestrator.verify.traits import Traits, traits, unhashed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orchestrator.binary.member import Member
    from orchestrator.binary.wheelfile import WheelFacts


class Difference(Value):
    """Names that only one of two sides has, each sorted."""

    built_only: tuple[str, ...] = ()
    reference_only: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many names differ."""
        return len(self.built_only) + len(self.reference_only)


class Pair(Value):
    """One binary that both wheels have.

    Attributes:
        name: Path in the wheel, without what names the interpreter (``numpy/core/x.so``).
        built: Its path in the built wheel.
        reference: Its path in the reference wheel.
        exports: Exported symbols.
        imports: Imported symbols.
        libraries: Linked libraries; those inside of the wheel by file name only.
        versions: Symbol versions that are needed of libraries, e.g. ``libc.so.6 GLIBC_2.17``.
        minimum: Oldest macOS, or glibc, of the built and of the reference file, such as ``11.0``.
        size: Bytes of the built and of the reference file.
    """

    name: str
    built: str
    reference: str
    exports: Difference
    imports: Difference
    libraries: Difference
    versions: Difference
    minimum: tuple[str, str]
    size: tuple[int, int]

    @property
    def same(self) -> bool:
        """Whether symbols, libraries and oldest system are the same."""
        differences = (self.exports, self.imports, self.libraries, self.versions)
        return not any(item.count for item in differences) and self.minimum[0] == self.minimum[1]


class Totals(Value):
    """Sums over a comparison.

    Attributes:
        binaries: In both wheels.
        same: Binaries with no difference but size.
        exports: Exported symbols that differ.
        imports: Imported symbols that differ.
        most_imports: The largest number of differing imports in any one binary.
        libraries: Linked libraries that differ.
    """

    binaries: int
    same: int
    exports: int
    imports: int
    most_imports: int
    libraries: int


class Comparison(Value):
    """How two wheels differ; of universal files the arm64 slices are compared.

    Attributes:
        built: File name of the built wheel.
        reference: File name of the reference wheel.
        tags: Wheel tags.
        binaries: Mach-O and ELF files that only one has.
        pairs: Mach-O and ELF files that both have.
        files: Other files that only one has, metadata folders aside.
        changed: Other files whose content differs.
        size: Bytes of the two wheel files.
        totals: Sums over ``pairs``.
    """

    built: str
    reference: str
    tags: Difference
    binaries: Difference
    pairs: tuple[Pair, ...]
    files: Difference
    changed: tuple[str, ...]
    size: tuple[int, int]
    totals: Totals


def compare(built: WheelFacts, reference: WheelFacts) -> Comparison:
    """Compares two wheels of one project, member by member."""
    ours, theirs = _binaries(built), _binaries(reference)
    our_files, their_files = _others(built), _others(reference)
    pairs = tuple(
        _pair(name, ours[name], theirs[name]) for name in sorted(ours.keys() & theirs.keys())
    )
    return Comparison(
        built=built.filename,
        reference=reference.filename,
        tags=_difference(built.tags, reference.tags),
        binaries=_difference(ours.keys(), theirs.keys()),
        pairs=pairs,
        files=_difference(our_files.keys(), their_files.keys()),
        changed=tuple(
            name
            for name in sorted(our_files.keys() & their_files.keys())
            if our_files[name].sha256 != their_files[name].sha256
        ),
        size=(built.size, reference.size),
        totals=_totals(pairs),
    )


def _totals(pairs: tuple[Pair, ...]) -> Totals:
    return Totals(
        binaries=len(pairs),
        same=sum(pair.same for pair in pairs),
        exports=sum(pair.exports.count for pair in pairs),
        imports=sum(pair.imports.count for pair in pairs),
        most_imports=max((pair.imports.count for pair in pairs), default=0),
        libraries=sum(pair.libraries.count for pair in pairs),
    )


def _binaries(wheel: WheelFacts) -> dict[str, tuple[Member, Traits]]:
    """Binaries by a name that does not depend on the interpreter."""
    found: dict[str, tuple[Member, Traits]] = {}
    for member in wheel.members:
        if facts := traits(member):
            plain = _plain(member.name, wheel)
            # Two copies of a library may differ in their hash only.
            found[member.name if plain in found else plain] = (member, facts)
    return found


def _others(wheel: WheelFacts) -> dict[str, Member]:
    return {
        _plain(member.name, wheel): member
        for member in wheel.members
        if not member.slices
        and not member.elf
        and not member.name.startswith(f"{wheel.dist_info}/")
    }


def _plain(name: str, wheel: WheelFacts) -> str:
    """The path without version, interpreter and hash: ``x.cpython-311-darwin.so`` is ``x.so``."""
    stem = wheel.dist_info.removesuffix(".dist-info")
    if name.startswith(f"{stem}.data/"):
        name = name.removeprefix(f"{stem}.")
    file = extension(name)
    if file is None or not file.suffix:
        return unhashed(name)
    return f"{name.removesuffix(f'.{file.suffix}.so')}.so"


def _pair(name: str, built: tuple[Member, Traits], reference: tuple[Member, Traits]) -> Pair:
    (our_member, ours), (their_member, theirs) = built, reference
    return Pair(
        name=name,
        built=our_member.name,
        reference=their_member.name,
        exports=_difference(ours.exports, theirs.exports),
        imports=_difference(ours.imports, theirs.imports),
        libraries=_difference(ours.libraries, theirs.libraries),
        versions=_difference(ours.versions, theirs.versions),
        minimum=(ours.minimum, theirs.minimum),
        size=(our_member.size, their_member.size),
    )


def _difference(built: Iterable[str], reference: Iterable[str]) -> Difference:
    ours, theirs = set(built), set(reference)
    return Difference(
        built_only=tuple(sorted(ours - theirs)), reference_only=tuple(sorted(theirs - ours))
    )
