"""The ``gcc`` toolchain: the compiler of a Linux host, for wheels of its own kind.

What it links is the host's glibc, so it builds for tags that promise no older one; the older ones
are zig's.
"""

from __future__ import annotations

import os
import re
import shutil
from functools import cached_property
from typing import TYPE_CHECKING

from orchestrator.model import Check, HostPython, Needs, Platform, Route, ToolchainIdentity
from orchestrator.targets import zig_kit
from orchestrator.targets.flags import HOST_PATHS_AT_RUN_TIME, NATIVE
from orchestrator.targets.host import Run, run_command
from orchestrator.targets.kit import kit_digest, write_tools
from orchestrator.targets.toolchain import Host, Kit, KitRequest
from orchestrator.targets.wrapper import WrapperSpec

if TYPE_CHECKING:
    from pathlib import Path

# A module that takes nothing from the C library does not name it, and auditwheel asks which it is.
NAMES_LIBC = ("-Wl,--push-state,--no-as-needed", "-lc", "-Wl,--pop-state")
_PROGRAMS = {"cc": "gcc", "c++": "g++"}


class GccToolchain:
    """Implements ``Toolchain`` with the ``gcc`` and ``g++`` on PATH.

    Args:
        host: This machine.
        run: Asks gcc.
        glibc: The host's, (major, minor); asked for when not given.
    """

    name = "gcc"

    def __init__(
        self, host: Host, *, run: Run = run_command, glibc: tuple[int, int] | None = None
    ) -> None:
        self._host = host
        self._run = run
        self._given_glibc = glibc

    def builds(self, platform: Platform) -> bool:
        """Platforms of this host's architecture whose glibc is not older than this host's."""
        return (
            self._host.os == platform.os == "linux"
            and self._host.arch == platform.arch
            and platform.libc == "glibc"
            and self._glibc is not None
            and self._glibc <= platform.minimum
            and shutil.which("gcc") is not None
        )

    def route(self, platform: Platform) -> Route:  # noqa: ARG002 (the protocol's)
        """Always native."""
        return "native"

    def checks(self, platform: Platform, needs: Needs) -> tuple[Check, ...]:  # noqa: ARG002
        """That gcc answers, and g++ is there."""
        if not self._version:
            fix = "sudo apt install gcc g++"
            return (Check(name="gcc", status="missing", found="does not run", fix=fix),)
        found = f"{self._version}, glibc {self._glibc_text}"
        gcc = Check(name="gcc", status="ok", found=found)
        if shutil.which("g++"):
            return (gcc,)
        found, fix = "not found; only C can be compiled", "sudo apt install g++"
        return (gcc, Check(name="g++", status="warning", found=found, fix=fix))

    def identity(self) -> ToolchainIdentity:
        """The versions of gcc, of the glibc that is linked against, and of the kit."""
        return ToolchainIdentity(
            name=self.name,
            versions={"gcc": self._version, "glibc": self._glibc_text, "kit": kit_digest()},
        )

    def prepare(self, request: KitRequest) -> Kit:
        """Writes wrappers around gcc; all else is the host's own, as in any native build."""
        tools, log = request.directory / "bin", request.directory / "wrapper.log"
        spec = WrapperSpec(
            programs={role: (shutil.which(name) or name,) for role, name in _PROGRAMS.items()},
            env={},
            rules=(*NATIVE, *HOST_PATHS_AT_RUN_TIME),
            compile_flags=("-g0", zig_kit.same_paths(request)),
            link_flags=("-s", "-Wl,--build-id=none"),
            shared_link_flags=NAMES_LIBC,
            flags=request.settings.flags,
            log=str(log),
            linker="",
        )
        write_tools(spec, tools)
        if request.python:
            self._link_full_names(request.python, tools)
        return Kit(
            env={
                "CC": str(tools / "cc"),
                "CXX": str(tools / "c++"),
                # auditwheel gives the wheel its tag; maturin's own check would refuse or rename it.
                "MATURIN_PEP517_ARGS": "--compatibility linux",
            },
            path=(tools,),
            log=log,
        )

    def _link_full_names(self, python: HostPython, tools: Path) -> None:
        """Distributions' Pythons call ``x86_64-linux-gnu-gcc``."""
        multiarch = python.config_vars.get("MULTIARCH")
        for role, name in _PROGRAMS.items():
            (tools / f"{multiarch}-{name}").symlink_to(role)

    @cached_property
    def _version(self) -> str:
        return self._run(("gcc", "-dumpfullversion")).text

    @cached_property
    def _glibc(self) -> tuple[int, int] | None:
        return self._given_glibc or host_glibc()

    @property
    def _glibc_text(self) -> str:
        return ".".join(map(str, self._glibc or ()))


def host_glibc() -> tuple[int, int] | None:
    """This machine's glibc, (major, minor); None where the libc is another."""
    try:
        text = os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (ValueError, OSError):
        return None
    match = re.fullmatch(r"glibc (\d+)\.(\d+).*", text)
    return (int(match[1]), int(match[2])) if match else None
