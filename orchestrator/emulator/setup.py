"""Setting up the emulator and the Pythons it runs, all or nothing."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING

from orchestrator.emulator.making import RELEASES, Made, Making, run_tool
from orchestrator.emulator.musl import from_source
from orchestrator.emulator.pythons import from_debian, from_uv
from orchestrator.emulator.qemu import qemu_version, set_up_qemu
from orchestrator.emulator.roots import (
    ARCH,
    Libc,
    Root,
    emulator_directory,
    incoming_directory,
    installed_roots,
    locked,
    qemu_path,
    root_name,
    write_record,
)
from orchestrator.emulator.runtime import is_emulated, runs_natively
from orchestrator.errors import (
    DebianPackagesError,
    EmulatorSetupError,
    InterpreterNotFoundError,
)
from orchestrator.files import cache_directory, open_cache
from orchestrator.model import Interpreter, Value
from orchestrator.process import OnLine, Processes
from orchestrator.targets.interpreters import find_interpreter

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.model import Platform
    from orchestrator.targets.toolchain import Host

# Ways to a root for each C library, best first.
MAKERS = {"glibc": (from_debian, from_uv), "musl": (from_source,)}
_HINTS = {
    "glibc": f"Debian has {', '.join(RELEASES)}; uv has all, where its downloads are reachable.",
    "musl": "It is compiled from Debian's sources, with make and a Python of the same version.",
}
_LIBC_PACKAGES = {"glibc": "libc6", "musl": "musl"}

# Says which Python a root has; and imports what a broken root would not.
_PROBE = "import ctypes, platform, venv, zlib; print('probe', platform.python_version())"
# Variables of the host's own programs mislead the target's. Through argument 0 Python finds the
# environment that it was started from.
_LAUNCHER = """\
#!/bin/sh
unset LD_LIBRARY_PATH LD_PRELOAD PYTHONHOME
exec {qemu} -L {root} -0 "$0" {program} "$@"
"""


class Setup(Value):
    """What to set up, and who is told how it goes.

    Attributes:
        interpreters: Wanted Pythons.
        libc: Wanted C library.
        processes: Runs the programs; ``stop`` ends them.
        on_step: Told what is begun, a short sentence each.
        on_line: Gets all that the programs print.
    """

    interpreters: tuple[Interpreter, ...]
    libc: Libc
    processes: Processes
    on_step: Callable[[str], None]
    on_line: OnLine


def needs_emulator(platform: Platform, host: Host) -> bool:
    """Whether wheels of a platform run here under an emulator; no: they run natively.

    Raises:
        EmulatorSetupError: They can't be run here at all.
    """
    if runs_natively(platform, host):
        return False
    if is_emulated(platform, host):
        return True
    if host.os == "macos" and platform.os == "linux":
        raise EmulatorSetupError(
            "qemu-user runs on Linux only. A Mac runs macOS wheels itself, and Linux wheels in a "
            "container.",
            hint="Run `orchestrate test` in an arm64 Linux container, which needs no emulator.",
        )
    raise EmulatorSetupError(
        f"Programs for {platform.tag} can't be run on this {host.os} {host.arch} host.",
        hint="Linux aarch64 is what is emulated: --platform linux.",
    )


def set_up(setup: Setup) -> tuple[Root, ...]:
    """Sets up what isn't there yet: the emulator, and one root after the other.

    Two processes may do it at once: the second one waits and finds the work done.

    Returns:
        The wanted roots.

    Raises:
        EmulatorSetupError: Something can't be had; each way that was tried is named.
        EmulatorNotWritableError: The folder can't be written.
        InterruptedBuildError: ``processes.stop`` was called.
    """
    with locked(on_wait=lambda: setup.on_step("waiting for another setup to end")):
        if not qemu_version(qemu_path()):
            setup.on_step("fetching qemu")
            set_up_qemu(setup.processes, setup.on_line)
        return tuple(_root(setup, interpreter) for interpreter in setup.interpreters)


def _root(setup: Setup, interpreter: Interpreter) -> Root:
    name = root_name(interpreter, setup.libc)
    for root in installed_roots():
        if root.name == name:
            return root
    incoming = incoming_directory() / name
    making = Making(
        interpreter=interpreter,
        libc=setup.libc,
        sysroot=incoming / "root",
        log=_log(name),
        processes=setup.processes,
        on_line=setup.on_line,
    )
    what = "compiling (some minutes)" if setup.libc == "musl" else "fetching"
    setup.on_step(f"{what} Python {interpreter.version} ({setup.libc})")
    made = _make(making)
    final = emulator_directory() / name
    setup.on_step(f"compiling the standard library of Python {interpreter.version}")
    version = _finish(making, made, final)
    root = Root(
        directory=final,
        interpreter=interpreter,
        version=version,
        libc=setup.libc,
        libc_version=_libc_version(setup.libc, made),
        prefix=made.prefix,
        source=made.source,
        packages=made.packages,
    )
    write_record(incoming / "root.json", root)
    shutil.rmtree(final, ignore_errors=True)  # damaged, or another version's: not listed above
    incoming.replace(final)
    return root


def _log(name: str) -> Path:
    """An empty log in the cache: it is of use when nothing else is left."""
    open_cache()
    log = cache_directory() / "emulator" / f"{name}.log"
    log.parent.mkdir(exist_ok=True)
    log.write_bytes(b"")
    return log


def _make(making: Making) -> Made:
    """Fills the root in the first way that works."""
    problems: list[str] = []
    for make in MAKERS[making.libc]:
        shutil.rmtree(making.sysroot, ignore_errors=True)
        making.sysroot.mkdir(parents=True)
        try:
            return make(making)
        except (DebianPackagesError, EmulatorSetupError) as error:
            problems += [error.message, *error.details]
    wanted = f"{making.interpreter.version} ({making.libc}, aarch64)"
    raise EmulatorSetupError(
        f"No way to a Python {wanted} works on this machine; all were tried.",
        hint=_HINTS[making.libc],
        details=tuple(dict.fromkeys(problems)),
        log=str(making.log),
    )


def _libc_version(libc: Libc, made: Made) -> tuple[int, int]:
    versions = {package.name: package.version for package in made.packages}
    major, minor = re.findall(r"\d+", versions[_LIBC_PACKAGES[libc]])[:2]
    return int(major), int(minor)


def _close(sysroot: Path) -> None:
    """Adds what keeps programs in the root, and removes what they don't need."""
    # As in releases whose /lib is merged into /usr/lib, where no package of ours has the link.
    for name in ("bin", "sbin", "lib"):
        if not (sysroot / name).exists():
            (sysroot / name).symlink_to(f"usr/{name}")
    # A missing file would be looked for on the host, whose cache and preloads are of another kind.
    (sysroot / "etc").mkdir(exist_ok=True)
    for name in ("ld.so.cache", "ld.so.preload"):
        (sysroot / "etc" / name).touch()
    for name in ("doc", "man", "locale", "lintian"):
        shutil.rmtree(sysroot / "usr" / "share" / name, ignore_errors=True)


