"""Rules about how Linux's loader finds what a file needs."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from orchestrator.verify import layout
from orchestrator.verify.cpython import is_libpython
from orchestrator.verify.ldso import search_folder
from orchestrator.verify.rule import Report, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.model import Severity
    from orchestrator.verify.linux import ElfImage, LinuxSubject

_REPAIR = "`orchestrate repair` copies libraries into the wheel."
_UP = ".."


@rule("LNX101", "error", "Every library that a file needs is in the wheel or on every system")
def libraries_found(subject: LinuxSubject) -> Iterator[Report]:
    """A library that is only on the build machine is missing on others.

    The few that every system for the tag has are those of the manylinux policy.
    """
    if not subject.tags:
        return
    provided = {image.name or posixpath.basename(image.where) for image in subject.images}
    for image in subject.images:
        for library in image.libraries:
            if is_libpython(library) or subject.is_system_library(library):
                continue
            if subject.locate(library, image):
                continue
            # The loader also takes a library of that soname which is loaded already; a program
            # in bin/ may find site-packages by ways that can't be seen here.
            milder = (
                library in provided
                or image.path.startswith("bin/")
                or _looks_elsewhere(image, subject)
                or not subject.promises
            )
            yield Report(
                image.where,
                f"{library} is not in the wheel where the loader looks, nor on every system that "
                "installs it.",
                _REPAIR,
                "warning" if milder else None,
            )


def _looks_elsewhere(image: ElfImage, subject: LinuxSubject) -> bool:
    """Whether the loader looks in the folder of another installed project, such as torch's."""
    folders = (search_folder(entry, image.path) for entry in image.search_folders)
    return any(
        folder.startswith(f"{layout.SITE_PACKAGES}/") and not _in_wheel(folder, subject)
        for folder in folders
    )


@rule("LNX102", "error", "The loader looks for libraries in folders of the wheel only")
def rpaths_inside(subject: LinuxSubject) -> Iterator[Report]:
    """Other machines lack a folder of the build machine, or hold something else there.

    Entries of DT_RPATH and DT_RUNPATH start with ``$ORIGIN``, the file's own folder.
    """
    for image in subject.images:
        elf = image.elf
        for name, entries in (("RPATH", elf.rpath), ("RUNPATH", elf.runpath)):
            for entry in dict.fromkeys(entries):
                if problem := _rpath_problem(entry, image, subject):
                    message, severity = problem
                    yield Report(
                        image.where,
                        f"{name} {entry!r} {message}.",
                        "Remove it: patchelf --remove-rpath, or link without it.",
                        severity,
                    )


def _rpath_problem(
    entry: str, image: ElfImage, subject: LinuxSubject
) -> tuple[str, Severity | None] | None:
    folder = search_folder(entry, image.path)
    if not folder:
        return "hangs on the folder in which the process runs", None
    if folder.startswith("/"):
        return "is a folder of the build machine", None
    if folder == _UP or folder.startswith(f"{_UP}/"):
        return "leads out of the environment", None
    if _in_wheel(folder, subject):
        return None
    return "leads to a folder that is not the wheel's", "warning"


def _in_wheel(folder: str, subject: LinuxSubject) -> bool:
    return folder in subject.folders


RULES = (libraries_found, rpaths_inside)
