"""What a user asks for, from wherever it was written: one value. Pure."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import msgspec
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from orchestrator.errors import UnparsableInputError
from orchestrator.model import Value
from orchestrator.resolve.requests import has_scheme, looks_like_path
from orchestrator.resolve.urls import expanded, redact, split_fragment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orchestrator.resolve.configuration import IndexConfiguration

T = TypeVar("T")

COMMAND_LINE = "the command line"
_NAMED_PLACE = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*\s*(?:\[[^\]]*\])?)\s*@\s*(?P<place>.+)")
_PLACE = re.compile(r"(?P<place>.*?)(?P<extras>\[[\w\s.,-]*\])?(?P<marker>\s+;.*)?", re.DOTALL)


class Root(Value):
    """One requirement of the user.

    Attributes:
        text: As written, without credentials.
        where: File and line, e.g. ``requirements.txt:4``, or ``the command line``.
        requirement: The same as PEP 508 or as a place, with absolute paths: what uv is given. Empty
            where uv reads it itself, from a project's own file.
        name: Normalized; empty where only the source itself knows.
        location: Absolute path, or URL, of a source that no index has; may hold credentials.
        extras: Normalized.
        marker: Environment marker; empty: wherever it is.
        hashes: ``sha256:HEX`` of the files that may be installed; empty: of any.
        alone: Whether what it requires is among the roots itself: a project that is to be built.
    """

    text: str
    where: str
    requirement: str
    name: str = ""
    location: str = ""
    extras: tuple[str, ...] = ()
    marker: str = ""
    hashes: tuple[str, ...] = ()
    alone: bool = False


class LockFile(Value):
    """A lock that is taken as it is.

    Attributes:
        kind: By its format.
        path: Absolute.
        content: Its tables.
    """

    kind: Literal["uv", "pylock", "poetry"]
    path: str
    content: dict[str, Any]


class IndexOptions(Value):
    """Where packages come from and which kinds are taken, as requirements files say it.

    Attributes:
        index_url: In place of the default index; empty where not said.
        no_binary: Names of projects to build from source, or ``:all:``.
        only_binary: Names of projects that must not be built, or ``:all:``.
        prereleases: Whether they count like releases.
    """

    index_url: str = ""
    extra_index_urls: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    no_index: bool = False
    no_binary: tuple[str, ...] = ()
    only_binary: tuple[str, ...] = ()
    prereleases: bool = False

    def joined(self, other: IndexOptions) -> IndexOptions:
        """Both; where they contradict each other, the other one counts, as with pip."""
        return IndexOptions(
            index_url=other.index_url or self.index_url,
            extra_index_urls=_union(self.extra_index_urls, other.extra_index_urls),
            find_links=_union(self.find_links, other.find_links),
            no_index=self.no_index or other.no_index,
            no_binary=_union(self.no_binary, other.no_binary),
            only_binary=_union(self.only_binary, other.only_binary),
            prereleases=self.prereleases or other.prereleases,
        )

    def configured(self, configuration: IndexConfiguration) -> IndexConfiguration:
        """The configuration of pip or uv with these options on top."""
        indexes = configuration.indexes
        if self.index_url:
            indexes = (*indexes[:-1], self.index_url)
        indexes = () if self.no_index else (*self.extra_index_urls, *indexes)
        return msgspec.structs.replace(
            configuration,
            indexes=tuple(dict.fromkeys(indexes)),
            find_links=_union(configuration.find_links, self.find_links),
        )


class Inputs(Value):
    """All that a user asks for.

    Attributes:
        roots: Requirements, in the order in which they were given.
        constraints: Bounds for packages that something else requires.
        options: Of the requirements files.
        projects: Absolute paths of ``pyproject.toml`` files that uv reads itself, because only it
            knows all of ``[tool.uv]``.
        extras: Of the projects.
        groups: Dependency groups of the projects.
        lock: Holds all that the roots need.
        unread: What was seen and can't be looked at, a sentence each, e.g. conda packages.
    """

    roots: tuple[Root, ...] = ()
    constraints: tuple[Root, ...] = ()
    options: IndexOptions = IndexOptions()
    projects: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    lock: LockFile | None = None
    unread: tuple[str, ...] = ()

    def joined(self, other: Inputs) -> Inputs:
        """Both."""
        return Inputs(
            roots=_union(self.roots, other.roots),
            constraints=_union(self.constraints, other.constraints),
            options=self.options.joined(other.options),
            projects=_union(self.projects, other.projects),
            extras=_union(self.extras, other.extras),
            groups=_union(self.groups, other.groups),
            lock=other.lock or self.lock,
            unread=_union(self.unread, other.unread),
        )


def parse_root(text: str, where: str, cwd: Path, hashes: tuple[str, ...] = ()) -> Root:
    """Parses one requirement: PEP 508, ``name @ PLACE``, or the path or URL of a source.

    Args:
        text: As written.
        where: For messages.
        cwd: Absolute folder that relative paths start from.
        hashes: Of the files that may be installed.

    Raises:
        UnparsableInputError: It is none of these.
    """
    stripped = text.strip()
    name, place = "", ""
    if named := _NAMED_PLACE.fullmatch(stripped):
        name, place = named["name"].strip(), named["place"]
    elif has_scheme(stripped) or looks_like_path(stripped):
        place = stripped
    if place:
        return _placed(
            name, place, Root(text=stripped, where=where, requirement="", hashes=hashes), cwd
        )
    requirement = _requirement(stripped, where)
    return Root(
        text=stripped,
        where=where,
        requirement=stripped,
        name=canonicalize_name(requirement.name),
        extras=_names(requirement.extras),
        marker=str(requirement.marker or ""),
        hashes=hashes,
    )


def _placed(name: str, place: str, root: Root, cwd: Path) -> Root:
    """A root whose source is at a place: its path absolute, its name before it if known."""
    parts = _PLACE.fullmatch(place)
    assert parts  # noqa: S101 (it matches everything)
    location, marker = parts["place"], parts["marker"] or ""
    if not has_scheme(location):
        location = posixpath.normpath(cwd / expanded(location))
    # How pip was told the name, before PEP 508.
    name = name or split_fragment(location)[1].get("egg", "")
    url = location if has_scheme(location) else Path(location).as_uri()
    # As PEP 508 has it, to have it checked: with a name, and a URL.
    extras = parts["extras"] or ""
    checked = _requirement(f"{name or 'x'}{extras} @ {url}{marker}", root.where, shown=root.text)
    written = f"{name}{extras} @ {location}{marker}" if name else f"{location}{extras}{marker}"
    return msgspec.structs.replace(
        root,
        text=redact(root.text),
        requirement=written,
        name=canonicalize_name(checked.name) if name else "",
        location=location,
        extras=_names(checked.extras),
        marker=str(checked.marker or ""),
    )


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(map(canonicalize_name, names)))


def _requirement(text: str, where: str, shown: str = "") -> Requirement:
    try:
        return Requirement(text)
    except InvalidRequirement as error:
        why = redact(str(error).partition("\n")[0])
        raise UnparsableInputError(
            f"{where}: {redact(shown or text)!r} is not a requirement: {why}."
        ) from error


def _union(first: tuple[T, ...], second: tuple[T, ...]) -> tuple[T, ...]:
    return tuple(dict.fromkeys((*first, *second)))
