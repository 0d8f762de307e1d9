"""Rules about the wheel as a file: names, tags, metadata, RECORD."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from orchestrator.targets.wheel_tags import accepted, problems
from orchestrator.verify.native import FORMATS
from orchestrator.verify.rule import Report, rule, some

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.verify.subject import Subject

_BINARIES = frozenset().union(*FORMATS.values())
_UNRECORDED = {"RECORD", "RECORD.jws", "RECORD.p7s"}


@rule("WHL101", "error", "The file name's tags are those of the WHEEL file")
def tags_agree(subject: Subject) -> Iterator[Report]:
    """Installers choose by the file name and then check WHEEL: they must say the same."""
    wheel = subject.wheel
    if wheel.declared_tags != wheel.tags:
        yield Report(
            f"{wheel.dist_info}/WHEEL",
            f"The file name says {some(wheel.tags)}, the WHEEL file {some(wheel.declared_tags)}.",
            "Change both together: `wheel tags` does.",
        )


@rule("WHL102", "error", "The platform tag is one that installers know")
def tags_valid(subject: Subject) -> Iterator[Report]:
    """A wheel with another tag is never installed.

    From macOS 11 on installers accept only ``macosx_X_0``, and arm64 starts at 11; manylinux
    starts at glibc 2.17 on aarch64.
    """
    for problem in problems(subject.platforms):
        yield Report("", problem.message, problem.hint)


@rule("WHL103", "error", "The wheel can be installed on the target it was built for")
def tags_fit_target(subject: Subject) -> Iterator[Report]:
    """A build can quietly produce a wheel for the host, or for another Python."""
    if subject.target and not subject.wheel.tags & accepted(subject.target):
        yield Report(
            "",
            f"No tag of {some(subject.wheel.tags)} can be installed on {subject.target}.",
            "See the build's log for the compiler and the Python that it chose.",
        )


@rule("WHL104", "error", "Names in the archive stay inside of the install folder")
def names_safe(subject: Subject) -> Iterator[Report]:
    """An absolute name, one with ``..`` or one given twice lets a wheel overwrite other files."""
    for name in subject.wheel.unsafe:
        yield Report(name, "The name leads outside of the folder that the wheel is installed in.")
    for name in subject.wheel.repeated:
        yield Report(name, "The archive holds this name more than once.")


@rule("WHL105", "error", "The metadata names the same project and version as the file name")
def metadata_agrees(subject: Subject) -> Iterator[Report]:
    """Installers refuse a wheel whose metadata contradicts its name."""
    wheel = subject.wheel
    where = f"{wheel.dist_info}/METADATA"
    if canonicalize_name(wheel.metadata_name) != wheel.name:
        yield Report(where, f"Name is {wheel.metadata_name!r}, in the file name {wheel.name!r}.")
    if not _same_version(wheel.metadata_version, wheel.version):
        yield Report(
            where, f"Version is {wheel.metadata_version!r}, in the file name {wheel.version!r}."
        )
    folder = wheel.dist_info.removesuffix(".dist-info")
    name, _, version = folder.partition("-")
    if canonicalize_name(name) != wheel.name or not _same_version(version, wheel.version):
        yield Report(wheel.dist_info, "The .dist-info folder is named for something else.")


def _same_version(text: str, version: str) -> bool:
    try:
        return Version(text) == Version(version)
    except InvalidVersion:
        return False


@rule("WHL106", "error", "RECORD lists every file with its right hash and size")
def record_right(subject: Subject) -> Iterator[Report]:
    """Installers check against RECORD and uninstall by it."""
    wheel = subject.wheel
    where = f"{wheel.dist_info}/RECORD"
    if wheel.record is None:
        yield Report(where, "The wheel has no RECORD.")
        return
    entries = {entry.path: entry for entry in wheel.record}
    members = {member.name: member for member in wheel.members}
    if len(entries) < len(wheel.record):
        yield Report(where, "RECORD lists a file twice.")
    unsigned = {f"{wheel.dist_info}/{name}" for name in _UNRECORDED}
    if missing := members.keys() - entries.keys() - unsigned:
        yield Report(where, f"RECORD lacks {some(missing)}.")
    if gone := entries.keys() - members.keys() - unsigned:
        yield Report(where, f"RECORD lists files that the wheel lacks: {some(gone)}.")
    for name in sorted(entries.keys() & members.keys() - unsigned):
        entry, member = entries[name], members[name]
        if not entry.algorithm:
            yield Report(name, "RECORD gives no hash for the file.")
        elif entry.algorithm == "sha256" and entry.sha256 != member.sha256:
            yield Report(name, "The file's sha256 is not the one in RECORD.")
        elif entry.size is not None and entry.size != member.size:
            yield Report(name, f"The file has {member.size} bytes, RECORD says {entry.size}.")


@rule("WHL107", "error", "A wheel of a project with compiled code holds some")
def binaries_there(subject: Subject) -> Iterator[Report]:
    """Some projects swallow a failed compile and ship pure Python instead."""
    if not subject.expects_binaries:
        return
    formats = FORMATS[subject.target.platform.os] if subject.target else _BINARIES
    if not any(member.kind.format in formats for member in subject.wheel.members):
        yield Report(
            "",
            f"The project has compiled code, but this wheel ({some(subject.wheel.tags)}) holds "
            "none.",
            "See the build's log for the compiler's error; set the switch that makes it fatal.",
        )


@rule("WHL108", "error", "A wheel for any platform holds no machine code")
def pure_is_pure(subject: Subject) -> Iterator[Report]:
    """Tagged ``any``, the wheel is installed where its binaries can't run."""
    if not subject.is_pure:
        return
    formats = {member.kind.format for member in subject.wheel.members if member.kind.is_native}
    # Code for several systems, or a Windows launcher, is there on purpose and chosen at run time.
    on_purpose = len(formats - {"fat"}) > 1 or formats == {"pe"}
    for member in subject.wheel.members:
        if member.kind.is_native:
            yield Report(
                member.name,
                f"The wheel is tagged for any platform, but the file is {member.kind.format} "
                f"({some(member.kind.machines)}).",
                "Tell the build backend that the wheel is not pure.",
                "warning" if on_purpose else None,
            )


RULES = (
    tags_agree,
    tags_valid,
    tags_fit_target,
    names_safe,
    metadata_agrees,
    record_right,
    binaries_there,
    pure_is_pure,
)
