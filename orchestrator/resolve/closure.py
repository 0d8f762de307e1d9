"""A lock (PEP 751) and its edges as the closure of a target. Pure."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any

import msgspec
from packaging.markers import Marker
from packaging.pylock import Package, Pylock, PylockSelectError, PylockValidationError
from packaging.tags import create_compatible_tags_selector
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from orchestrator.errors import LockMismatchError, UnusableLockError
from orchestrator.model import UNKNOWN_VERSION, Closure, DistFile, Locked, Source, Target
from orchestrator.resolve.urls import without_credentials
from orchestrator.targets.markers import marker_environment
from orchestrator.targets.wheel_tags import installable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from packaging.pylock import PackageSdist, PackageWheel
    from packaging.tags import Tag

    from orchestrator.resolve.inputs import Root


def closure_of(
    packages: Sequence[Package],
    edges: Mapping[str, Sequence[str]],
    roots: Sequence[Root],
    target: Target,
    *,
    text: str,
    base: Path,
    unknown: Iterable[tuple[str, str]] = (),
) -> Closure:
    """The closure that a lock describes.

    Args:
        packages: Selected of the lock.
        edges: Names of what each package requires on the target.
        roots: The user's requirements.
        target: What it was locked for.
        text: Of the lock.
        base: Absolute folder that paths in the lock start from.
        unknown: Names and versions of those whose requirements nobody could tell.

    Raises:
        LockMismatchError: A root's hashes are those of no file of the lock.
    """
    without = set(unknown)
    hashed = {root.name: root for root in roots if root.hashes}
    tags = installable(target)
    found = []
    for package in sorted(packages, key=lambda one: one.name):
        locked = _locked(package, tags, base)
        if package.name in hashed:
            locked = _only_allowed(locked, hashed[package.name], tags)
        needs = tuple(edges.get(package.name, ()))
        known = (locked.name, locked.version) not in without
        found.append(msgspec.structs.replace(locked, needs=needs, dependencies_known=known))
    return Closure(target=target, packages=with_roots(found, roots, target), lock=text)


def select(
    lock: Mapping[str, Any],
    target: Target,
    where: str,
    *,
    extras: Sequence[str] = (),
    groups: Sequence[str] | None = None,
) -> tuple[Package, ...]:
    """The packages of a lock that a target needs, whether or not it has files for them.

    Raises:
        UnusableLockError: The lock is not valid, or not for the target.
    """
    try:
        parsed = Pylock.from_dict(lock)
        # Every tag there is: select() would stop at the first package without a fitting wheel.
        every = {tag for package in parsed.packages for tag in _tags_of(package)}
        chosen = parsed.select(
            environment=marker_environment(target),  # type: ignore[arg-type]  # a TypedDict
            tags=tuple(every),
            extras=extras,
            dependency_groups=groups,
        )
        return tuple(package for package, _ in chosen)
    except (PylockValidationError, PylockSelectError, InvalidWheelFilename) as error:
        raise UnusableLockError(f"{where}: {error}.") from error


def with_roots(
    packages: Sequence[Locked], roots: Sequence[Root], target: Target
) -> tuple[Locked, ...]:
    """The packages, each with the roots that pull it in on the target."""
    needs = {package.name: package.needs for package in packages}
    pulled: dict[str, list[str]] = {name: [] for name in needs}
    for root in roots:
        if not applies(root, target):
            continue
        waiting, seen = [name_of(root, packages)], set[str]()
        while waiting:
            name = waiting.pop()
            if name in needs and name not in seen:
                seen.add(name)
                waiting += () if root.alone else needs[name]
        for name in seen:
            pulled[name].append(root.text)
    return tuple(
        msgspec.structs.replace(package, roots=tuple(dict.fromkeys(pulled[package.name])))
        for package in packages
    )


def applies(root: Root, target: Target) -> bool:
    """Whether a root's environment marker holds on a target."""
    return not root.marker or Marker(root.marker).evaluate(marker_environment(target))


def name_of(root: Root, packages: Sequence[Locked]) -> str:
    """The name of a root's package; of a mere place, that of the package from there."""
    if root.name:
        return root.name
    place = without_credentials(root.location.removeprefix("git+"))
    for package in packages:
        where = package.source.location.partition("#")[0] if package.source else ""
        if where and (place == where or place.startswith((f"{where}@", f"{where}#"))):
            return package.name
    return ""


def best_wheel(wheels: Iterable[DistFile], tags: Sequence[Tag]) -> DistFile | None:
    """The wheel that an installer takes."""
    fitting = create_compatible_tags_selector(tags)
    return next(
        iter(fitting((wheel, parse_wheel_filename(wheel.filename)[3]) for wheel in wheels)), None
    )


def _locked(package: Package, tags: Sequence[Tag], base: Path) -> Locked:
    wheels = tuple(_file(wheel, base) for wheel in package.wheels or ())
    return Locked(
        name=package.name,
        version=str(package.version or UNKNOWN_VERSION),
        wheels=wheels,
        wheel=best_wheel(wheels, tags),
        sdist=_file(package.sdist, base) if package.sdist else None,
        source=_source(package, base),
    )


def _file(file: PackageWheel | PackageSdist, base: Path) -> DistFile:
    return DistFile(
        filename=file.filename,
        url=file.url or _absolute(file.path, base),
        sha256=file.hashes.get("sha256", ""),
        size=file.size,
    )


def _absolute(path: str | None, base: Path) -> str:
    return posixpath.normpath(base / (path or "."))


def _source(package: Package, base: Path) -> Source | None:
    """Where a package comes from that no index has; the digest of a folder is not known yet."""
    found = Source(
        name=package.name,
        version=str(package.version or UNKNOWN_VERSION),
        kind="directory",
        location="",
    )
    if directory := package.directory:
        place = _absolute(directory.path, base)
        if directory.subdirectory:
            place = posixpath.join(place, directory.subdirectory)
        return msgspec.structs.replace(found, location=place)
    if vcs := package.vcs:
        place = without_credentials(vcs.url or _absolute(vcs.path, base))
        return msgspec.structs.replace(
            found,
            kind="git",
            location=f"{place}#subdirectory={vcs.subdirectory}" if vcs.subdirectory else place,
            digest=f"git:{vcs.commit_id}",
        )
    if archive := package.archive:
        place = without_credentials(archive.url or _absolute(archive.path, base))
        sha256 = archive.hashes.get("sha256", "")
        return msgspec.structs.replace(
            found,
            kind="url" if archive.url else "file",
            location=place,
            filename=place.partition("#")[0].rpartition("/")[2],
            digest=f"sha256:{sha256}" if sha256 else "",
        )
    return None


def _only_allowed(package: Locked, root: Root, tags: Sequence[Tag]) -> Locked:
    promised = {text.removeprefix("sha256:").lower() for text in root.hashes}
    wheels = tuple(wheel for wheel in package.wheels if wheel.sha256 in promised)
    sdist = package.sdist if package.sdist and package.sdist.sha256 in promised else None
    if not wheels and not sdist:
        listed = [*package.wheels, *([package.sdist] if package.sdist else [])]
        raise LockMismatchError(
            f"{root.where}: none of the hashes of {package.name}=={package.version} is that of a"
            " file that the index has for the target.",
            details=tuple(f"{file.filename} has sha256:{file.sha256}" for file in listed),
        )
    return msgspec.structs.replace(
        package, wheels=wheels, wheel=best_wheel(wheels, tags), sdist=sdist
    )


def _tags_of(package: Package) -> Iterable[Tag]:
    for wheel in package.wheels or ():
        yield from parse_wheel_filename(wheel.filename)[3]
