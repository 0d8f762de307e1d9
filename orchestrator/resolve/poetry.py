"""Poetry's own tables as requirements (PEP 508): version constraints, groups, extras. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from orchestrator.errors import UnknownExtraError, UnparsableInputError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

_VERSION = re.compile(r"(?P<operator>\^|~(?!=))\s*(?P<version>[\d.]+)(?P<rest>\S*)")
_BARE = re.compile(r"\d\S*")


def poetry_requirements(
    table: Mapping[str, Any], where: str, extras: Sequence[str] = (), groups: Sequence[str] = ()
) -> Iterator[str]:
    """The requirements of ``[tool.poetry]``, as PEP 508 strings.

    Args:
        table: Its content.
        where: The file, for messages.
        extras: Asked for.
        groups: Asked for; ``dev`` is also the old ``dev-dependencies``.

    Raises:
        UnknownExtraError: There is no such extra or group.
        UnparsableInputError: A constraint can't be translated.
    """
    main = table.get("dependencies", {})
    known = {canonicalize_name(name): names for name, names in table.get("extras", {}).items()}
    if unknown := [extra for extra in extras if canonicalize_name(extra) not in known]:
        raise UnknownExtraError(
            f"{where} has no extra {unknown[0]!r}; there are: {', '.join(known) or 'none'}."
        )
    optional = {
        canonicalize_name(name) for extra in extras for name in known[canonicalize_name(extra)]
    }
    for name, constraint in main.items():
        if canonicalize_name(name) != "python":
            yield from _requirements(name, constraint, where, optional)
    named = {
        **{name: group.get("dependencies", {}) for name, group in table.get("group", {}).items()},
        **({"dev": table["dev-dependencies"]} if "dev-dependencies" in table else {}),
    }
    for group in groups:
        if group not in named:
            listed = ", ".join(named) or "none"
            raise UnknownExtraError(f"{where} has no group {group!r}; there are: {listed}.")
        for name, constraint in named[group].items():
            yield from _requirements(name, constraint, where, ())


def specifier(constraint: str, where: str) -> str:
    """A version constraint of poetry as a specifier set (PEP 440).

    Raises:
        UnparsableInputError: It is an alternative (``||``), which a specifier set can't say.
    """
    if "|" in constraint:
        raise UnparsableInputError(f"{where}: {constraint!r}: alternatives can't be translated.")
    parts = [part.strip() for part in re.split(r",|\s+(?=[<>=!^~])", constraint) if part.strip()]
    return ",".join(filter(None, map(_translated, parts)))


def _translated(part: str) -> str:
    if part == "*":
        return ""
    if match := _VERSION.fullmatch(part):
        numbers = [int(number) for number in match["version"].strip(".").split(".")]
        upper = _next_caret(numbers) if match["operator"] == "^" else _next_tilde(numbers)
        return f">={match['version']}{match['rest']},<{'.'.join(map(str, upper))}"
    return f"=={part}" if _BARE.fullmatch(part) else part


def _next_caret(numbers: list[int]) -> list[int]:
    """The first version that is not compatible: the leftmost number that is not zero counts."""
    for place, number in enumerate(numbers):
        if number or place == len(numbers) - 1:
            return [*numbers[:place], number + 1]
    return numbers


def _next_tilde(numbers: list[int]) -> list[int]:
    kept = numbers[:2]
    return [*kept[:-1], kept[-1] + 1]


def _requirements(
    name: str, constraint: object, where: str, optional: Collection[str]
) -> Iterator[str]:
    """The requirements that one entry stands for: a list holds one for each environment."""
    if isinstance(constraint, list):
        for one in constraint:
            yield from _requirements(name, one, where, optional)
        return
    if isinstance(constraint, str):
        yield f"{name}{specifier(constraint, where)}"
        return
    if not isinstance(constraint, dict):
        raise UnparsableInputError(f"{where}: {name}: neither a version nor a table.")
    if constraint.get("optional") and canonicalize_name(name) not in optional:
        return
    extras = f"[{','.join(constraint['extras'])}]" if constraint.get("extras") else ""
    markers = [f"({text})" for text in (constraint.get("markers"), _python(constraint)) if text]
    marker = f" ; {' and '.join(markers)}" if markers else ""
    yield f"{name}{extras}{_where_from(constraint, where)}{marker}"


def _where_from(constraint: Mapping[str, Any], where: str) -> str:
    if "git" in constraint:
        revision = constraint.get("rev") or constraint.get("tag") or constraint.get("branch")
        return f" @ git+{constraint['git']}{'@' + revision if revision else ''}"
    if place := constraint.get("path") or constraint.get("url"):
        return f" @ {place}"
    return specifier(str(constraint.get("version", "*")), where)


def _python(constraint: Mapping[str, Any]) -> str:
    """The entry's Python constraint as a marker."""
    if not constraint.get("python"):
        return ""
    parts = specifier(constraint["python"], "python").split(",")
    return " and ".join(
        re.sub(r"([<>=!~]+)\s*(.+)", r"python_version \1 '\2'", part) for part in parts
    )
