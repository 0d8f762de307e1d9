"""``orchestrate.lock`` written and read, and builds held to it."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from orchestrator.errors import BadPlanLockError, OutputError, PlanDiffersError
from orchestrator.files import write_atomically
from orchestrator.model import UNKNOWN_VERSION
from orchestrator.plan.locked import FILE, PlanLock, differences, lock_of, parse_lock, tables_of
from orchestrator.resolve.inputs import parse_root
from orchestrator.targets.markers import marker_environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from orchestrator.model import Plan, Target
    from orchestrator.resolve.inputs import Inputs

_HEADER = "# Written by `orchestrate lock`; `orchestrate build --locked` builds exactly this.\n"
_MARKERS = ("python_version", "sys_platform", "platform_machine")


def lock_path(project: Path | None) -> Path:
    """Where the lock of a project lies, or that of the working directory."""
    return (project or Path.cwd()) / FILE


def write_lock(plan: Plan, path: Path) -> PlanLock:
    """Writes the lock of a plan: the same bytes for the same plan.

    Raises:
        OutputError: It can't be written.
    """
    import tomli_w  # noqa: PLC0415 (only for locks)

    lock = lock_of(plan)
    content = _HEADER + tomli_w.dumps(tables_of(lock))
    try:
        write_atomically(path, content.encode())
    except OSError as error:
        raise OutputError(f"{path} can't be written: {error.strerror}.") from error
    return lock


def read_lock(path: Path) -> PlanLock:
    """Reads a lock.

    Raises:
        BadPlanLockError: It is not there, or can't be read.
    """
    import tomllib  # noqa: PLC0415 (only for locks)

    try:
        return parse_lock(tomllib.loads(path.read_text(encoding="utf-8")), str(path))
    except OSError as error:
        raise BadPlanLockError(f"{path} can't be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadPlanLockError(f"{path} is not TOML: {error}.") from error


def pinned(inputs: Inputs, lock: PlanLock, targets: Sequence[Target]) -> Inputs:
    """Inputs that resolve to the versions of a lock, as far as they allow it."""
    roots = (parse_root(text, FILE, Path.cwd()) for text in _pins(lock, targets))
    return msgspec.structs.replace(inputs, constraints=(*inputs.constraints, *roots))


def check_locked(lock: PlanLock, plan: Plan) -> None:
    """That a plan is the one that was locked.

    Raises:
        PlanDiffersError: It is not; message and details say in what.
    """
    found = differences(lock, plan)
    if found:
        more = f" And {len(found) - 1} more:" if found[1:] else ""
        raise PlanDiffersError(
            f"What would be built is not what {FILE} says: {found[0]}.{more}", details=found[1:]
        )


def _pins(lock: PlanLock, targets: Sequence[Target]) -> Iterator[str]:
    """Constraints (PEP 508); a version that not all targets have, for those that have it."""
    versions: defaultdict[str, set[str]] = defaultdict(set)
    for package in lock.package:
        versions[package.name].add(package.version)
    for package in lock.package:
        pin = f"{package.name}=={package.version}"
        if package.version == UNKNOWN_VERSION:
            continue
        if len(versions[package.name]) == 1:
            yield pin
            continue
        for target in targets:
            if str(target) in package.targets:
                environment = marker_environment(target)
                marker = " and ".join(f"{name} == '{environment[name]}'" for name in _MARKERS)
                yield f"{pin} ; {marker}"
