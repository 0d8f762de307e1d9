"""Redirect wheels offered to a resolution: what recipes redirect counts as installable.

They are made in a folder of the resolution's own; those that a closure takes become steps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from orchestrator.build.redirect import build_redirect
from orchestrator.errors import IndexUnreachableError, NoSubstituteWheelError, UnknownPackageError
from orchestrator.model import Step, Value
from orchestrator.plan.redirects import oldest_platform, redirect_step
from orchestrator.repair.repair import canonical
from orchestrator.resolve.index import list_files
from orchestrator.resolve.select import releases_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from orchestrator.model import Closure, Locked, Target
    from orchestrator.registry.load import Registry
    from orchestrator.resolve.configuration import IndexConfiguration
    from orchestrator.resolve.pages import FileEntry


class Offers(Value):
    """Redirect wheels that a resolution could take.

    Attributes:
        filenames: Of the wheels.
        steps: By target, and there by project and version.
    """

    filenames: frozenset[str]
    steps: dict[str, dict[tuple[str, str], Step]]


def offer_redirects(
    registry: Registry, targets: Sequence[Target], configuration: IndexConfiguration, folder: Path
) -> Offers:
    """Writes every redirect wheel that some target could install.

    Args:
        registry: The recipes; those with problems are passed over here.
        targets: Of the resolution.
        configuration: The indexes that list the substitutes.
        folder: For the wheels; nothing else may be in it.
    """
    filenames = set()
    steps: dict[str, dict[tuple[str, str], Step]] = {str(target): {} for target in targets}
    (folder / ".made").mkdir()
    for name, substitute in registry.redirects():
        try:
            files = list_files(substitute, configuration)
        except (UnknownPackageError, IndexUnreachableError):
            continue  # then nothing can be redirected there; what else is wrong, uv will say
        for target in targets:
            for step in _steps(registry, name, substitute, files, target):
                repaired = canonical(build_redirect(step, folder / ".made"), folder)
                filenames.add(repaired.path.name)
                steps[str(target)][name, step.source.version] = step
    return Offers(filenames=frozenset(filenames), steps=steps)


def counted_on(closure: Closure, offers: Offers) -> Closure:
    """The closure without the wheels that were only offered, and with the steps that make them."""
    packages = tuple(_without(package, offers.filenames) for package in closure.packages)
    steps = offers.steps[str(closure.target)]
    redirects = tuple(
        steps[package.name, package.version]
        for package in packages
        if package.wheel is None and (package.name, package.version) in steps
    )
    return msgspec.structs.replace(closure, packages=packages, redirects=redirects)


def _steps(
    registry: Registry, name: str, substitute: str, files: Sequence[FileEntry], target: Target
) -> Iterator[Step]:
    for version, listed in releases_of(files).items():
        if not any(_installs(file, target) for file in listed if file.kind == "wheel"):
            continue
        settings = registry.settings(name, str(version), target)
        if settings.substitute is None or settings.substitute.name != substitute:
            continue
        if settings.substitute.kind == "redirect":
            try:
                yield redirect_step(name, str(version), settings, files, target)
            except NoSubstituteWheelError:
                continue  # it was withdrawn


def _installs(file: FileEntry, target: Target) -> bool:
    oldest = oldest_platform(file, target)
    return oldest is not None and oldest.minimum <= target.platform.minimum


def _without(package: Locked, filenames: frozenset[str]) -> Locked:
    if package.wheel is None or package.wheel.filename not in filenames:
        return package
    rest = tuple(wheel for wheel in package.wheels if wheel.filename not in filenames)
    return msgspec.structs.replace(package, wheel=None, wheels=rest)
