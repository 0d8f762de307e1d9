"""What a folder of packages must be for, where no interpreter can be asked."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Literal

from orchestrator.audit.environment.facts import Runtime
from orchestrator.model import Interpreter
from orchestrator.verify.extension import extension

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from orchestrator.audit.environment.facts import Binary
    from orchestrator.model import Platform

_FOLDER = re.compile(r"(?:^|/)python(\d)\.(\d+)(t?)(?:/|$)")


def infer_runtime(
    folders: Iterable[str],
    binaries: Sequence[Binary],
    holds: tuple[str, ...],
    platform: Platform | None = None,
    interpreter: Interpreter | None = None,
) -> Runtime:
    """The Python that a folder is most likely for.

    Of a Mac's folder that is one on Apple silicon, unless the interpreter is there and holds
    nothing but Intel code.

    Args:
        folders: Paths of the folders of packages.
        binaries: What they hold.
        holds: Architectures of the interpreter's file; empty where it is not there.
        platform: What the user says that it is for.
        interpreter: What the user says that it is for.
    """
    os = platform.os if platform else _prevailing_os(binaries)
    if platform:
        machine = platform.arch
    elif os == "macos":
        machine = "arm64" if "arm64" in holds or not holds else holds[0]
    else:
        machine = holds[0] if holds else _prevailing_machine(binaries)
    return Runtime(
        os=os,
        machine=machine,
        hardware="arm64" if os == "macos" else machine,
        holds=holds,
        interpreter=interpreter or _named(folders) or _prevailing_python(binaries),
        system=platform.minimum if platform else None,
        libc=platform.libc if platform else "",
    )


def _prevailing_os(binaries: Iterable[Binary]) -> Literal["macos", "linux"]:
    formats = Counter(binary.kind.format == "elf" for binary in binaries)
    return "linux" if formats[True] > formats[False] else "macos"


def _prevailing_machine(binaries: Iterable[Binary]) -> str:
    machines = Counter(machine for binary in binaries for machine in binary.kind.machines)
    return machines.most_common(1)[0][0] if machines else "aarch64"


def _named(folders: Iterable[str]) -> Interpreter | None:
    for match in filter(None, map(_FOLDER.search, folders)):
        return Interpreter(major=int(match[1]), minor=int(match[2]), free_threaded=bool(match[3]))
    return None


def _prevailing_python(binaries: Iterable[Binary]) -> Interpreter | None:
    named = (extension(binary.path) for binary in binaries)
    pythons = Counter(item.interpreter for item in named if item and item.interpreter)
    return pythons.most_common(1)[0][0] if pythons else None
