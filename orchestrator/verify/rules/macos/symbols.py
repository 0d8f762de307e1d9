"""Rules about imported symbols: each must exist where the loader will look for it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from orchestrator.verify.cpython import is_api_name, is_libpython
from orchestrator.verify.macos import MacOSSubject, c_name
from orchestrator.verify.rule import Report, rule, some

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.binary.macho import Import
    from orchestrator.verify.macos import MachOImage

_LIBSYSTEM = "/usr/lib/libSystem.B.dylib"


def _version(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))


@rule("MAC303", "error", "What a file imports from macOS exists in the oldest one of the tag")
def macos_has_symbols(subject: MacOSSubject) -> Iterator[Report]:
    """The tag promises that version; there the loader would refuse the file."""
    minimum = subject.minimum
    unchecked: dict[str, set[str]] = defaultdict(set)
    for image in subject.images:
        missing: dict[str, list[str]] = defaultdict(list)
        for item in image.macho.imports:
            place = _system_library(item, image, subject)
            if not place or item.weak:
                continue
            available = subject.system.available_symbols(place, minimum)
            if available is None:
                unchecked[place].add(item.name)
            elif item.name not in available:
                missing[place].append(item.name)
        for place, absent in missing.items():
            yield Report(
                image.where,
                f"macOS {_version(minimum)} has no {some(absent)} in {place}.",
                "Compile with that deployment target and without what configure found beyond it.",
            )
    for place, names in sorted(unchecked.items()):
        yield Report(
            "",
            f"What {place} exports is not known here: {len(names)} imports not checked.",
            severity="note",
        )


def _system_library(item: Import, image: MachOImage, subject: MacOSSubject) -> str:
    """The library of macOS that the import is bound to, or empty."""
    if item.lookup != "library" or is_libpython(item.library):
        return ""
    place = subject.locate(item.library, image)
    return place if place and place not in subject.image_at else ""


@rule("MAC304", "error", "What a file imports from a library of the wheel is exported there")
def wheel_has_symbols(subject: MacOSSubject) -> Iterator[Report]:
    """The copy in the wheel may be another version than the one that was linked."""
    for image in subject.images:
        missing: dict[str, list[str]] = defaultdict(list)
        for item in image.macho.imports:
            if item.lookup != "library" or item.weak:
                continue
            source = subject.image_at.get(subject.locate(item.library, image) or "")
            if source is None or item.name in source.macho.exports:
                continue
            # What is re-exported as a whole may come from anywhere behind the library.
            if not any(library.kind == "reexport" for library in source.macho.libraries):
                missing[source.where].append(item.name)
        for where, names in missing.items():
            yield Report(image.where, f"{where} doesn't export {some(names)}.")


@rule("MAC305", "error", "Symbols of no particular library exist somewhere")
def flat_symbols_found(subject: MacOSSubject) -> Iterator[Report]:
    """``-undefined dynamic_lookup`` hides missing definitions until the module is loaded.

    Such a symbol must be Python's, macOS's or another file's of the wheel: usually a source file
    or a library was not linked.
    """
    for image in subject.images:
        known = subject.system.available_symbols(_LIBSYSTEM, subject.minimum) or frozenset()
        certain = True
        for library in image.macho.libraries:
            place = subject.locate(library.path, image)
            if place in subject.image_at:
                continue
            available = subject.system.available_symbols(place, subject.minimum) if place else None
            certain = certain and available is not None
            known |= available or frozenset()
        lost = [
            item.name
            for item in image.macho.imports
            if item.lookup == "flat"
            and not item.weak
            and not is_api_name(c_name(item.name))
            and item.name not in known
            and c_name(item.name) not in subject.exported
        ]
        if lost:
            yield Report(
                image.where,
                f"Nothing known defines {some(lost)}.",
                "Link the library or compile the source file that defines it.",
                None if certain else "note",
            )


RULES = (
    macos_has_symbols,
    wheel_has_symbols,
    flat_symbols_found,
)
