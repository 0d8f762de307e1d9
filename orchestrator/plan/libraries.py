"""From the libraries that a recipe names to their steps, and the order in which they are built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.errors import LibraryConflictError, LibraryCycleError
from orchestrator.model import NO_PYTHON, Platform, Source, SourceOverride, Step, Target
from orchestrator.plan.fingerprint import fingerprint_of, parts_of, with_needs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from orchestrator.registry.libraries import Libraries
    from orchestrator.targets.toolchain import Toolchain


class LibraryPlanner:
    """Makes the steps of native libraries, each once.

    Args:
        libraries: There are.
        override: Makes the source that a recipe names in place of another.
        toolchain: Chooses what compiles for a platform.
    """

    def __init__(
        self,
        libraries: Libraries,
        *,
        override: Callable[[Source, SourceOverride], Source],
        toolchain: Callable[[Platform], Toolchain],
    ) -> None:
        self._libraries = libraries
        self._override = override
        self._toolchain = toolchain
        self._made: dict[tuple[str, Platform], Step] = {}

    def steps(self, needs: Sequence[str], platform: Platform, needed_by: str) -> tuple[Step, ...]:
        """The steps of the libraries that a recipe names, with theirs inside.

        Args:
            needs: As the recipe names them.
            platform: That they are built for.
            needed_by: Whose recipe it is.

        Raises:
            UnknownLibraryError: There is no such library.
            NoLibraryVersionError: There is no such version.
            LibraryCycleError: Libraries need each other in a circle.
            LibraryConflictError: Two versions of one library are needed.
            RecipeError: A library's recipe is wrong.
        """
        steps = self._steps(needs, platform, (needed_by,))
        chosen: dict[str, Step] = {}
        for step in in_order(steps):
            other = chosen.setdefault(step.source.name, step)
            if other.source.version != step.source.version:
                raise LibraryConflictError(
                    f"{needed_by} needs two versions of the library {step.source.name}: "
                    f"{other.source.version} and {step.source.version}."
                )
        return steps

    def _steps(
        self, needs: Sequence[str], platform: Platform, path: tuple[str, ...]
    ) -> tuple[Step, ...]:
        return tuple(self._step(need, platform, path) for need in needs)

    def _step(self, need: str, platform: Platform, path: tuple[str, ...]) -> Step:
        made = self._made.get((need, platform))
        if made:
            return made
        chosen = self._libraries.choose(need, platform, path[-1])
        name, settings = chosen.name, chosen.settings
        if name in path[1:]:
            circle = (*path[path.index(name, 1) :], name)
            raise LibraryCycleError(f"Libraries need each other: {' → '.join(circle)}.")
        libraries = self._steps(settings.libraries, platform, (*path, name))
        source = Source(name=name, version=chosen.version, kind="url", location="")
        assert settings.source is not None  # noqa: S101 (a library's always is pinned)
        source = self._override(source, settings.source)
        target = Target(platform=platform, interpreter=NO_PYTHON)
        identity = self._toolchain(platform).identity()
        parts = parts_of(source, settings, target, identity, "", kind="library")
        step = Step(
            source=source,
            settings=settings,
            target=target,
            toolchain=identity,
            python="",
            fingerprint=fingerprint_of(parts),
            kind="library",
            parts=parts,
            libraries=libraries,
        )
        step = with_needs(step, {item.label: item.fingerprint for item in libraries})
        return self._made.setdefault((need, platform), step)


def in_order(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Steps of libraries and of all that they need, each once and behind what it needs."""
    found: dict[str, Step] = {}
    for step in steps:
        found |= {inner.fingerprint: inner for inner in in_order(step.libraries)}
        found[step.fingerprint] = step
    return tuple(found.values())
