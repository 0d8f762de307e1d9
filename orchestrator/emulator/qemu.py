"""The emulator: qemu-user for aarch64, this machine's own or a Debian package's."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.emulator.debian import fetch_packages, host_architecture
from orchestrator.emulator.roots import incoming_directory, qemu_path
from orchestrator.errors import DebianPackagesError, EmulatorSetupError
from orchestrator.targets.host import run_command

if TYPE_CHECKING:
    from orchestrator.process import OnLine, Processes

CPUS = ("max", "cortex-a57")
"""CPU models to run under: all that qemu knows, and plain ARMv8.0."""

_NAMES = ("qemu-aarch64-static", "qemu-aarch64")
# Release and package, best first. Version 7.2 runs a quarter more Python code a second than 10.0
# and 11.1, and starts quicker. The machine's own release is for archives other than Debian's.
_PACKAGES = (("bookworm", "qemu-user-static"), ("", "qemu-user-static"), ("", "qemu-user"))


def qemu_version(program: Path) -> str:
    """E.g. ``qemu-aarch64 7.2.22``; empty when it does not run."""
    answer = run_command((str(program), "--version")).text
    match = re.match(r"qemu-aarch64 version (\S+)", answer)
    return f"qemu-aarch64 {match[1]}" if match else ""


def set_up_qemu(processes: Processes, on_line: OnLine) -> None:
    """Puts the emulator where the roots expect it: the machine's own, or a package's.

    Raises:
        EmulatorSetupError: Neither could be had.
        InterruptedBuildError: ``processes.stop`` was called.
    """
    incoming = incoming_directory() / "qemu"
    for name in _NAMES:
        if (own := shutil.which(name)) and qemu_version(Path(own)):
            incoming.symlink_to(own)
            incoming.replace(qemu_path())
            return
    problems = []
    for suite, package in _PACKAGES:
        unpacked = incoming_directory() / f"{package}-{suite}"
        try:
            fetch_packages(
                [package],
                into=unpacked,
                suite=suite,
                architecture=host_architecture(),
                processes=processes,
                on_line=on_line,
            )
        except DebianPackagesError as error:
            problems += [error.message, *error.details]
            continue
        for name in _NAMES:
            program = unpacked / "usr" / "bin" / name
            if qemu_version(program):
                program.replace(qemu_path())
                return
        problems.append(f"{package}: it has no qemu-aarch64 that runs here.")
    raise EmulatorSetupError(
        "qemu-user for aarch64 is not on this machine, and no package of it could be fetched.",
        hint="Install qemu-user-static with the machine's package manager.",
        details=tuple(dict.fromkeys(problems)),
    )
