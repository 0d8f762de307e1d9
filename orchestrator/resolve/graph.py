"""Who requires whom in a lock for all platforms: the part of it that a target needs. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.markers import Marker

from orchestrator.model import Value
from orchestrator.targets.markers import marker_environment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from orchestrator.model import Target


class Dependency(Value):
    """One package's requirement of another.

    Attributes:
        name: Normalized.
        version: Which of several locked versions; empty: the one that holds on the target.
        extras: Of the other package, normalized.
        marker: Environment marker; may ask for an extra of the one that requires. Empty: always.
        extra: Of the one that requires, for which alone it holds; empty: for all.
    """

    name: str
    version: str = ""
    extras: tuple[str, ...] = ()
    marker: str = ""
    extra: str = ""


class Node(Value):
    """One locked version.

    Attributes:
        name: Normalized.
        version: PEP 440; may be empty where it is of a folder.
        dependencies: On whatever platform, with whatever extras.
        markers: It holds where any of these does; none: everywhere.
    """

    name: str
    version: str
    dependencies: tuple[Dependency, ...] = ()
    markers: tuple[str, ...] = ()


class Reached(Value):
    """A locked version that a target needs, and the names of what it requires there."""

    node: Node
    needs: tuple[str, ...]


def reach(roots: Iterable[Dependency], nodes: Iterable[Node], target: Target) -> dict[str, Reached]:
    """Follows requirements from the roots on a target.

    Returns:
        What is needed, by name.
    """
    walk = _Walk(nodes, target)
    for root in roots:
        walk.follow(root)
    return walk.reached()


class _Walk:
    def __init__(self, nodes: Iterable[Node], target: Target) -> None:
        self._environment = marker_environment(target)
        self._nodes: dict[str, list[Node]] = {}
        for node in nodes:
            self._nodes.setdefault(node.name, []).append(node)
        self._found: dict[str, tuple[Node, set[str], set[str]]] = {}

    def follow(self, root: Dependency) -> None:
        """Finds what a root brings."""
        waiting = [root] if self._holds(root, ()) else []
        while waiting:
            asked = waiting.pop()
            node = self._node(asked)
            if node is None:
                continue
            _, extras, needs = self._found.setdefault(node.name, (node, set(), set()))
            if needs and extras.issuperset(asked.extras):
                continue
            extras.update(asked.extras)
            held = [one for one in node.dependencies if self._holds(one, tuple(extras))]
            needs.update(one.name for one in held if self._node(one))
            waiting += held

    def reached(self) -> dict[str, Reached]:
        return {
            name: Reached(node=node, needs=tuple(sorted(needs - {name})))
            for name, (node, _, needs) in sorted(self._found.items())
        }

    def _node(self, dependency: Dependency) -> Node | None:
        for node in self._nodes.get(dependency.name, ()):
            if dependency.version in ("", node.version) and self._any(node.markers):
                return node
        return None

    def _any(self, markers: Sequence[str]) -> bool:
        return not markers or any(
            Marker(text).evaluate({**self._environment, "extra": ""}) for text in markers
        )

    def _holds(self, dependency: Dependency, extras: Sequence[str]) -> bool:
        if dependency.extra and dependency.extra not in extras:
            return False
        if not dependency.marker:
            return True
        marker = Marker(dependency.marker)
        return any(
            marker.evaluate({**self._environment, "extra": extra}) for extra in ("", *extras)
        )
