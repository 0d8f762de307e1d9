"""This machine: its OS, the architecture of its hardware, and how to ask it with a command."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Sequence

from orchestrator.model import Platform, Value
from orchestrator.targets.toolchain import Host

COMMAND_NOT_FOUND = 127
COMMAND_SECONDS = 60


class Answer(Value):
    """What a command said: its exit status and its output."""

    status: int
    stdout: str = ""
    stderr: str = ""

    @property
    def text(self) -> str:
        """What it printed on success, without surrounding space; empty when it failed."""
        return self.stdout.strip() if self.status == 0 else ""


Run = Callable[[Sequence[str]], Answer]
"""Runs a command to its end; what cannot be run is a failed answer, never an exception."""


def run_command(command: Sequence[str]) -> Answer:
    """Runs a command that only answers a question.

    Its standard input is empty, because Apple's tools wait for Enter there while their license is
    not accepted. A program that is not there or does not end has exit status 127, with the reason
    on stderr.
    """
    import subprocess  # noqa: PLC0415  (a cached build asks nothing)

    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=COMMAND_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Answer(status=COMMAND_NOT_FOUND, stderr=str(error))
    return Answer(status=done.returncode, stdout=done.stdout, stderr=done.stderr)


def this_host() -> Host:
    """Looks at this machine."""
    if sys.platform == "darwin":
        return mac_host(run_command)
    return Host(os=sys.platform, arch=platform.machine())


def host_platform() -> Platform:
    """This machine as the platform of wheels that run here and promise no more."""
    from packaging.tags import platform_tags  # noqa: PLC0415 (a cached build asks nothing)

    from orchestrator.targets.wheel_tags import linux_tags, macos_tags  # noqa: PLC0415

    tags = tuple(platform_tags())
    for mac in macos_tags(tags):
        return Platform(os="macos", arch=mac.arch, minimum=mac.version)
    linux = next(tag for tag in linux_tags(tags) if tag.libc)
    return Platform(os="linux", arch=linux.arch, minimum=linux.version, libc=linux.libc)


def mac_host(run: Run) -> Host:
    """Asks a Mac's kernel what the hardware is.

    ``os.uname()`` answers ``x86_64`` to a process under Rosetta; ``sysctl`` tells the truth. Intel
    Macs know neither of the names, which is an answer too.
    """
    return Host(
        os="macos",
        arch="arm64" if run(("sysctl", "-n", "hw.optional.arm64")).text == "1" else "x86_64",
        translated=run(("sysctl", "-n", "sysctl.proc_translated")).text == "1",
    )
