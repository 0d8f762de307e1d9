"""From a pinned source to a step: recipes selected, toolchain chosen, fingerprint computed."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import msgspec

from orchestrator.errors import MinimumMacOSError, NoToolchainError
from orchestrator.model import (
    UNKNOWN_VERSION,
    BuildSettings,
    HostPython,
    Platform,
    Source,
    SourceOverride,
    Step,
    Target,
)
from orchestrator.plan.fingerprint import fingerprint_of, parts_of, with_needs
from orchestrator.plan.libraries import LibraryPlanner
from orchestrator.targets.interpreters import find_interpreter
from orchestrator.targets.tags import platform_for_deployment_target
from orchestrator.targets.toolchain import Host, Toolchain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from orchestrator.registry.load import Registry


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """A step, and the things of this machine that it will be built with.

    Attributes:
        raised: The platform that was asked for, where the recipe needs a newer one; else None.
    """

    step: Step
    python: HostPython
    toolchain: Toolchain
    raised: Platform | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """Things the user should know before it is done."""
        if self.raised is None:
            return ()
        tag = self.step.target.platform.tag
        return (
            f"its recipe needs a newer macOS than {self.raised.tag}: the wheel is tagged {tag}",
        )


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A step before it is known what its build requirements are, and what it needs.

    Attributes:
        source: Pinned; of the recipe, where that names another than the index's.
        settings: Of the recipes.
        target: With the platform raised to the recipe's minimum.
        python: Of this machine, that runs the build.
        toolchain: Of this machine, that compiles.
        libraries: Steps of the native libraries that the recipe names.
        raised: The platform that was asked for, where the recipe needs a newer one; else None.
    """

    source: Source
    settings: BuildSettings
    target: Target
    python: HostPython
    toolchain: Toolchain
    libraries: tuple[Step, ...] = ()
    raised: Platform | None = None

    def planned(self, build_requires: tuple[str, ...] = ()) -> Planned:
        """The step, fingerprinted as one that needs no other but its libraries.

        Args:
            build_requires: Locked, ``name==version``.
        """
        identity = self.toolchain.identity()
        parts = parts_of(
            self.source,
            self.settings,
            self.target,
            identity,
            self.python.version,
            build_requires=build_requires,
        )
        step = Step(
            source=self.source,
            settings=self.settings,
            target=self.target,
            toolchain=identity,
            python=self.python.version,
            fingerprint=fingerprint_of(parts),
            build_requires=build_requires,
            parts=parts,
            libraries=self.libraries,
        )
        if self.libraries:
            needs = {library.label: library.fingerprint for library in self.libraries}
            step = with_needs(step, needs)
        return Planned(step=step, python=self.python, toolchain=self.toolchain, raised=self.raised)


class Planner:
    """Makes steps.

    Args:
        registry: The recipes.
        toolchains: In the order of preference.
        host: For messages.
        override: Makes the source that a recipe names in place of another.
        explicit: Whether the user named the platform: then it is not raised.
    """

    def __init__(
        self,
        registry: Registry,
        toolchains: Sequence[Toolchain],
        host: Host,
        *,
        override: Callable[[Source, SourceOverride], Source],
        explicit: bool,
    ) -> None:
        self._registry = registry
        self._toolchains = tuple(toolchains)
        self._host = host
        self._override = override
        self._explicit = explicit
        self._interpreter = cache(find_interpreter)
        self._libraries = LibraryPlanner(
            registry.libraries, override=override, toolchain=self.toolchain
        )

    def draft(self, source: Source, target: Target) -> Draft:
        """Chooses what a source is built with for a target.

        Raises:
            RecipeError: The package's recipe is wrong.
            MinimumMacOSError: It needs a newer macOS than the one the user named.
            NoToolchainError: Nothing here compiles for the platform.
            InterpreterNotFoundError: The target's Python is not on this machine.
            UnknownLibraryError: The recipe names a library that has none; and its likes (LIB).
        """
        version = None if source.version == UNKNOWN_VERSION else source.version
        settings = self._registry.settings(source.name, version, target)
        asked = target.platform
        target = raised(source, settings, target, explicit=self._explicit)
        if target.platform != asked:
            settings = self._registry.settings(source.name, version, target)
        toolchain = self.toolchain(target.platform)
        python = self._interpreter(target.interpreter)
        if settings.source:
            source = self._override(source, settings.source)
        return Draft(
            source=source,
            settings=settings,
            target=target,
            python=python,
            toolchain=toolchain,
            libraries=self._libraries.steps(settings.libraries, target.platform, source.name),
            raised=asked if target.platform != asked else None,
        )

    def toolchain(self, platform: Platform) -> Toolchain:
        """The first toolchain that compiles for a platform.

        Raises:
            NoToolchainError: None does.
        """
        for toolchain in self._toolchains:
            if toolchain.builds(platform):
                return toolchain
        raise NoToolchainError(
            f"No toolchain on this {self._host.os} {self._host.arch} host builds {platform.tag}."
        )


def raised(source: Source, settings: BuildSettings, target: Target, *, explicit: bool) -> Target:
    """The target, with the platform that the recipe's minimum macOS makes of it.

    Args:
        source: For the message.
        settings: Of the recipes.
        target: That was asked for.
        explicit: Whether the user named its platform: then it is not raised.

    Raises:
        MinimumMacOSError: It needs a newer macOS than the one the user named.
    """
    needed = settings.needs.minimum_macos
    platform = target.platform
    if platform.os != "macos" or needed is None or needed <= platform.minimum:
        return target
    newer = platform_for_deployment_target(needed)
    if explicit:
        raise MinimumMacOSError(
            f"{source.name} {source.version} needs macOS {needed[0]}.{needed[1]} "
            f"({settings.recipes[-1]}); a wheel tagged {platform.tag} would promise less.",
            hint=f"--platform {newer.tag}",
        )
    return Target(platform=newer, interpreter=target.interpreter)
