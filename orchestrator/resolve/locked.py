"""Closures from a lock that the user has: nothing is resolved again, only selected."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from orchestrator.errors import UnusableLockError
from orchestrator.resolve.closure import closure_of, select, with_roots
from orchestrator.resolve.foreign_locks import (
    dependency_of,
    poetry_packages,
    poetry_roots,
    uv_nodes,
)
from orchestrator.resolve.graph import reach
from orchestrator.resolve.inputs import Inputs, Root, parse_root
from orchestrator.resolve.lock import Locking, each, lock_one, unknown_metadata
from orchestrator.resolve.urls import redact
from orchestrator.targets.host import run_command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.model import Closure, Target
    from orchestrator.resolve.foreign_locks import PoetryPackage
    from orchestrator.resolve.inputs import LockFile


def closures_of_lock(
    locking: Locking, lock: LockFile, targets: Sequence[Target]
) -> tuple[Closure, ...]:
    """What a lock holds for each target.

    Raises:
        UnusableLockError: It can't be read, or was not made for a target.
        LockMismatchError: The index has none of the files of a package that it names.
        ResolverError: An index that must be asked for the files did not answer.
    """
    if lock.kind == "poetry":
        found = each(
            lambda place: _of_poetry(locking, lock, targets[place]),
            range(len(targets)),
            locking.processes,
        )
    elif lock.kind == "uv":
        found = _of_uv(locking.inputs, lock, targets)
    else:
        found = tuple(_of_pylock(locking.inputs, lock, target) for target in targets)
    for closure in found:
        locking.known(closure)
    return found


def export_uv_lock(folder: Path, *options: str) -> str:
    """A project's ``uv.lock`` as the text of a ``pylock.toml``.

    Args:
        folder: Of the project.
        options: More of ``uv export``.

    Raises:
        UnusableLockError: uv can't read it.
    """
    from uv import find_uv_bin  # noqa: PLC0415 (rarely needed)

    answer = run_command(
        (
            find_uv_bin(),
            *("export", "--quiet", "--project", str(folder), "--frozen", "--no-python-downloads"),
            *("--no-default-groups", "--no-header", "--format", "pylock.toml", *options),
        )
    )
    if answer.status:
        said = tuple(redact(answer.stderr).strip().splitlines())
        raise UnusableLockError(f"uv can't read {folder / 'uv.lock'}.", details=said)
    return answer.stdout


def _of_uv(inputs: Inputs, lock: LockFile, targets: Sequence[Target]) -> tuple[Closure, ...]:
    folder = Path(lock.path).parent
    itself = () if any(root.alone for root in inputs.roots) else ("--no-emit-project",)
    extras = (word for extra in inputs.extras for word in ("--extra", extra))
    groups = (word for group in inputs.groups for word in ("--group", group))
    text = export_uv_lock(folder, *itself, *extras, *groups)
    content, nodes = tomllib.loads(text), uv_nodes(lock.content)
    roots = [dependency_of(root) for root in inputs.roots if not root.alone]
    return tuple(
        closure_of(
            select(content, target, lock.path),
            {name: found.needs for name, found in reach(roots, nodes, target).items()},
            inputs.roots,
            target,
            text=text,
            base=folder,
        )
        for target in targets
    )


def _of_pylock(inputs: Inputs, lock: LockFile, target: Target) -> Closure:
    """A ``pylock.toml`` may tell who requires whom, but not what the user asked for."""
    packages = select(
        lock.content,
        target,
        lock.path,
        extras=inputs.extras,
        groups=inputs.groups or None,
    )
    path = Path(lock.path)
    edges: dict[str, tuple[str, ...]] = {
        package.name: tuple(str(entry["name"]) for entry in package.dependencies or ())
        for package in packages
    }
    text = path.read_text(encoding="utf-8")
    closure = closure_of(packages, edges, (), target, text=text, base=path.parent)
    pulled = tuple(
        msgspec.structs.replace(package, roots=(path.name,)) for package in closure.packages
    )
    return msgspec.structs.replace(closure, packages=pulled)


def _of_poetry(locking: Locking, lock: LockFile, target: Target) -> Closure:
    """The lock names files without saying where they are: uv looks them up, pinned as they are."""
    asked = [root for root in locking.inputs.roots if not root.alone]
    packages = poetry_packages(lock.content)
    roots = [dependency_of(root) for root in asked] or poetry_roots(packages, lock.content)
    reached = reach(roots, [package.node for package in packages], target)
    pins = tuple(
        _pin(package, lock.path)
        for package in packages
        if package.node.name in reached and reached[package.node.name].node == package.node
    )
    itself = tuple(root for root in locking.inputs.roots if root.alone)
    pinned = Inputs(roots=(*pins, *itself), options=locking.inputs.options)
    closure = lock_one(
        msgspec.structs.replace(locking, inputs=pinned, metadata_of=unknown_metadata),
        target,
        edges={name: found.needs for name, found in reached.items()},
    )
    if not asked:
        return closure
    pulled = with_roots(closure.packages, locking.inputs.roots, target)
    return msgspec.structs.replace(closure, packages=pulled)


def _pin(package: PoetryPackage, lock: str) -> Root:
    node = package.node
    if package.place:
        place = f"{node.name} @ {package.place}"
        return parse_root(place, lock, Path(lock).parent)
    pin = f"{node.name}=={node.version}"
    return Root(text=pin, where=lock, requirement=pin, name=node.name, hashes=package.hashes)
