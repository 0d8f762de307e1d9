"""Rules about what extension modules import from the interpreter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.verify.cpython import is_api_name
from orchestrator.verify.extension import extension
from orchestrator.verify.rule import Report, rule, some

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.model import Interpreter
    from orchestrator.verify.native import Image, NativeSubject


def _python_imports(image: Image, subject: NativeSubject) -> list[str]:
    """C names that the file expects of the interpreter."""
    return sorted(name for name in image.unbound - subject.exported if is_api_name(name))


def _interpreters(image: Image, subject: NativeSubject) -> tuple[Interpreter, ...]:
    """The CPythons that may load the file."""
    file = extension(image.where)
    if file and file.interpreter:
        return (file.interpreter,)
    if subject.interpreters:
        return subject.interpreters
    return (subject.target.interpreter,) if subject.target else ()


def _version(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))


@rule("MAC301 LNX301", "error", "What a file imports from Python exists in that CPython")
def python_has_symbols(subject: NativeSubject) -> Iterator[Report]:
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


@rule("MAC302 LNX302", "error", "An abi3 wheel imports only the stable ABI of its oldest Python")
def stable_abi_only(subject: NativeSubject) -> Iterator[Report]:
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


RULES = (python_has_symbols, stable_abi_only)
