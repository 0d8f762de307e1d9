"""What an export knows of itself, is made of, and did."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from orchestrator.model import Value, learn

FORMAT = 2

Pages = Iterable[tuple[str, bytes]]
"""Paths below the index, and what is there."""


class Section(Value):
    """Pages that are made together, and not at all where what they say is there already.

    Attributes:
        key: Tells it from other sections.
        mark: Of all that its pages say: while it is the same they are. Empty: nobody knows.
        make: Makes them.
    """

    key: str
    mark: str
    make: Callable[[], Pages]


PageMaker = Callable[[], Iterable[Section]]
"""Makes further pages, of what the facts are by then; in the order in which they are written."""


def unmarked(key: str, make: Callable[[], Pages]) -> PageMaker:
    """Pages that are made for every export."""
    return lambda: (Section(key=key, mark="", make=make),)


class Held(Value):
    """A file of the export: hex sha256, and bytes."""

    sha256: str
    size: int


class Kept(Value):
    """A section as it was written: its mark, and the paths of its pages."""

    mark: str
    paths: tuple[str, ...]


class Manifest(Value):
    """What an export knows of itself.

    Attributes:
        complete: Whether the run that wrote it came to its end; else its digests prove nothing.
        files: By path.
        sections: By key.
        withdrawn: Since when no page lists a file that is still there, RFC 3339, by path.
    """

    format: int = FORMAT
    complete: bool = True
    files: dict[str, Held] = msgspec.field(default_factory=dict)
    sections: dict[str, Kept] = msgspec.field(default_factory=dict)
    withdrawn: dict[str, str] = msgspec.field(default_factory=dict)


learn(Manifest)


class Exported(Value):
    """What an export did.

    Attributes:
        projects: That it has now.
        files: That its pages list, with what lies beside them.
        taken: Of these, new or with new bytes.
        pages: Written.
        unchanged: Pages and files.
        withdrawn: Files that no page lists any more, and that are there for a while yet.
        deleted: Pages and files.
        missing: File names left out: they changed faster than they could be taken.
    """

    projects: int
    files: int
    taken: int
    pages: int
    unchanged: int
    withdrawn: int
    deleted: int
    missing: tuple[str, ...]