def _finish(making: Making, made: Made, final: Path) -> str:
    """Makes the root's Python start, where it is now and later; its version."""
    _close(making.sysroot)
    version = making.interpreter.version
    folder = making.sysroot / made.prefix
    python = folder / "bin" / f"python{version}"
    python.rename(python.with_name(f"{python.name}-{ARCH}"))
    for name in ("python", "python3"):
        (python.parent / name).unlink(missing_ok=True)
        (python.parent / name).symlink_to(python.name)
    _write_launcher(python, making.sysroot, making.sysroot)
    later = ("-s", str(making.sysroot), "-p", str(final / "root"))
    library = str(folder / "lib" / f"python{version}")
    compiler = _compiler(making.interpreter, python)
    # Once here instead of by every environment; what can't be compiled says so when imported.
    run_tool(making, (compiler, "-m", "compileall", "-qq", *later, library), making.on_line)
    full_version = _probe(making, python)
    _write_launcher(python, making.sysroot, final / "root")
    return full_version


def _compiler(interpreter: Interpreter, emulated: Path) -> str:
    """A Python whose bytecode is the root's: one of this machine, some five times as fast."""
    try:
        return str(find_interpreter(interpreter).executable)
    except InterpreterNotFoundError:
        return str(emulated)


def _write_launcher(python: Path, sysroot: Path, will_be: Path) -> None:
    """Writes the script that stands for the interpreter when the root is at ``will_be``."""
    program = will_be / python.relative_to(sysroot).with_name(f"{python.name}-{ARCH}")
    words = {"qemu": qemu_path(), "root": will_be, "program": program}
    text = _LAUNCHER.format(**{name: shlex.quote(str(path)) for name, path in words.items()})
    python.write_text(text, encoding="utf-8")
    python.chmod(0o755)


def _probe(making: Making, python: Path) -> str:
    lines: list[str] = []
    if not run_tool(making, (str(python), "-c", _PROBE), lines.append):
        for line in lines:
            if line.startswith("probe "):
                return line.removeprefix("probe ")
    raise EmulatorSetupError(
        f"Python {making.interpreter.version} was unpacked but does not run under "
        f"{qemu_version(qemu_path())}.",
        hint="Another version of qemu-user may run it; one on PATH is preferred.",
        details=tuple(lines),
        log=str(making.log),
    )
