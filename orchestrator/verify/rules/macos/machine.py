"""Rules about what the code in a macOS wheel was compiled for, and its signature."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.verify.rule import Report, rule, some

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.binary.member import Member
    from orchestrator.verify.macos import MacOSSubject

_ARM64_TAGS = {"arm64", "universal2"}


@rule("MAC002", "error", "Every Mach-O file has code for arm64")
def has_arm64(subject: MacOSSubject) -> Iterator[Report]:
    """Code for Intel alone can't be loaded into an arm64 Python."""
    if not any(tag.arch in _ARM64_TAGS for tag in subject.tags):
        if subject.tags:
            yield Report("", f"The wheel is tagged {subject.tags[0].text}: not for arm64.")
        return
    for member in subject.wheel.members:
        machines = _macho_machines(member)
        if machines and "arm64" not in machines:
            yield Report(
                member.name,
                f"Compiled for {some(machines)}, not for arm64.",
                "The package chose its own compiler or -arch flags; see the build's log.",
            )


def _macho_machines(member: Member) -> tuple[str, ...]:
    if member.kind.is_macho or member.kind.objects in {"macho", "fat"}:
        return tuple(item.arch for item in member.slices) or member.kind.machines
    return ()


@rule("MAC003", "warning", "In a universal2 wheel every Mach-O file has both halves")
def has_both(subject: MacOSSubject) -> Iterator[Report]:
    """Tagged ``universal2``, the wheel is also installed on Intel Macs."""
    if not any(tag.arch == "universal2" for tag in subject.tags):
        return
    for member in subject.wheel.members:
        if member.kind.is_macho and "x86_64" not in member.kind.machines:
            yield Report(member.name, "The wheel is universal2, but the file lacks x86_64.")


@rule("MAC005", "error", "No file needs a newer macOS than the tag promises")
def minimum_kept(subject: MacOSSubject) -> Iterator[Report]:
    """On the oldest macOS that installs the wheel, the loader would refuse the file."""
    for image in subject.images:
        macho = image.macho
        if macho.platform not in {"macos", ""}:
            yield Report(image.where, f"Compiled for {macho.platform}, not for macOS.")
        elif macho.minimum is None:
            yield Report(
                image.where, "The file doesn't say which macOS it needs.", severity="warning"
            )
        elif subject.tags and macho.minimum > subject.minimum:
            need, tag = ".".join(map(str, macho.minimum)), ".".join(map(str, subject.minimum))
            yield Report(
                image.where,
                f"Needs macOS {need}, but the wheel's tag promises {tag}.",
                "Set MACOSX_DEPLOYMENT_TARGET for every compiler and linker call, or raise the "
                "tag.",
            )


@rule("MAC006", "error", "Every arm64 Mach-O file is signed")
def is_signed(subject: MacOSSubject) -> Iterator[Report]:
    """Macs with Apple silicon load no arm64 code without a signature (ad hoc is enough)."""
    for image in subject.images:
        if image.macho.signature is None:
            yield Report(
                image.where, "The arm64 code is not signed.", "Sign it ad hoc after the last edit."
            )


@rule("MAC007", "error", "Signatures fit the files they are in")
def signature_fits(subject: MacOSSubject) -> Iterator[Report]:
    """A file edited after it was signed makes the process that loads it crash."""
    for image in subject.images:
        signature = image.macho.signature
        if signature and signature.problems:
            yield Report(
                image.where, " ".join(signature.problems), "Sign it again after the last edit."
            )


RULES = (has_arm64, has_both, minimum_kept, is_signed, signature_fits)
