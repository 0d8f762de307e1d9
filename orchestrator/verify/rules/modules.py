"""Rules about extension modules: whether Python finds them and can start them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.model import Interpreter, Value
from orchestrator.verify.cpython import api_name
from orchestrator.verify.rule import Report, rule, some

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.verify.subject import Image, Subject

_FILE = re.compile(r"(?P<module>[^./]+)(?:\.(?P<suffix>[\w.-]+))?\.so", re.ASCII)
_CPYTHON = re.compile(r"cpython-(\d)(\d+)(t?)d?(?:-(.+))?", re.ASCII)


class Extension(Value):
    """What the file name of an extension module says (PEP 3149).

    Attributes:
        module: Its name without the package's.
        suffix: Between the name and ``.so``, e.g. ``cpython-311-darwin``; may be empty.
        interpreter: The only CPython that looks for this suffix, or None.
        system: The rest of the suffix, e.g. ``darwin``.
    """

    module: str
    suffix: str
    interpreter: Interpreter | None = None
    system: str = ""


def extension(path: str) -> Extension | None:
    """What the name of a file in the wheel says, or None where Python would not import it."""
    match = _FILE.fullmatch(path.rsplit("/", 1)[-1])
    if not match:
        return None
    suffix = match["suffix"] or ""
    found = _CPYTHON.fullmatch(suffix)
    if not found:
        return Extension(module=match["module"], suffix=suffix)
    return Extension(
        module=match["module"],
        suffix=suffix,
        interpreter=Interpreter(
            major=int(found[1]), minor=int(found[2]), free_threaded=bool(found[3])
        ),
        system=found[4] or "",
    )


@rule("MAC201", "error", "The suffix of an extension module is one that the tagged Python imports")
def suffix_fits(subject: Subject) -> Iterator[Report]:
    """Python skips a file with another version's or another system's suffix."""
    for image in subject.images:
        file = extension(image.where)
        if file is None or image.macho.filetype == "execute":
            continue
        if problem := _suffix_problem(file, subject):
            yield Report(image.where, problem, "See which EXT_SUFFIX the package's build used.")


def _suffix_problem(file: Extension, subject: Subject) -> str:
    if file.interpreter is None:
        if file.suffix == "abi3" and _only_free_threaded(subject):
            return "Free-threaded Pythons import no .abi3.so files."
        return ""
    if file.system != "darwin":
        return f".{file.suffix}.so is not a suffix that Python has on macOS."
    if subject.is_abi3:
        return f"The wheel is for all Pythons from its tag on (abi3), the file for {file.suffix}."
    if subject.interpreters and file.interpreter not in subject.interpreters:
        wanted = some(interpreter.abi_tag for interpreter in subject.interpreters)
        return f"The wheel is for {wanted}, the file for {file.interpreter.abi_tag}."
    return ""


def _only_free_threaded(subject: Subject) -> bool:
    return bool(subject.interpreters) and all(
        interpreter.free_threaded for interpreter in subject.interpreters
    )


@rule("MAC202", "error", "An extension module exports its PyInit function")
def init_exported(subject: Subject) -> Iterator[Report]:
    """Import fails without ``PyInit_NAME``, where NAME is the file name's first part (PEP 489)."""
    for image in subject.images:
        file = extension(image.where)
        if file is None or image.macho.filetype == "execute":
            continue
        wanted = "_" + _init_name(file.module)
        if wanted in image.macho.exports:
            continue
        others = [name[1:] for name in image.macho.exports if name.startswith("_PyInit")]
        missing = f"{wanted[1:]} is not exported"
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


def _is_module(image: Image) -> bool:
    """Whether the file is a module: a library loaded through ctypes uses nothing of Python."""
    return any(api_name(item.name) for item in image.macho.imports)


RULES = (suffix_fits, init_exported)
