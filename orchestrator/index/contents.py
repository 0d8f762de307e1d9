"""What a static export holds: projects, their files, their pages."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from orchestrator.index.catalogue import FILES
from orchestrator.index.facts import Project
from orchestrator.index.listing import METADATA, PROVENANCE
from orchestrator.index.pages import project_html, project_json, root_html, root_json
from orchestrator.model import Value
from orchestrator.wheelhouse.store import project_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    from orchestrator.index.catalogue import Facts
    from orchestrator.index.facts import File


FOLDER = "files/"
"""Of files, in the export."""


class Wanted(Value):
    """A file that pages list, or that lies beside one.

    Attributes:
        source: Where it is.
        sha256: What it must have, hex.
        filename: Of what the pages list.
    """

    source: Path
    sha256: str
    filename: str


class Contents(Value):
    """What shall be there.

    Attributes:
        projects: By name.
        files: By path below the index.
    """

    projects: dict[str, Project]
    files: dict[str, Wanted]

    def may_stay(self, path: str) -> bool:
        """Whether what is there and not wanted may stay for a while: files, but none in quarantine.

        Args:
            path: Below the index.
        """
        project = self.projects.get(project_of(path.removeprefix(FOLDER)))
        quarantined = project is not None and project.status == "quarantined"
        return path.startswith(FOLDER) and not quarantined

    def without(self, filenames: AbstractSet[str]) -> Contents:
        """The same but for some files, and what lies beside them."""
        return Contents(
            projects={
                name: without_files(project, filenames) for name, project in self.projects.items()
            },
            files={
                path: wanted
                for path, wanted in self.files.items()
                if wanted.filename not in filenames
            },
        )


def contents_of(facts: Facts) -> Contents:
    """What an export of these facts holds.

    Args:
        facts: Files elsewhere are linked by their pages, and not exported.
    """
    projects: dict[str, Project] = {}
    files: dict[str, Wanted] = {}
    for name in facts.names():
        project = facts.project(name)
        if project is None:
            continue
        found = {file.filename: _files_of(facts, file) for file in project.files}
        # What went away a moment ago is not listed either.
        gone = {filename for filename, wanted in found.items() if wanted is None}
        projects[name] = without_files(project, gone)
        for wanted in found.values():
            files.update(wanted or {})
    return Contents(projects=projects, files=files)


def without_files(project: Project, filenames: AbstractSet[str]) -> Project:
    """The project with fewer files."""
    if not filenames:
        return project
    files = tuple(file for file in project.files if file.filename not in filenames)
    return msgspec.structs.replace(project, files=files)


def project_pages(contents: Contents, base: str = "") -> Iterator[tuple[str, bytes]]:
    """Paths and contents of the pages of all projects, in both forms.

    Args:
        contents: Of the export.
        base: URL of the index, with a slash at its end; empty where it is not known.
    """
    for name, project in contents.projects.items():
        url = base and f"{base}simple/{name}/"
        yield f"simple/{name}/index.json", project_json(project, url)
        yield f"simple/{name}/index.html", project_html(project, url)


def root_pages(contents: Contents) -> Iterator[tuple[str, bytes]]:
    """The page that lists all projects, in both forms."""
    yield "simple/index.json", root_json(contents.projects)
    yield "simple/index.html", root_html(contents.projects)


def _files_of(facts: Facts, file: File) -> dict[str, Wanted] | None:
    """A file and what lies beside it; nothing of one that is elsewhere; None where it is gone."""
    if not file.url.startswith(FILES):
        return {}
    digests = {"": file.sha256, METADATA: file.metadata_sha256, PROVENANCE: file.provenance}
    found: dict[str, Wanted] = {}
    for suffix, digest in digests.items():
        if suffix and not digest:
            continue
        filename = file.filename + suffix
        source = facts.path(filename)
        if source is None:
            return None
        sha256 = digest if _is_digest(digest) else _digest(source)
        found[f"{FOLDER}{filename}"] = Wanted(source=source, sha256=sha256, filename=file.filename)
    return found


def _is_digest(text: str) -> bool:
    return len(text) == hashlib.sha256().digest_size * 2


def _digest(source: Path) -> str:
    """Of a file without a digest in the facts; one that is gone has none, and can't be taken."""
    try:
        return hashlib.sha256(source.read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""
