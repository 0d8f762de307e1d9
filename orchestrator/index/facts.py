"""What an index says of projects and their files: the values that its pages are made of. Pure."""

from __future__ import annotations

from typing import Literal

from orchestrator.model import Value

Status = Literal["active", "archived", "quarantined", "deprecated"]
"""Of a project (PEP 792)."""


class File(Value):
    """One file of a project.

    Attributes:
        filename: Of a wheel or an sdist.
        url: Absolute, or relative to the page of its project.
        version: PEP 440, as its name spells it.
        sha256: Hex; empty where nobody says it.
        size: Bytes; None where nobody says it.
        uploaded: RFC 3339, UTC (PEP 700); empty where nobody says it.
        requires_python: Its ``Requires-Python``; empty where it has none.
        metadata_sha256: Of the METADATA at its URL with ``.metadata`` behind (PEP 714); empty
            where there is none, ``true`` where there is one without a known digest.
        yanked: Why it was yanked (PEP 592), perhaps empty; None where it was not.
        provenance: URL of its provenance (PEP 740); empty where it has none.
    """

    filename: str
    url: str
    version: str
    sha256: str = ""
    size: int | None = None
    uploaded: str = ""
    requires_python: str = ""
    metadata_sha256: str = ""
    yanked: str | None = None
    provenance: str = ""


class Project(Value):
    """What the index says of one project.

    Attributes:
        name: Normalized (PEP 503).
        files: By version, oldest first, and there by name.
        status: PEP 792.
        reason: Of the status; perhaps empty.
        tracks: URLs of the projects that this one extends (PEP 708).
        alternates: URLs of other places of the same project (PEP 708).
        stale: Since when an upstream's part was not renewed, RFC 3339; empty where all is fresh.
    """

    name: str
    files: tuple[File, ...]
    status: Status = "active"
    reason: str = ""
    tracks: tuple[str, ...] = ()
    alternates: tuple[str, ...] = ()
    stale: str = ""
