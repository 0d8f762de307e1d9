"""Rules about how macOS's loader finds what a file needs."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from orchestrator.verify.cpython import is_libpython
from orchestrator.verify.dyld import PLACEHOLDER
from orchestrator.verify.rule import Report, rule, some

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.verify.macos import MacOSSubject

_REPAIR = "`orchestrate repair` copies libraries into the wheel."


@rule("MAC101", "error", "Every library that a file needs is in the wheel or in macOS")
def libraries_found(subject: MacOSSubject) -> Iterator[Report]:
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
def no_build_paths(subject: MacOSSubject) -> Iterator[Report]:
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


def _is_build_path(name: str, subject: MacOSSubject) -> bool:
    """A bare file name is none; a relative path is, as linkers write their output's path."""
    harmless = name.startswith(("@", PLACEHOLDER)) or subject.system.is_system_library(name)
    return "/" in name and not harmless


@rule("MAC103", "error", "No LC_RPATH is given twice")
def rpaths_once(subject: MacOSSubject) -> Iterator[Report]:
    """Newer versions of macOS refuse to load such a file."""
    for image in subject.images:
        repeated = [path for path, count in Counter(image.macho.rpaths).items() if count > 1]
        if repeated:
            yield Report(
                image.where,
                f"LC_RPATH is given more than once: {some(repeated)}.",
                "Remove one: install_name_tool -delete_rpath.",
            )


RULES = (libraries_found, no_build_paths, rpaths_once)
