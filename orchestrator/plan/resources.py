"""What a step needs of the machine that does it, as names: a worker must have all of them.

A worker that has them makes what this machine would have made: the same toolchain for the same
platform, the same interpreter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.model import Interpreter, Platform, Step, ToolchainIdentity


def step_resources(step: Step) -> tuple[str, ...]:
    """The names of all that a step needs; a redirect wheel is made anywhere."""
    if step.kind == "redirect":
        return ()
    needed = (platform_resource(step.target.platform), toolchain_resource(step.toolchain))
    if not step.python:
        return needed
    return (*needed, python_resource(step.python, step.target.interpreter))


def platform_resource(platform: Platform) -> str:
    """What can be compiled for, e.g. ``macos-arm64``, ``linux-aarch64``, ``musllinux-aarch64``."""
    family = "musllinux" if platform.libc == "musl" else platform.os
    return f"{family}-{platform.arch}"


def toolchain_resource(toolchain: ToolchainIdentity) -> str:
    """A toolchain with what can change its output, e.g. ``zig (ziglang 0.17.0)``."""
    versions = ", ".join(f"{name} {value}" for name, value in sorted(toolchain.versions.items()))
    return f"{toolchain.name} ({versions})"


def python_resource(version: str, interpreter: Interpreter) -> str:
    """An interpreter to build with, e.g. ``python 3.11.7``, or ``python 3.13.1t``."""
    return f"python {version}{'t' if interpreter.free_threaded else ''}"
