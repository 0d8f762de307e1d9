"""Rules about extension modules: whether Python finds them and can start them."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from orchestrator.verify.cpython import is_api_name
from orchestrator.verify.extension import Extension, extension
from orchestrator.verify.rule import Report, rule, some

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.verify.native import Image, NativeSubject


@rule(
    "MAC201 LNX201",
    "error",
    "The suffix of an extension module is one that the tagged Python imports",
)
def suffix_fits(subject: NativeSubject) -> Iterator[Report]:
    """Python skips a file with another version's or another system's suffix."""
    for image, file in _modules(subject):
        if problem := _suffix_problem(file, subject):
            yield Report(image.where, problem, "See which EXT_SUFFIX the package's build used.")


def _suffix_problem(file: Extension, subject: NativeSubject) -> str:
    if file.interpreter is None:
        if file.suffix == "abi3" and _only_free_threaded(subject):
            return "Free-threaded Pythons import no .abi3.so files."
        return ""
    platforms = subject.soabi_platforms(file.interpreter)
    if platforms is not None and file.platform not in platforms:
        return f".{file.suffix}.so is not a suffix that the Python of the wheel's tag looks for."
    if subject.is_abi3:
        return f"The wheel is for all Pythons from its tag on (abi3), the file for {file.suffix}."
    if subject.interpreters and file.interpreter not in subject.interpreters:
        wanted = some(interpreter.abi_tag for interpreter in subject.interpreters)
        return f"The wheel is for {wanted}, the file for {file.interpreter.abi_tag}."
    return ""


def _only_free_threaded(subject: NativeSubject) -> bool:
    return bool(subject.interpreters) and all(
        interpreter.free_threaded for interpreter in subject.interpreters
    )


@rule("MAC202 LNX202", "error", "An extension module exports its PyInit function")
def init_exported(subject: NativeSubject) -> Iterator[Report]:
    """Import fails without ``PyInit_NAME``, where NAME is the file name's first part (PEP 489)."""
    for image, file in _modules(subject):
        wanted = _init_name(file.module)
        if wanted in image.exports:
            continue
        others = [name for name in image.exports if name.startswith("PyInit")]
        missing = f"{wanted} is not exported"
        if others:
            yield Report(image.where, f"{missing}, but {some(others)} is: the file was renamed.")
        else:
            milder = not _is_module(image)
            yield Report(
                image.where,
                f"{missing}: Python can't import it."
                + (" It may be a library loaded through ctypes." if milder else ""),
                "See that symbol visibility or an exports list doesn't hide it.",
                "warning" if milder else None,
            )


def _init_name(module: str) -> str:
    if module.isascii():
        return f"PyInit_{module}"
    return "PyInitU_" + module.encode("punycode").decode("ascii").replace("-", "_")


def _modules(subject: NativeSubject) -> Iterator[tuple[Image, Extension]]:
    """The files that Python might import, by their names; libraries can be named like modules."""
    linked = {
        posixpath.basename(library) for image in subject.images for library in image.libraries
    }
    for image in subject.images:
        file = extension(image.where)
        if file is None or image.is_program:
            continue
        is_library = image.is_library and not _is_module(image)
        if not is_library and posixpath.basename(image.name or image.where) not in linked:
            yield image, file


def _is_module(image: Image) -> bool:
    """Whether the file is a module: a library loaded through ctypes uses nothing of Python."""
    return any(map(is_api_name, image.imports))


RULES = (suffix_fits, init_exported)
