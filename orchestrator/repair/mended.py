"""What the repair of one platform family gives to the part that writes the wheel."""

from __future__ import annotations

from pathlib import Path

from orchestrator.model import Value


class Mended(Value, kw_only=True):
    """A wheel with its libraries in it, and what is still to be changed when it is written.

    Attributes:
        path: A wheel; the one given where no library was missing.
        grafted: Names of the libraries copied in.
        edits: Members to replace, by name, and the files that hold their new content.
        platforms: Platform tags that the wheel gets; empty: those it has.
    """

    path: Path
    grafted: tuple[str, ...] = ()
    edits: dict[str, Path]
    platforms: tuple[str, ...] = ()
