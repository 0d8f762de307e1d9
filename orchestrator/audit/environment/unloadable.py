"""Files of another system or architecture than the Python's: those that matter."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from orchestrator.verify.extension import extension

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from orchestrator.audit.environment.facts import Binary, Distribution, Environment, Runtime


def unloadable(environment: Environment, unfit: Collection[str]) -> tuple[Binary, ...]:
    """Those that the environment's Python can't load, or run without translation.

    Some packages carry files for several machines and choose when they run. Where a package is
    for this machine by its tags, a foreign file is none of our business unless Python would import
    it, a file for this machine loads it, or the package has none for this machine at all.

    Args:
        environment: To look at.
        unfit: Packages whose tags are for other machines or Pythons.
    """
    runtime = environment.runtime
    found: list[Binary] = []
    for owner, binaries in by_owner(environment.binaries):
        foreign = [binary for binary in binaries if not fits(binary, runtime)]
        own = [binary for binary in binaries if fits(binary, runtime)]
        if own and owner and owner.tags and str(owner) not in unfit:
            loaded = _loaded_by(own, runtime)
            foreign = [item for item in foreign if _is_imported(item) or item.name in loaded]
        found += foreign
    return tuple(found)


def fits(binary: Binary, runtime: Runtime) -> bool:
    """Whether a file is for the system and the architecture of a Python."""
    systems = {"macos": {"macho", "fat"}, "linux": {"elf"}}
    return binary.kind.format in systems[runtime.os] and runtime.machine in binary.kind.machines


def by_owner(
    binaries: Iterable[Binary],
) -> Iterator[tuple[Distribution | None, tuple[Binary, ...]]]:
    """The binaries of each package, in order; last those of none."""
    groups: dict[str, list[Binary]] = defaultdict(list)
    for binary in binaries:
        groups[str(binary.owner or "")].append(binary)
    for name in sorted(groups, key=lambda name: (not name, name)):
        yield groups[name][0].owner, tuple(groups[name])


def _loaded_by(binaries: Iterable[Binary], runtime: Runtime) -> set[str]:
    """File names of the libraries that they load."""
    return {
        path.rsplit("/", 1)[-1]
        for binary in binaries
        for linkage in binary.linkage
        if linkage.arch == runtime.machine
        for path in linkage.libraries
    }


def _is_imported(binary: Binary) -> bool:
    named = extension(binary.path)
    return named is not None and bool(named.interpreter or named.suffix == "abi3")
