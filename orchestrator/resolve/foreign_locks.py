"""Locks of uv and poetry as graphs: their tables in, nodes out. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from orchestrator.model import Value
from orchestrator.resolve.graph import Dependency, Node

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from orchestrator.resolve.inputs import Root

_NAME = re.compile(r"[ (\[;<>=!~]")


def dependency_of(root: Root) -> Dependency:
    """A root as what a lock's graph is entered with."""
    return Dependency(name=root.name, extras=root.extras, marker=root.marker)


def uv_nodes(lock: Mapping[str, Any]) -> tuple[Node, ...]:
    """The packages of a ``uv.lock``."""
    return tuple(_uv_node(package) for package in lock.get("package", ()))


def _uv_node(package: Mapping[str, Any]) -> Node:
    optional = package.get("optional-dependencies", {})
    return Node(
        name=package["name"],
        version=package.get("version", ""),
        dependencies=(
            *(_uv_dependency(entry) for entry in package.get("dependencies", ())),
            *(
                _uv_dependency(entry, canonicalize_name(extra))
                for extra, entries in optional.items()
                for entry in entries
            ),
        ),
        markers=tuple(package.get("resolution-markers", ())),
    )


def _uv_dependency(entry: Mapping[str, Any], extra: str = "") -> Dependency:
    return Dependency(
        name=entry["name"],
        version=entry.get("version", ""),
        extras=_names(entry.get("extra", ())),
        marker=entry.get("marker", ""),
        extra=extra,
    )


class PoetryPackage(Value):
    """One package of a ``poetry.lock``.

    Attributes:
        node: In the graph.
        hashes: ``sha256:HEX`` of its files.
        place: PEP 508 URL or path, where it comes from no index; else empty.
    """

    node: Node
    hashes: tuple[str, ...]
    place: str = ""


def poetry_packages(lock: Mapping[str, Any]) -> tuple[PoetryPackage, ...]:
    """The packages of a ``poetry.lock``, of any of its versions."""
    # Until version 2 the files were in a table of their own.
    files = lock.get("metadata", {}).get("files", {})
    return tuple(
        PoetryPackage(
            node=_poetry_node(package),
            hashes=tuple(
                sorted(
                    {file["hash"] for file in package.get("files", files.get(package["name"], ()))}
                )
            ),
            place=_poetry_place(package.get("source", {})),
        )
        for package in lock.get("package", ())
    )


def poetry_roots(
    packages: Iterable[PoetryPackage], lock: Mapping[str, Any]
) -> tuple[Dependency, ...]:
    """Everything of a lock's main group: where there is no pyproject.toml that says it."""
    main = {
        canonicalize_name(package["name"])
        for package in lock.get("package", ())
        if not package.get("optional") and "main" in package.get("groups", ("main",))
    }
    return tuple(
        Dependency(name=package.node.name, version=package.node.version)
        for package in packages
        if package.node.name in main
    )


def _poetry_node(package: Mapping[str, Any]) -> Node:
    extras: dict[str, tuple[str, ...]] = {
        canonicalize_name(extra): _names(_NAME.split(text)[0] for text in texts)
        for extra, texts in package.get("extras", {}).items()
    }
    dependencies = [
        found
        for name, entry in package.get("dependencies", {}).items()
        for one in (entry if isinstance(entry, list) else [entry])
        for found in _poetry_dependencies(canonicalize_name(name), one, extras)
    ]
    marker = package.get("markers", "")
    markers = marker.values() if isinstance(marker, dict) else [marker]
    return Node(
        name=canonicalize_name(package["name"]),
        version=package["version"],
        dependencies=tuple(dependencies),
        # Those of extras are the graph's business.
        markers=tuple(text for text in markers if text and "extra" not in text),
    )


def _poetry_dependencies(
    name: str, entry: object, extras: Mapping[str, Sequence[str]]
) -> Iterator[Dependency]:
    """A dependency; one that is optional once for every extra that brings it."""
    table = entry if isinstance(entry, dict) else {}
    marker = table.get("markers", "")
    found = Dependency(name=name, extras=_names(table.get("extras", ())), marker=marker)
    if not table.get("optional") or "extra" in marker:
        yield found
        return
    for extra, names in extras.items():
        if name in names:
            yield Dependency(name=name, extras=found.extras, marker=marker, extra=extra)


def _poetry_place(source: Mapping[str, Any]) -> str:
    kind, url = source.get("type", ""), source.get("url", "")
    if kind == "git":
        directory = source.get("subdirectory", "")
        fragment = f"#subdirectory={directory}" if directory else ""
        return f"git+{url}@{source.get('resolved_reference', '')}{fragment}"
    return url if kind in {"url", "directory", "file"} else ""


def _hashes(files: Iterable[Mapping[str, str]]) -> tuple[str, ...]:
    return tuple(sorted({file["hash"] for file in files}))


def _names(names: Iterable[str] | Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(canonicalize_name(name) for name in names))
