"""What runs a target's Python on this host: an interpreter of its own, or an emulated one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from packaging.tags import mac_platforms, platform_tags

from orchestrator.emulator.qemu import CPUS, qemu_version
from orchestrator.emulator.roots import ARCH, installed_roots, qemu_path
from orchestrator.errors import InterpreterNotFoundError
from orchestrator.model import Interpreter, Proof, Value
from orchestrator.targets.interpreters import find_interpreter

if TYPE_CHECKING:
    from orchestrator.model import Platform, Target
    from orchestrator.targets.toolchain import Host

# uv asks an interpreter for its glibc, but looks for musl in the interpreter's file, and an
# emulated one's is a script.
_UV_PLATFORMS = {"glibc": "", "musl": "aarch64-unknown-linux-musl"}


class Runtime(Value):
    """Something that runs a target's Python on this host.

    Attributes:
        proof: What a run amounts to: ``executed``, or ``emulated``.
        python: The interpreter; an emulated one is started like any other program.
        version: Its full version, e.g. ``3.11.2``.
        interpreter: Which CPython it is.
        root: What is ``/`` to the target's programs; None when it is this machine's own.
        qemu: The emulator; None when native.
        runner: What stands between code and hardware, e.g. ``qemu-aarch64 7.2.22``; empty: nothing.
        cpus: CPU models to run under, by ``$QEMU_CPU``; one empty name when native.
        uv_platform: What uv must be told that it installs for, because it can't see it; or empty.
    """

    proof: Proof
    python: Path
    version: str
    interpreter: Interpreter
    root: Path | None = None
    qemu: Path | None = None
    runner: str = ""
    cpus: tuple[str, ...] = ("",)
    uv_platform: str = ""

    @property
    def binary(self) -> Path:
        """The interpreter's own file, which an emulated one starts."""
        return self.python.with_name(f"{self.python.name}-{ARCH}") if self.qemu else self.python


def find_runtime(target: Target, host: Host) -> Runtime | None:
    """What runs the target's Python here; None where nothing does, or it is not set up."""
    if runs_natively(target.platform, host):
        return _native(target)
    if is_emulated(target.platform, host):
        return _emulated(target)
    return None


def runs_natively(platform: Platform, host: Host) -> bool:
    """Whether this host's own hardware, kernel and C library run the platform's programs."""
    if platform.os != host.os:
        return False
    tags = mac_platforms(arch=host.arch) if host.os == "macos" else platform_tags()
    return platform.tag in tags


def is_emulated(platform: Platform, host: Host) -> bool:
    """Whether the platform's programs are run here by an emulator, once it is set up."""
    return host.os == "linux" and platform.os == "linux" and ARCH == platform.arch != host.arch


def _native(target: Target) -> Runtime | None:
    try:
        python = find_interpreter(target.interpreter)
    except InterpreterNotFoundError:
        return None
    if python.machine not in {target.platform.arch, "universal2"}:
        return None  # built for Intel Macs, and run by Rosetta
    return Runtime(
        proof="executed",
        python=python.executable,
        version=python.version,
        interpreter=target.interpreter,
    )


def _emulated(target: Target) -> Runtime | None:
    wanted = (target.interpreter, target.platform.libc)
    roots = [root for root in installed_roots() if (root.interpreter, root.libc) == wanted]
    runner = qemu_version(qemu_path()) if roots else ""
    for root in roots:
        if runner and root.libc_version >= target.platform.minimum:
            return Runtime(
                proof="emulated",
                python=root.python,
                version=root.version,
                interpreter=root.interpreter,
                root=root.sysroot,
                qemu=qemu_path(),
                runner=runner,
                cpus=CPUS,
                uv_platform=_UV_PLATFORMS[root.libc],
            )
    return None
