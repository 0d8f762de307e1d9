"""This machine: its OS, the architecture of its hardware, and how to ask it with a command."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from orchestrator.model import Interpreter, Platform, Value
from orchestrator.targets.tags import parse_platform
from orchestrator.targets.toolchain import Host

if TYPE_CHECKING:
    from packaging.tags import Tag

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


def host_tags(interpreter: Interpreter) -> tuple[Tag, ...]:
    """The tags of wheels that an installer takes for an interpreter of this machine, best first."""
    from packaging.tags import (  # noqa: PLC0415 (a cached build asks nothing)
        compatible_tags,
        cpython_tags,
        platform_tags,
    )

    version = (interpreter.major, interpreter.minor)
    platforms = tuple(platform_tags())
    own = cpython_tags(version, [interpreter.abi_tag], platforms)
    return (*own, *compatible_tags(version, interpreter.python_tag, platforms))


def host_platform() -> Platform:
    """This machine as a platform to build for.

    Raises:
        UnsupportedPlatformError: It is none that is built for.
    """
    from packaging.tags import platform_tags  # noqa: PLC0415 (a cached build asks nothing)

    tag = next((tag for tag in platform_tags() if not tag.startswith("linux_")), "this machine")
    return parse_platform(tag)


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
