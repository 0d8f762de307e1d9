"""Rules about how macOS's loader finds what a file needs."""

from __future__ import annotations

import posixpath
import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from orchestrator.verify import layout
from orchestrator.verify.rule import Report, rule, some

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.verify.subject import Image, Subject

_LIBPYTHON = re.compile(r"libpython\d[\w.]*\.dylib|Python3?")
_REPAIR = "`orchestrate repair` copies libraries into the wheel."


def is_libpython(path: str) -> bool:
    """Whether a library is the Python interpreter as a library or framework."""
    return bool(_LIBPYTHON.fullmatch(posixpath.basename(path)))


@rule("MAC101", "error", "Every library that a file needs is in the wheel or in macOS")
def libraries_found(subject: Subject) -> Iterator[Report]:
    """A library that is only on the build machine is missing on every other."""
    provided = {image.macho.install_name for image in subject.images}
    for image in subject.images:
        for library in image.macho.libraries:
            path = library.path
            if is_libpython(path) or path.startswith("/") or subject.locate(path, image):
                continue
            # The loader also takes a library of that install name which is loaded already, and a
            # program in bin/ may find site-packages by ways that can't be seen here.
            milder = library.kind == "weak" or path in provided or image.path.startswith("bin/")
            yield Report(
                image.where,
                f"{path} is not in the wheel: no place that the loader looks in has it.",
                _REPAIR,
                "warning" if milder else None,
            )


@rule("MAC102", "error", "No load command names a path of the build machine")
def no_build_paths(subject: Subject) -> Iterator[Report]:
    """Other machines lack such folders, or hold something else there; and they leak.

    Absolute paths are macOS's own (``/usr/lib``, ``/System/Library``); all others start with
    ``@loader_path`` or ``@rpath``.
    """
    for image in subject.images:
        macho = image.macho
        for library in macho.libraries:
            path = library.path
            if (
                path.startswith("/")
                and not subject.system.is_system_library(path)
                and not is_libpython(path)
            ):
                yield Report(image.where, f"It loads {path}, which is not part of macOS.", _REPAIR)
        for rpath in dict.fromkeys(macho.rpaths):
            if rpath.startswith("/") and not subject.system.is_system_library(f"{rpath}/"):
                yield Report(
                    image.where,
                    f"LC_RPATH {rpath} is a folder of the build machine.",
                    "Remove it: install_name_tool -delete_rpath.",
                )
        if _is_build_path(macho.install_name, subject):
            yield Report(
                image.where,
                f"Its install name {macho.install_name} is a path of the build machine.",
                "Set one that starts with @rpath/ or @loader_path/.",
            )


def _is_build_path(name: str, subject: Subject) -> bool:
    """A bare file name is none; a relative path is, as linkers write their output's path."""
    harmless = name.startswith(("@", layout.PLACEHOLDER)) or subject.system.is_system_library(name)
    return "/" in name and not harmless


@rule("MAC103", "error", "No LC_RPATH is given twice")
def rpaths_once(subject: Subject) -> Iterator[Report]:
    """Newer versions of macOS refuse to load such a file."""
    for image in subject.images:
        repeated = [path for path, count in Counter(image.macho.rpaths).items() if count > 1]
        if repeated:
            yield Report(
                image.where,
                f"LC_RPATH is given more than once: {some(repeated)}.",
                "Remove one: install_name_tool -delete_rpath.",
            )


@rule("MAC104", "error", "No file is linked against libpython")
def no_libpython(subject: Subject) -> Iterator[Report]:
    """It would load a second interpreter into the process, or fail where that path is missing."""
    for image in subject.images:
        for library in image.macho.libraries:
            if is_libpython(library.path):
                yield Report(
                    image.where,
                    f"Linked against {library.path}.",
                    "Link with -undefined dynamic_lookup and without -lpython.",
                )


@rule("MAC105", "error", "A library is loaded from one place only")
def one_copy(subject: Subject) -> Iterator[Report]:
    """Two copies in one process each have their own state: objects of one break in the other."""
    loaded = {
        place
        for image in subject.images
        for library in image.macho.libraries
        if (place := subject.locate(library.path, image)) and place != image.path
    }
    for name, copies in sorted(_copies(subject).items()):
        both = sum(image.path in loaded for image in copies) > 1
        yield Report(
            copies[-1].where,
            f"The wheel holds {name} more than once: {some(image.where for image in copies)}.",
            "Link everything against one copy.",
            # A second copy that nothing links to only takes space.
            None if both else "warning",
        )


def _copies(subject: Subject) -> dict[str, list[Image]]:
    """Libraries with the same content, the same UUID or the same name, by file name."""
    groups: dict[str, list[Image]] = defaultdict(list)
    for image in subject.images:
        if image.where.endswith(".dylib"):
            for key in {
                image.member.sha256,
                image.macho.uuid or image.member.sha256,
                posixpath.basename(image.macho.install_name or image.where),
            }:
                groups[key].append(image)
    return {
        posixpath.basename(copies[0].where): copies for copies in groups.values() if len(copies) > 1
    }


@rule("MAC106", "warning", "No binary mentions a folder of the build machine")
def no_build_strings(subject: Subject) -> Iterator[Report]:
    """Such strings leak who built it and make builds differ; some are paths to data files."""
    for member in subject.wheel.members:
        if member.mentions:
            yield Report(member.name, f"The content mentions {some(member.mentions)}.")


RULES = (libraries_found, no_build_paths, rpaths_once, no_libpython, one_copy, no_build_strings)
