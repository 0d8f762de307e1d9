"""A lock (PEP 751) and its edges as the closure of a target. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from packaging.markers import Marker
from packaging.pylock import Package, Pylock, PylockSelectError, PylockValidationError
from packaging.requirements import InvalidRequirement, Requirement
from packaging.tags import create_compatible_tags_selector
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from orchestrator.errors import LockMismatchError, UnusableLockError
from orchestrator.model import UNKNOWN_VERSION, Closure, DistFile, Locked, Source, Target
from orchestrator.resolve.urls import without_credentials
from orchestrator.targets.markers import marker_environment
from orchestrator.targets.wheel_tags import installable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from packaging.pylock import PackageSdist, PackageWheel
    from packaging.tags import Tag

    from orchestrator.resolve.inputs import Root


def closure_of(
    lock: Mapping[str, Any],
    text: str,
    edges: Mapping[str, Sequence[str]],
    roots: Sequence[Root],
    target: Target,
    where: str,
    *,
    unknown: Iterable[tuple[str, str]] = (),
) -> Closure:
    """The closure that a lock describes.

    Args:
        lock: Content of a ``pylock.toml``.
        text: The same, as text.
        edges: Names of what each package requires on the target.
        roots: The user's requirements.
        target: What it was locked for.
        where: The lock, for messages.
        unknown: Names and versions of those whose requirements nobody could tell.

    Raises:
        UnusableLockError: The lock is not valid, or not for the target.
        LockMismatchError: A root's hashes are those of no file of the lock.
    """
    without = set(unknown)
    hashed = {root.name: root for root in roots if root.hashes}
    selected = select(lock, target, where)
    tags = installable(target)
    packages = []
    for package in selected:
        found = _locked(package, tags)
        if package.name in hashed:
            found = _only_allowed(found, hashed[package.name], tags)
        needs = tuple(edges.get(package.name, ()))
        known = (found.name, found.version) not in without and (found.name, "") not in without
        packages.append(msgspec.structs.replace(found, needs=needs, dependencies_known=known))
    return Closure(target=target, packages=with_roots(packages, roots, target), lock=text)


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
        return tuple(sorted((package for package, _ in chosen), key=lambda one: one.name))
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
                waiting += needs[name]
        for name in seen:
            pulled[name].append(root.text)
    return tuple(
        msgspec.structs.replace(package, roots=tuple(dict.fromkeys(pulled[package.name])))
        for package in packages
    )


def applies(root: Root, target: Target) -> bool:
    """Whether a root's environment marker holds on a target."""
    text = root.requirement or root.text
    try:
        marker = Requirement(text).marker
    except InvalidRequirement:  # a place without a name
        _, semicolon, behind = text.partition(" ;")
        marker = Marker(behind) if semicolon else None
    return marker is None or marker.evaluate(marker_environment(target))


def name_of(root: Root, packages: Sequence[Locked]) -> str:
    """The name of a root's package; of a mere place, that of the package from there."""
    if root.name:
        return root.name
    for package in packages:
        source = package.source
        if source and root.location.removeprefix("git+").startswith(source.location):
            return package.name
    return ""


def best_wheel(wheels: Iterable[DistFile], tags: Sequence[Tag]) -> DistFile | None:
    """The wheel that an installer takes."""
    fitting = create_compatible_tags_selector(tags)
    return next(
        iter(fitting((wheel, parse_wheel_filename(wheel.filename)[3]) for wheel in wheels)), None
    )


def _locked(package: Package, tags: Sequence[Tag]) -> Locked:
    wheels = tuple(map(_file, package.wheels or ()))
    return Locked(
        name=package.name,
        version=str(package.version or UNKNOWN_VERSION),
        wheels=wheels,
        wheel=best_wheel(wheels, tags),
        sdist=_file(package.sdist) if package.sdist else None,
        source=_source(package),
    )


def _file(file: PackageWheel | PackageSdist) -> DistFile:
    return DistFile(
        filename=file.filename,
        url=file.url or str(file.path or ""),
        sha256=file.hashes.get("sha256", ""),
        size=file.size,
    )


def _source(package: Package) -> Source | None:
    """Where a package comes from that no index has; its digest may be unknown yet."""
    name, version = package.name, str(package.version or UNKNOWN_VERSION)
    if directory := package.directory:
        return Source(name=name, version=version, kind="directory", location=directory.path)
    if vcs := package.vcs:
        place = without_credentials(vcs.url or str(vcs.path or ""))
        if vcs.subdirectory:
            place += f"#subdirectory={vcs.subdirectory}"
        digest = f"git:{vcs.commit_id}"
        return Source(name=name, version=version, kind="git", location=place, digest=digest)
    if archive := package.archive:
        place = without_credentials(archive.url or str(archive.path or ""))
        sha256 = archive.hashes.get("sha256", "")
        return Source(
            name=name,
            version=version,
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
