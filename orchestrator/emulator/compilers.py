"""GCC of the target, emulated: for builds that go wrong where anything else compiles them.

It is Debian's, of the oldest release that there is a Python for: the older its glibc, the more
machines run what it links.
"""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from orchestrator.emulator.debian import fetch_packages
from orchestrator.emulator.making import RELEASES
from orchestrator.emulator.programs import emulate_programs
from orchestrator.emulator.roots import emulator_directory, locked, qemu_path
from orchestrator.errors import EmulatorSetupError
from orchestrator.model import Value
from orchestrator.targets.host import run_command

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.process import OnLine, Processes

_PACKAGES = ("gcc", "g++")
_RECORD = "compilers.json"


class Compilers(Value):
    """The target's GCC.

    Attributes:
        root: What is ``/`` to it; its programs start by themselves.
        version: Of GCC, e.g. ``10.2.1``.
        release: Of Debian, e.g. ``bullseye``.
    """

    root: Path
    version: str
    release: str

    def command(self, name: str) -> tuple[str, ...]:
        """How ``gcc`` or ``g++`` is called, so that it finds its own files and no others."""
        programs = self.root / "usr" / "bin"
        return (str(programs / name), f"--sysroot={self.root}", f"-B{programs}/")


def compilers_directory() -> Path:
    """Where they are."""
    return emulator_directory() / "gcc-glibc-aarch64"


def find_compilers() -> Compilers | None:
    """The target's GCC; None where it is not set up."""
    with contextlib.suppress(OSError, msgspec.DecodeError):
        data = (compilers_directory() / _RECORD).read_bytes()
        return msgspec.json.decode(data, type=Compilers, dec_hook=lambda kind, value: kind(value))
    return None


def set_up_compilers(
    processes: Processes, on_step: Callable[[str], None], on_line: OnLine
) -> Compilers:
    """Fetches the target's GCC, unless it is there. The emulator must be set up.

    Raises:
        DebianPackagesError: It could not be fetched.
        EmulatorSetupError: It does not run.
        EmulatorNotWritableError: The folder can't be written.
        InterruptedBuildError: ``processes.stop`` was called.
    """
    with locked(on_wait=lambda: on_step("waiting for another setup to end")):
        if found := find_compilers():
            return found
        release, folder = next(iter(RELEASES.values())), compilers_directory()
        root = folder / "root"
        shutil.rmtree(folder, ignore_errors=True)  # what an interrupted setup left
        on_step(f"fetching GCC of Debian {release}")
        fetch_packages(_PACKAGES, into=root, suite=release, processes=processes, on_line=on_line)
        emulate_programs(root / "usr", qemu_path(), root)
        made = Compilers(root=root, version="", release=release)
        answer = run_command((*made.command("gcc"), "-dumpfullversion"))
        if not answer.text:
            raise EmulatorSetupError(
                f"GCC of Debian {release} was unpacked but does not run under {qemu_path()}.",
                details=tuple(answer.stderr.splitlines()[-3:]),
            )
        made = msgspec.structs.replace(made, version=answer.text)
        (folder / _RECORD).write_bytes(msgspec.json.encode(made, enc_hook=str))
        return made


def remove_compilers() -> bool:
    """Removes it; the lock must be held. Whether it was there."""
    there = compilers_directory().is_dir()
    shutil.rmtree(compilers_directory(), ignore_errors=True)
    return there
