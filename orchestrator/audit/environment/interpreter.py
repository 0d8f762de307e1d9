"""Asking a Python, or the files around a folder of packages, what will import them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from orchestrator.audit.environment.facts import OS, Runtime
from orchestrator.binary.kind import kind_of
from orchestrator.errors import EnvironmentPythonError
from orchestrator.model import Interpreter, Value
from orchestrator.targets.host import mac_host, run_command

if TYPE_CHECKING:
    from collections.abc import Sequence

# For whatever Python 3 there is. Without -I: packages in the user's own folder count, too.
_PROBE = """
import json, os, platform, site, sys, sysconfig
folders = list(site.getsitepackages())
if site.ENABLE_USER_SITE:
    folders.append(site.getusersitepackages())
print(json.dumps({
    "implementation": platform.python_implementation(),
    "version": platform.python_version(),
    "major": sys.version_info[0],
    "minor": sys.version_info[1],
    "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    "executable": sys.executable,
    "program": os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable),
    "prefix": sys.prefix,
    "folders": folders,
    "os": sys.platform,
    "machine": os.uname().machine,
    "macos": platform.mac_ver()[0],
    "libc": platform.libc_ver(),
}))
"""
_HEADER_BYTES = 4096
_LIBC: dict[str, Literal["glibc", "musl"]] = {"glibc": "glibc", "musl": "musl"}


class _Answer(Value):
    implementation: str
    version: str
    major: int
    minor: int
    free_threaded: bool
    executable: str
    program: str
    prefix: str
    folders: tuple[str, ...]
    os: str
    machine: str
    macos: str
    libc: tuple[str, str]


class Asked(Value):
    """A Python, and where it looks for packages.

    Attributes:
        runtime: What it is.
        prefix: Root of its environment.
        folders: Of packages, those that are there.
    """

    runtime: Runtime
    prefix: Path
    folders: tuple[Path, ...]


def ask_python(python: str) -> Asked:
    """Runs a Python to ask what it is.

    Args:
        python: Its path, its name on PATH, or the folder of an environment.

    Raises:
        EnvironmentPythonError: It is not there, does not run, or runs on neither macOS nor Linux.
    """
    program = _program(python)
    answer = run_command((str(program), "-E", "-c", _PROBE))
    try:
        facts = msgspec.json.decode(answer.text.encode(), type=_Answer)
    except msgspec.DecodeError:
        raise _does_not_run(program, answer.stderr) from None
    if facts.os not in OS:
        raise EnvironmentPythonError(f"{program} runs on {facts.os}, not on macOS or Linux.")
    folders = dict.fromkeys(Path(folder).resolve() for folder in facts.folders)
    return Asked(
        runtime=_runtime(facts),
        prefix=Path(facts.prefix).resolve(),
        folders=tuple(folder for folder in folders if folder.is_dir()),
    )


def machines_of(program: Path) -> tuple[str, ...]:
    """The architectures that a program's file holds; none where it can't be read."""
    try:
        with program.open("rb") as file:
            return kind_of(file.read(_HEADER_BYTES)).machines
    except OSError:
        return ()


def _program(python: str) -> Path:
    folder = Path(python)
    if folder.is_dir():
        for name in ("bin/python", "bin/python3"):
            if (folder / name).exists():
                return folder / name
        raise EnvironmentPythonError(f"{folder} has no bin/python.")
    found = shutil.which(python)
    if found is None:
        raise EnvironmentPythonError(f"There is no program {python}.")
    return Path(found)


def _does_not_run(program: Path, said: str) -> EnvironmentPythonError:
    last = said.strip().rpartition("\n")[2]
    machines = " and ".join(machines_of(program.resolve()))
    return EnvironmentPythonError(
        f"{program}{f' ({machines})' if machines else ''} does not run here as a Python 3"
        f"{f': {last}' if last else '.'}"
    )


def _runtime(facts: _Answer) -> Runtime:
    holds = machines_of(Path(facts.program))
    # The kernel's word is for 64 bits, whatever the program is.
    machine = facts.machine if not holds or facts.machine in holds else holds[0]
    is_mac = facts.os == "darwin"
    libc, libc_version = facts.libc
    return Runtime(
        os="macos" if is_mac else "linux",
        machine=machine,
        hardware=mac_host(run_command).arch if is_mac else machine,
        holds=holds,
        executable=facts.executable,
        version=facts.version,
        interpreter=_cpython(facts),
        system=version_pair((facts.macos if is_mac else libc_version).split(".")),
        libc=_LIBC.get(libc, ""),
    )


def _cpython(facts: _Answer) -> Interpreter | None:
    if facts.implementation != "CPython":
        return None
    return Interpreter(major=facts.major, minor=facts.minor, free_threaded=facts.free_threaded)


def version_pair(parts: Sequence[str]) -> tuple[int, int] | None:
    """The first two numbers of a version, or None where it has no number."""
    numbers = [int(part) for part in parts if part.isdecimal()]
    return (*numbers, 0)[0:2] if numbers else None  # type: ignore[return-value]
