"""``orchestrate.lock``: all that a plan's wheels are made of, and what differs from it. Pure.

The file is TOML, made of the same values in the same order every time:

- ``[[package]]``: every package of the closures, with the targets that it is for;
- ``[[build-requirement]]``: every package of the build environments, with its file;
- ``[[step]]``: what is built, from which source, and all parts of its fingerprint.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import msgspec

from orchestrator.errors import BadPlanLockError
from orchestrator.model import DistFile, Locked, Value
from orchestrator.plan.changes import changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.model import Plan

FORMAT = 1
FILE = "orchestrate.lock"


class LockedPackage(Value):
    """A package of the closures."""

    name: str
    version: str
    targets: tuple[str, ...]


class LockedFile(Value):
    """A package of build environments: the wheel that the host takes, or else the sdist."""

    name: str
    version: str
    filename: str
    url: str
    sha256: str


class LockedStep(Value, rename="kebab"):
    """What is built.

    Attributes:
        step: Its label.
        source: Where it is fetched from.
        build_requires: ``name==version`` of its build requirements.
        parts: Of its fingerprint, by name.
    """

    step: str
    fingerprint: str
    source: str
    build_requires: tuple[str, ...]
    parts: dict[str, str]


class PlanLock(Value, rename="kebab"):
    """The content of the file."""

    format: int
    package: tuple[LockedPackage, ...] = ()
    build_requirement: tuple[LockedFile, ...] = ()
    step: tuple[LockedStep, ...] = ()

    @property
    def requires(self) -> dict[str, tuple[Locked, ...]]:
        """The locked build requirements of every step, by its label."""
        files = {f"{item.name}=={item.version}": item for item in self.build_requirement}
        return {
            item.step: tuple(_as_locked(files[pin]) for pin in item.build_requires if pin in files)
            for item in self.step
        }


def lock_of(plan: Plan) -> PlanLock:
    """What there is to lock of a plan."""
    targets: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for closure in plan.closures:
        for package in closure.packages:
            targets[package.name, package.version].append(str(closure.target))
    files = {_file_of(locked) for item in plan.steps for locked in item.requires}
    return PlanLock(
        format=FORMAT,
        package=tuple(
            LockedPackage(name=name, version=version, targets=tuple(sorted(targets[name, version])))
            for name, version in sorted(targets)
        ),
        build_requirement=tuple(sorted(files, key=lambda file: (file.name, file.version))),
        step=tuple(
            LockedStep(
                step=item.step.label,
                fingerprint=item.step.fingerprint,
                source=item.step.source.location,
                build_requires=item.step.build_requires,
                parts=dict(sorted(item.step.parts.items())),
            )
            for item in sorted(plan.steps, key=lambda item: item.step.label)
        ),
    )


def tables_of(lock: PlanLock) -> dict[str, Any]:
    """The content of the file, before it becomes TOML."""
    tables: dict[str, Any] = msgspec.to_builtins(lock)
    return tables


def parse_lock(tables: dict[str, Any], where: str) -> PlanLock:
    """The lock that a file holds.

    Args:
        tables: Its content.
        where: The file, for messages.

    Raises:
        BadPlanLockError: It is none, or of another version of orchestrate.
    """
    if tables.get("format") != FORMAT:
        raise BadPlanLockError(f"{where} is not of the format {FORMAT}, which is read here.")
    try:
        return msgspec.convert(tables, PlanLock)
    except msgspec.ValidationError as error:
        raise BadPlanLockError(f"{where} can't be read: {error}.") from error


def differences(lock: PlanLock, plan: Plan) -> tuple[str, ...]:
    """What of a plan is not as it was locked, a line each; none where all is."""
    return tuple(_differences(lock, lock_of(plan)))


def _differences(before: PlanLock, after: PlanLock) -> Iterator[str]:
    yield from _of_packages(before, after)
    then = {item.step: item for item in before.step}
    now = {item.step: item for item in after.step}
    for label in sorted({*then, *now}):
        if label not in then:
            yield f"{label}: is not in the lock"
        elif label not in now:
            yield f"{label}: is in the lock, but is no step any more"
        else:
            for change in changes(then[label].parts, now[label].parts):
                yield f"{label}: {change.words}"


def _of_packages(before: PlanLock, after: PlanLock) -> Iterator[str]:
    then, now = (
        {(item.name, target): item.version for item in lock.package for target in item.targets}
        for lock in (before, after)
    )
    for name, target in sorted({*then, *now}):
        old, new = then.get((name, target), "nothing"), now.get((name, target), "nothing")
        if old != new:
            yield f"{name} for {target}: {old} → {new}"


def _file_of(locked: Locked) -> LockedFile:
    file = locked.wheel or locked.sdist
    assert file is not None  # noqa: S101 (it is of an index)
    return LockedFile(
        name=locked.name,
        version=locked.version,
        filename=file.filename,
        url=file.url,
        sha256=file.sha256,
    )


def _as_locked(item: LockedFile) -> Locked:
    file = DistFile(filename=item.filename, url=item.url, sha256=item.sha256)
    if item.filename.endswith(".whl"):
        return Locked(name=item.name, version=item.version, wheels=(file,), wheel=file)
    return Locked(name=item.name, version=item.version, sdist=file)
