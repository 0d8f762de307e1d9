"""The protocol of a toolchain: what the build asks of whatever compiles for a target."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from orchestrator.model import (
    BuildSettings,
    Check,
    HostPython,
    Needs,
    Platform,
    Route,
    Target,
    ToolchainIdentity,
    Value,
)


class Host(Value):
    """This machine.

    Attributes:
        os: ``macos`` or ``linux``.
        arch: Of the hardware as the kernel tells it: ``arm64``/``aarch64`` or ``x86_64``.
        translated: Whether this process runs under Rosetta.
    """

    os: str
    arch: str
    translated: bool = False


class KitRequest(Value):
    """What a toolchain needs to know to prepare one build.

    Attributes:
        directory: Empty folder of the kit's own, inside the build folder.
        target: What to compile for.
        python: The interpreter of the target's version that runs the build; None for a native
            library, which knows no Python.
        environment_python: The interpreter of the isolated build environment; likewise.
        settings: Of the recipes: flags, BLAS, needs.
        runner: Runs the target's programs on this host; None: nothing does.
    """

    directory: Path
    target: Target
    python: HostPython | None
    environment_python: Path | None
    settings: BuildSettings
    runner: Path | None = None


class Kit(Value):
    """A prepared build: what the PEP 517 hooks, and nothing else, must see.

    Attributes:
        env: Environment variables for the hooks.
        path: Folders put in front of PATH.
        meson_cross_file: Given to Meson-based backends with ``--cross-file``, or None.
        include: The folder that stands for the host's Python headers, or None.
        log: File to which compiler wrappers append what they changed, or None.
    """

    env: dict[str, str]
    path: tuple[Path, ...] = ()
    meson_cross_file: Path | None = None
    include: Path | None = None
    log: Path | None = None


class Toolchain(Protocol):
    """What compiles for a target on this host."""

    @property
    def name(self) -> str:
        """``xcode``, ``gcc`` or ``zig``."""

    def builds(self, platform: Platform) -> bool:
        """Whether it compiles for this platform at all, on this host."""

    def route(self, platform: Platform) -> Route:
        """How it compiles for this platform: ``native`` or ``cross``."""

    def checks(self, platform: Platform, needs: Needs) -> tuple[Check, ...]:
        """Looks at everything the toolchain needs; never raises for what is missing."""

    def identity(self) -> ToolchainIdentity:
        """Names the toolchain and the versions that can change its output."""

    def prepare(self, request: KitRequest) -> Kit:
        """Writes the kit of one build into ``request.directory``.

        Raises:
            ToolchainBrokenError: A check that matters for this build failed.
            MissingSDKError: The settings need frameworks that this toolchain does not have.
        """
