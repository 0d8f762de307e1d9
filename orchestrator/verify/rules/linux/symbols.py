"""Rules about imported symbols: each must exist where the loader will look for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.verify.cpython import is_api_name
from orchestrator.verify.libc import libc_symbols
from orchestrator.verify.linux import LinuxSubject, libc_of
from orchestrator.verify.rule import Report, rule, some

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    from orchestrator.verify.linux import ElfImage

# Beside glibc's: every symbol of theirs has a version, so one without is not theirs.
_VERSIONED = {"libstdc++.so.6", "libgcc_s.so.1", "libatomic.so.1"}


@rule("LNX303", "error", "No file imports what system libraries have without promising it")
def promised_only(subject: LinuxSubject) -> Iterator[Report]:
    """Such names are on some systems for the tag only; elsewhere the import fails."""
    policy = subject.policy
    if policy is None or not subject.promises:
        return
    for image in subject.images:
        for library in image.libraries:
            names = policy.unpromised.get(library, frozenset())
            used = {item.name for item in image.elf.imports if not item.weak} & names
            if used and not subject.locate(library, image):
                yield Report(
                    image.where,
                    f"Not every {library} has {some(used)}.",
                    "Compile without what configure found beyond the tag's promise.",
                )


@rule("LNX304", "error", "What a file imports from a library of the wheel is defined there")
def wheel_has_symbols(subject: LinuxSubject) -> Iterator[Report]:
    """The copy in the wheel may be another version than the one that was linked."""
    for image in subject.images:
        for library, versions in image.elf.versions.items():
            source = subject.image_at.get(subject.locate(library, image) or "")
            # The loader only warns of a library without any versions.
            if source is None or not source.elf.defined_versions:
                continue
            missing = set(versions) - source.elf.defined_versions
            absent = {
                item.name
                for item in image.elf.imports
                if item.library == library and not item.weak and item.name not in subject.exported
            }
            if missing | absent:
                yield Report(image.where, f"{source.where} lacks {some(missing | absent)}.")


@rule("LNX305", "error", "Symbols of no particular library exist somewhere")
def unbound_symbols_found(subject: LinuxSubject) -> Iterator[Report]:
    """The linker lets a shared object miss definitions; the loader, at import, does not.

    Such a symbol must be Python's or another file's of the wheel: usually a source file or a
    library was not linked.
    """
    for image in subject.images:
        known = _defined_outside(image, subject)
        if known is None:
            continue
        lost = [name for name in image.unbound - subject.exported - known if not is_api_name(name)]
        if lost:
            yield Report(
                image.where,
                f"Nothing known defines {some(lost)}.",
                "Link the library or compile the source file that defines it.",
            )


def _defined_outside(image: ElfImage, subject: LinuxSubject) -> AbstractSet[str] | None:
    """Names without a version that the system's libraries define; None where unknown."""
    outside = {name for name in image.libraries if not subject.locate(name, image)}
    owners = {libc_of(name) for name in outside - _VERSIONED}
    if owners == {"glibc"} and "libc.so.6" in outside:
        return libc_symbols().glibc
    return libc_symbols().musl.keys() if owners == {"musl"} else None


RULES = (promised_only, wheel_has_symbols, unbound_symbols_found)
