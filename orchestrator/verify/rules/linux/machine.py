"""Rules about which system the code in a Linux wheel was compiled for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.verify.libc import libc_symbols
from orchestrator.verify.linux import LinuxSubject, libc_of
from orchestrator.verify.rule import Report, rule, some

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.targets.wheel_tags import LinuxTag
    from orchestrator.verify.linux import ElfImage
    from orchestrator.verify.manylinux import Policy

_COMPILER = "The package chose its own compiler or flags; see the build's log."
_PROCESSORS = {"aarch64", "x86_64", "i386", "arm", "ppc64", "riscv"}


@rule("LNX002", "error", "Every ELF file is for the tag's architecture")
def machine_fits(subject: LinuxSubject) -> Iterator[Report]:
    """Code for the build machine can't be loaded into a Python of another architecture."""
    if subject.claims and not subject.arches:
        names = some({tag.arch for tag in subject.tags})
        yield Report("", f"Wheels for {names} are not known here: not checked.", severity="note")
        return
    for member in subject.wheel.members:
        kind = member.kind
        if not subject.arches or "elf" not in {kind.format, kind.objects}:
            continue
        others = set(kind.machines) - subject.arches
        if others:
            yield Report(
                member.name,
                f"Compiled for {some(others)}, not for {some(subject.arches)}.",
                _COMPILER,
                # Programs for graphics processors and the kernel's own machine are data.
                None if others & _PROCESSORS else "warning",
            )


@rule("LNX003", "error", "Every file is linked against the C library of the tag")
def libc_fits(subject: LinuxSubject) -> Iterator[Report]:
    """A system with musl has no glibc, and the other way round."""
    for tag in subject.promises:
        for image in subject.images:
            wrong = {
                library
                for library in (*image.libraries, image.elf.interpreter.rpartition("/")[2])
                if libc_of(library) not in {"", tag.libc}
            }
            versions = _glibc_versions(image, subject) if tag.libc == "musl" else set()
            if wrong | versions:
                other = "glibc" if tag.libc == "musl" else "musl"
                yield Report(
                    image.where,
                    f"Needs {some(wrong | versions)}, which is {other}'s, but {tag.text} is for "
                    f"systems with {tag.libc}.",
                    _COMPILER,
                )


def _glibc_versions(image: ElfImage, subject: LinuxSubject) -> set[str]:
    """Versions of glibc's symbols; GCC's own library, copied into the wheel, has some too."""
    return {
        version
        for library, versions in image.elf.versions.items()
        if not subject.locate(library, image)
        for version in versions
        if version.startswith("GLIBC_")
    }


@rule("LNX005", "error", "No file needs newer symbols than the tag promises")
def versions_kept(subject: LinuxSubject) -> Iterator[Report]:
    """On the oldest system that installs the wheel, the loader would refuse the file.

    A manylinux tag promises a version of glibc and, with it, of GCC's and zlib's libraries; a
    musllinux tag one of musl.
    """
    for tag in subject.promises:
        if tag.libc == "glibc" and subject.policy:
            yield from _newer_versions(subject, subject.policy)
        elif tag.libc == "musl":
            yield from _newer_names(subject, tag)


def _newer_versions(subject: LinuxSubject, policy: Policy) -> Iterator[Report]:
    promised = _dotted(policy.glibc)
    for image in subject.images:
        for library, versions in image.elf.versions.items():
            newer = [version for version in versions if not policy.allows(version)]
            if not newer or subject.locate(library, image):
                continue
            yield Report(
                image.where,
                f"Needs {some(newer)} of {library} ({_users(image, newer)}), but the wheel's tag "
                f"promises systems with glibc {promised}.",
                "Compile against the tag's glibc, or raise the tag.",
            )


def _newer_names(subject: LinuxSubject, tag: LinuxTag) -> Iterator[Report]:
    """Musl's symbols have no versions, but some came late, even within what one tag stands for."""
    since = libc_symbols().musl
    for image in subject.images:
        names = image.unbound - subject.exported
        newer = {name for name in names if since.get(name, ()) > (*tag.version, 0)}
        if newer:
            latest = max(since[name] for name in newer)
            yield Report(
                image.where,
                f"Needs {some(newer)} of musl {_dotted(latest)}; {tag.text} also stands for older "
                "ones.",
                "Compile without what configure found beyond the tag's promise.",
                "warning" if latest[:2] == tag.version else None,
            )


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _users(image: ElfImage, versions: list[str]) -> str:
    """What the file imports with these versions."""
    names = [item.name for item in image.elf.imports if item.version in versions]
    return some(names) if names else "no symbol"


@rule("LNX010", "warning", "The platform tag says which systems the wheel runs on")
def tag_promises(subject: LinuxSubject) -> Iterator[Report]:
    """Indexes refuse a plain ``linux_aarch64``: it says neither which libc nor how old a one."""
    for tag in subject.tags:
        if not tag.libc:
            yield Report(
                "",
                f"{tag.text} promises nothing: the wheel may run on the build machine only.",
                "`orchestrate repair` gives it a manylinux or musllinux tag.",
            )


RULES = (machine_fits, libc_fits, versions_kept, tag_promises)
