"""Rules about imported symbols: each must exist where the loader will look for it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from orchestrator.verify.cpython import api_name
from orchestrator.verify.rule import Report, rule, some
from orchestrator.verify.rules.loading import is_libpython
from orchestrator.verify.rules.modules import extension

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.binary.macho import Import
    from orchestrator.model import Interpreter
    from orchestrator.verify.subject import Image, Subject

_LIBSYSTEM = "/usr/lib/libSystem.B.dylib"


def _python_imports(image: Image, subject: Subject) -> list[str]:
    """C names that the file expects of the interpreter."""
    return [
        api
        for item in image.macho.imports
        if (api := api_name(item.name))
        and not item.weak
        and (item.lookup in {"flat", "executable"} or is_libpython(item.library))
        and not (item.lookup == "flat" and item.name in subject.exported)
    ]


def _interpreters(image: Image, subject: Subject) -> tuple[Interpreter, ...]:
    """The CPythons that may load the file."""
    file = extension(image.where)
    if file and file.interpreter:
        return (file.interpreter,)
    if subject.interpreters:
        return subject.interpreters
    return (subject.target.interpreter,) if subject.target else ()


def _version(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))


@rule("MAC301", "error", "What a file imports from Python exists in that CPython")
def python_has_symbols(subject: Subject) -> Iterator[Report]:
    """The loader refuses the module otherwise: the source is for another version of Python."""
    if subject.is_abi3:
        return
    table = subject.cpython
    unknown: set[str] = set()
    for image in subject.images:
        names = _python_imports(image, subject)
        for interpreter in _interpreters(image, subject) if names else ():
            version = (interpreter.major, interpreter.minor)
            if version not in table.versions or interpreter.free_threaded:
                unknown.add(interpreter.version)
                continue
            missing = [name for name in names if version not in table.exported.get(name, ())]
            if missing:
                yield Report(
                    image.where,
                    f"CPython {interpreter.version} doesn't export {some(missing)}.",
                    "Build a version of the package that supports this Python.",
                )
    for text in sorted(unknown):
        yield Report(
            "", f"What CPython {text} exports is not known here: not checked.", severity="note"
        )


@rule("MAC302", "error", "An abi3 wheel imports only the stable ABI of its oldest Python")
def stable_abi_only(subject: Subject) -> Iterator[Report]:
    """Tagged ``abi3``, the wheel is installed on every later Python too (PEP 384)."""
    if not subject.is_abi3 or not subject.interpreters:
        return
    oldest = (subject.interpreters[0].major, subject.interpreters[0].minor)
    table = subject.cpython
    exporters = {version for version in table.versions if version >= oldest}
    for image in subject.images:
        names = _python_imports(image, subject)
        foreign = [name for name in names if name not in table.stable_abi]
        if foreign:
            yield Report(
                image.where,
                f"{some(foreign)} is not in the stable ABI.",
                "Define Py_LIMITED_API, or tag the wheel for one version of Python.",
            )
        newer = [name for name in names if table.stable_abi.get(name, oldest) > oldest]
        absent = [name for name in newer if not exporters <= table.exported.get(name, frozenset())]
        if newer:
            yield Report(
                image.where,
                f"{some(newer)} came to the stable ABI after {_version(oldest)}, the oldest "
                "Python that the tag names.",
                "Set Py_LIMITED_API to the tag's version, or raise the tag.",
                # Exported by every known Python since the tag's: it works, unpromised.
                None if absent else "warning",
            )


@rule("MAC303", "error", "What a file imports from macOS exists in the oldest one of the tag")
def macos_has_symbols(subject: Subject) -> Iterator[Report]:
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


def _system_library(item: Import, image: Image, subject: Subject) -> str:
    """The library of macOS that the import is bound to, or empty."""
    if item.lookup != "library" or is_libpython(item.library):
        return ""
    place = subject.locate(item.library, image)
    return place if place and place not in subject.image_at else ""


@rule("MAC304", "error", "What a file imports from a library of the wheel is exported there")
def wheel_has_symbols(subject: Subject) -> Iterator[Report]:
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
def flat_symbols_found(subject: Subject) -> Iterator[Report]:
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
            and not api_name(item.name)
            and item.name not in known
            and item.name not in subject.exported
        ]
        if lost:
            yield Report(
                image.where,
                f"Nothing known defines {some(lost)}.",
                "Link the library or compile the source file that defines it.",
                None if certain else "note",
            )


RULES = (
    python_has_symbols,
    stable_abi_only,
    macos_has_symbols,
    wheel_has_symbols,
    flat_symbols_found,
)
