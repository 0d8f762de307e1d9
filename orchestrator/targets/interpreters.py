"""Finding a CPython of a wanted version on this machine.

Looked at, in this order: the running interpreter, PATH, pyenv's versions, the installers of
python.org and Homebrew, and what uv has installed. Nothing is downloaded. An interpreter
describes itself once; its facts are cached until its file changes.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from orchestrator.errors import InterpreterNotFoundError
from orchestrator.files import cache_directory, write_atomically
from orchestrator.model import HostPython, Interpreter, Value, learn
from orchestrator.targets.host import run_command

if TYPE_CHECKING:
    from collections.abc import Iterator

_PROBE = """
import json, os, platform, sys, sysconfig
print(json.dumps({
    "implementation": platform.python_implementation(),
    "version": platform.python_version(),
    "major": sys.version_info[0],
    "minor": sys.version_info[1],
    "debug": "d" in sys.abiflags,
    "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    "executable": os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable),
    "include": sysconfig.get_path("include"),
    "machine": sysconfig.get_platform().rpartition("-")[2],
    "config_vars": {
        key: value for key, value in sysconfig.get_config_vars().items()
        if isinstance(value, (str, int))
    },
}))
"""
# Where installers put interpreters that are often not on PATH; {0} is e.g. 3.13 and {1} 3.13t.
_INSTALLED = (
    "/Library/Frameworks/Python.framework/Versions/{0}/bin/python{1}",
    "/Library/Frameworks/PythonT.framework/Versions/{0}/bin/python{1}",
    "/opt/homebrew/bin/python{1}",
    "/opt/homebrew/opt/python@{0}/bin/python{1}",
    "/usr/local/bin/python{1}",
    "/usr/local/opt/python@{0}/bin/python{1}",
)


class _Facts(Value):
    """What an interpreter says of itself, as the probe prints it and the cache keeps it."""

    implementation: str
    version: str
    major: int
    minor: int
    debug: bool
    free_threaded: bool
    executable: str
    include: str
    machine: str
    config_vars: dict[str, str | int]


learn(_Facts)


def find_interpreter(interpreter: Interpreter) -> HostPython:
    """The first CPython of this minor version and flavour that has its headers.

    Raises:
        InterpreterNotFoundError: There is none; the message names those that came close.
    """
    rejected: list[str] = []
    for candidate in _candidates(interpreter):
        found = describe(candidate, interpreter)
        if isinstance(found, HostPython):
            return found
        rejected.append(f"found {candidate}, but it {found}")
    unique = "; ".join(dict.fromkeys(rejected))
    raise InterpreterNotFoundError(
        f"No CPython {interpreter.version} to build with on this machine"
        f"{': ' if unique else ''}{unique}.",
        hint=f"`uv python install {interpreter.version}` brings one.",
    )


def describe(executable: Path, interpreter: Interpreter) -> HostPython | str:
    """A program as a CPython of this minor version and flavour, or why it can't be built with."""
    facts = _ask(executable)
    problem = _problem(facts, interpreter) if facts else "does not run"
    if facts is None or problem:
        return problem
    return HostPython(
        executable=Path(facts.executable),
        version=facts.version,
        interpreter=interpreter,
        include=Path(facts.include),
        machine=facts.machine,
        config_vars=facts.config_vars,
    )


def _problem(facts: _Facts, wanted: Interpreter) -> str:
    """Why an interpreter can't be built with, or empty."""
    found = Interpreter(
        major=facts.major, minor=facts.minor, free_threaded=facts.free_threaded
    ).version
    if facts.implementation != "CPython":
        return f"is {facts.implementation}"
    if found != wanted.version:
        return f"is Python {found}"
    if facts.debug:
        return "is a debug build"
    if not Path(facts.include, "Python.h").is_file():
        return f"has no headers in {facts.include}: install python{wanted.version}-dev"
    return ""


def _candidates(interpreter: Interpreter) -> Iterator[Path]:
    """Files that are or might be it, each once, best first; the costly places come last."""
    seen: set[Path] = set()
    for path in _places(interpreter):
        if os.access(path, os.X_OK) and (real := path.resolve()) not in seen:
            seen.add(real)
            yield path


def _places(interpreter: Interpreter) -> Iterator[Path]:
    plain = f"{interpreter.major}.{interpreter.minor}"
    name = f"python{interpreter.version}"
    if sys.version_info[:2] == (interpreter.major, interpreter.minor):
        yield Path(sys.executable)
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        # pyenv's shims exist for versions that are not switched on, and then fail.
        if folder and Path(folder) != pyenv / "shims":
            yield Path(folder) / name
    versions = sorted(pyenv.glob("versions/*"), key=_numbers, reverse=True)
    yield from (version / "bin" / name for version in versions)
    yield from (Path(place.format(plain, interpreter.version)) for place in _INSTALLED)
    yield from _managed_by_uv(interpreter)


def _numbers(path: Path) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", path.name))


def _managed_by_uv(interpreter: Interpreter) -> Iterator[Path]:
    import uv  # noqa: PLC0415  (rarely needed)

    try:
        command = uv.find_uv_bin()
    except FileNotFoundError:
        return
    question = ("python", "find", "--no-python-downloads", "--python-preference=only-managed")
    answer = run_command((command, *question, "--no-project", interpreter.version))
    if answer.text:
        yield Path(answer.text)


def _ask(executable: Path) -> _Facts | None:
    """What the interpreter says of itself, from the cache if its file is the same as then."""
    real = executable.resolve()
    stat = real.stat()
    identity = f"{_PROBE}\n{real}\n{stat.st_mtime_ns}\n{stat.st_size}"
    digest = hashlib.sha256(os.fsencode(identity)).hexdigest()
    entry = cache_directory() / "interpreters" / f"{digest}.json"
    # Not there, not readable or damaged: ask again.
    with contextlib.suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode(entry.read_bytes(), type=_Facts)
    answer = run_command((str(executable), "-I", "-c", _PROBE))
    try:
        facts = msgspec.json.decode(answer.text.encode(), type=_Facts)
    except msgspec.DecodeError:
        return None  # it does not run, or is no Python
    # A cache that can't be written only costs time; doctor reports it.
    with contextlib.suppress(OSError):
        write_atomically(entry, msgspec.json.encode(facts))
    return facts
