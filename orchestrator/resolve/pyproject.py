"""The requirements of a ``pyproject.toml``: PEP 621 with extras, and PEP 735 groups. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from packaging.dependency_groups import DependencyGroupResolver
from packaging.utils import canonicalize_name

from orchestrator.errors import UnknownExtraError, UnparsableInputError
from orchestrator.resolve.inputs import Root, parse_root
from orchestrator.resolve.poetry import poetry_requirements

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path


def project_roots(
    tables: Mapping[str, Any],
    text: str,
    where: str,
    folder: Path,
    extras: Sequence[str] = (),
    groups: Sequence[str] = (),
) -> tuple[Root, ...]:
    """The requirements of a project, of the extras asked for, and of the groups asked for.

    Where there is no ``[project]`` table, poetry's own tables count.

    Args:
        tables: Content of ``pyproject.toml``.
        text: The same as text, to tell lines by.
        where: Its path, for messages.
        folder: Absolute, that paths in requirements start from.
        extras: Names, in any spelling.
        groups: Names of dependency groups, in any spelling.

    Raises:
        UnparsableInputError: A requirement can't be understood, or a table is no table.
        UnknownExtraError: The project has no such extra or group.
    """
    if "project" not in tables and "poetry" in tables.get("tool", {}):
        found = [*poetry_requirements(tables["tool"]["poetry"], where, extras, groups)]
    else:
        project = _table(tables, "project", where)
        found = [
            *_listed(project.get("dependencies", []), "project.dependencies", where),
            *_of_extras(project, extras, where),
            *_of_groups(_table(tables, "dependency-groups", where), groups, where),
        ]
    own = canonicalize_name(str(tables.get("project", {}).get("name", "")))
    roots = [parse_root(item, _place(text, item, where), folder) for item in found]
    # A project's extra may name another extra of the same project: project[other].
    return tuple(dict.fromkeys(root for root in roots if not own or root.name != own))


def _of_extras(project: Mapping[str, Any], extras: Sequence[str], where: str) -> Iterator[str]:
    tables = _table(project, "optional-dependencies", where)
    known: dict[str, Any] = {canonicalize_name(name): listed for name, listed in tables.items()}
    own = canonicalize_name(str(project.get("name", "")))
    wanted: list[str] = [canonicalize_name(extra) for extra in extras]
    for extra in wanted:
        if extra not in known:
            raise _unknown("extra", extra, known, where)
        for text in _listed(known[extra], f"project.optional-dependencies.{extra}", where):
            yield text
            # One more to look at, if the project names itself with extras.
            wanted += [new for new in _own_extras(text, own) if new not in wanted]


def _own_extras(text: str, own: str) -> Iterator[str]:
    name, bracket, rest = text.partition("[")
    if bracket and canonicalize_name(name.strip()) == own:
        yield from (canonicalize_name(extra.strip()) for extra in rest.partition("]")[0].split(","))


def _of_groups(table: Mapping[str, Any], groups: Sequence[str], where: str) -> Iterator[str]:
    known = {canonicalize_name(name) for name in table}
    for group in groups:
        if canonicalize_name(group) not in known:
            raise _unknown("dependency group", group, known, where)
        try:
            # As written, not normalized, where the group says it itself: lines are found by it.
            for requirement in DependencyGroupResolver(table).resolve(group):
                yield _as_written(str(requirement), table)
        except (ExceptionGroup, ValueError, TypeError, LookupError) as error:
            causes = getattr(error, "exceptions", (error,))
            raise UnparsableInputError(
                f"{where}: dependency group {group}: {'; '.join(map(str, causes))}."
            ) from error


def _as_written(requirement: str, table: Mapping[str, Any]) -> str:
    def plain(text: str) -> str:
        return "".join(text.split()).replace("'", '"')

    for listed in table.values():
        for item in listed:
            if isinstance(item, str) and plain(item) == plain(requirement):
                return item
    return requirement


def _listed(value: object, key: str, where: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise UnparsableInputError(f"{where}: {key} is not a list of strings.")
    return value


def _table(tables: Mapping[str, Any], key: str, where: str) -> Mapping[str, Any]:
    value = tables.get(key, {})
    if not isinstance(value, dict):
        raise UnparsableInputError(f"{where}: {key} is not a table.")
    return value


def _place(text: str, item: str, where: str) -> str:
    """File and line of a string in TOML; the file alone where it is spelled with escapes."""
    for quote in ('"', "'"):
        at = text.find(f"{quote}{item}{quote}")
        if at >= 0:
            return f"{where}:{text.count(chr(10), 0, at) + 1}"
    return where


def _unknown(kind: str, name: str, known: Collection[str], where: str) -> UnknownExtraError:
    listed = ", ".join(sorted(known)) or "none"
    return UnknownExtraError(f"{where} has no {kind} {name!r}; there are: {listed}.")
