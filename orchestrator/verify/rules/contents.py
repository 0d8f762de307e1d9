"""Rules about the binaries in a wheel that hold for every operating system."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from typing import TYPE_CHECKING

from orchestrator.verify.cpython import is_libpython
from orchestrator.verify.rule import Report, rule, some

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.verify.native import Image, NativeSubject

# What another system's binaries are called that travel as data: launchers, debuggers' helpers.
_DATA_NAMES = {"pe": (".exe", ".dll"), "macho": (".dylib",), "fat": (".dylib",)}
_NAMES = {"pe": "PE", "elf": "ELF", "macho": "Mach-O", "fat": "Mach-O"}


@rule("MAC001 LNX001", "error", "Binaries can be read")
def readable(subject: NativeSubject) -> Iterator[Report]:
    """A truncated or broken file can't be loaded."""
    for member in subject.wheel.members:
        if member.broken and member.kind.format in subject.formats:
            yield Report(member.name, f"This is {member.broken}.")


@rule("MAC004 LNX004", "error", "No file of another operating system is in the wheel")
def no_foreign_code(subject: NativeSubject) -> Iterator[Report]:
    """Such a file means that something was compiled for the build machine instead."""
    if not subject.claims:
        return
    for member in subject.wheel.members:
        kind = member.kind
        found = kind.objects if kind.format == "ar" else kind.format
        if found in subject.formats or found not in _NAMES:
            continue
        yield Report(
            member.name,
            f"This is {_NAMES[found]} code for {some(kind.machines)} in a {subject.os_name} wheel.",
            "The package called the host's compiler; see the build's log.",
            "warning" if member.name.endswith(_DATA_NAMES.get(found, ())) else None,
        )


@rule("MAC104 LNX104", "error", "No file is linked against libpython")
def no_libpython(subject: NativeSubject) -> Iterator[Report]:
    """It would load a second interpreter into the process, or fail where that path is missing."""
    for image in subject.images:
        for library in filter(is_libpython, image.libraries):
            yield Report(
                image.where,
                f"Linked against {library}.",
                "Link without -lpython; on macOS with -undefined dynamic_lookup.",
            )


@rule("MAC105 LNX105", "error", "A library is loaded from one place only")
def one_copy(subject: NativeSubject) -> Iterator[Report]:
    """Two copies in one process each have their own state: objects of one break in the other."""
    loaded = {
        place
        for image in subject.images
        for library in image.libraries
        if (place := subject.locate(library, image)) and place != image.path
    }
    for name, copies in sorted(_copies(subject).items()):
        both = sum(image.path in loaded for image in copies) > 1
        yield Report(
            copies[-1].where,
            f"The wheel holds {name} more than once: {some(image.where for image in copies)}.",
            "Link everything against one copy.",
            # A second copy that nothing links to only takes space; and where names belong to no
            # library, the first copy that is loaded serves all.
            None if both and subject.binds_to_libraries else "warning",
        )


def _copies(subject: NativeSubject) -> dict[str, list[Image]]:
    """Libraries with the same content, the same identity or the same name, by file name."""
    groups: dict[str, list[Image]] = defaultdict(list)
    for image in subject.images:
        if image.is_library:
            for key in {
                image.member.sha256,
                image.identity or image.member.sha256,
                posixpath.basename(image.name or image.where),
            }:
                groups[key].append(image)
    return {
        posixpath.basename(copies[0].where): copies for copies in groups.values() if len(copies) > 1
    }


@rule("MAC106 LNX106", "warning", "No binary mentions a folder of the build machine")
def no_build_strings(subject: NativeSubject) -> Iterator[Report]:
    """Such strings leak who built it and make builds differ; some are paths to data files."""
    for member in subject.wheel.members:
        if member.mentions:
            yield Report(member.name, f"The content mentions {some(member.mentions)}.")


RULES = (readable, no_foreign_code, no_libpython, one_copy, no_build_strings)
