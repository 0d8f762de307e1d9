"""The hybrid route: the target's own Python, emulated, runs the build with the host's compiler.

Whatever the build asks about the machine is answered truthfully, and it can import what it has
just compiled. Programs are the host's where they can be: the compiler, cmake, ninja, meson.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import msgspec

from orchestrator.build.environment import BuildEnvironment
from orchestrator.emulator.compilers import Compilers, find_compilers
from orchestrator.emulator.environment import make_environment
from orchestrator.emulator.programs import MACHINE, emulate_programs
from orchestrator.emulator.runtime import Runtime, find_runtime
from orchestrator.errors import NoRuntimeError
from orchestrator.model import HostPython, Route, Target, Value
from orchestrator.targets.interpreters import describe
from orchestrator.targets.kit import write_script

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from orchestrator.targets.toolchain import Host

# CMake also runs its Python through it, which is a script.
_RUNNER = """\
#!/bin/sh
[ "$(od -An -tx1 -j{offset} -N2 "$1")" = " b7 00" ] && exec {emulator} "$@"
exec "$@"
"""


class Emulation(Value):
    """What is set up here to build for a target by emulation.

    Attributes:
        runtime: Of the target's Python.
        compilers: Of the target; None where there are none.
    """

    runtime: Runtime
    compilers: Compilers | None

    @property
    def routes(self) -> tuple[Route, ...]:
        """The routes that it opens."""
        return ("hybrid", "emulated") if self.compilers else ("hybrid",)


def find_emulation(target: Target, host: Host) -> Emulation | None:
    """What is set up here for a target; None where nothing is, or it runs natively."""
    runtime = find_runtime(target, host)
    if runtime is None or runtime.qemu is None:
        return None
    # GCC's own libraries, and what it links, are for glibc.
    compilers = find_compilers() if target.platform.libc == "glibc" else None
    return Emulation(runtime=runtime, compilers=compilers)


def emulated_python(runtime: Runtime) -> HostPython:
    """The emulated interpreter, as kits are made for it.

    Raises:
        NoRuntimeError: It can't be built with.
    """
    found = describe(runtime.python, runtime.interpreter)
    if isinstance(found, HostPython):
        # As the compiler sees it, to which the root is no root.
        include = dict.fromkeys(("INCLUDEPY", "CONFINCLUDEPY"), str(found.include))
        return msgspec.structs.replace(found, config_vars={**found.config_vars, **include})
    raise NoRuntimeError(
        f"The emulated Python ({runtime.python}) {found}.",
        hint=f"Remove {runtime.root} and set it up again: orchestrate emulator setup",
    )


class EmulatedEnvironment(BuildEnvironment):
    """A build environment of the target's Python: platform wheels in it are the target's."""

    def furnish(self, runtime: Runtime) -> None:
        """Makes it, of a Python that is emulated here."""
        make_environment(runtime, self.directory)
        self._runtime = runtime
        emulator = shlex.join((str(runtime.qemu), "-L", str(runtime.root)))
        write_script(self.runner, _RUNNER.format(offset=MACHINE, emulator=emulator))

    @property
    def runner(self) -> Path:
        """A program that runs the target's programs."""
        return self.directory / "run-target"

    def install(self, requirements: Sequence[str], constraints: Sequence[str] = ()) -> None:
        """Installs build requirements, and makes the programs among them start by themselves.

        Raises:
            BuildEnvironmentError: No set of wheels satisfies the requirements.
        """
        super().install(requirements, constraints)
        runtime = self._runtime
        if runtime.qemu and runtime.root:
            emulate_programs(self.directory, runtime.qemu, runtime.root)
