"""The pages of an index (Simple repository API): values in, bytes out. Pure.

PEP 503 (HTML), 691 (JSON), 629 and 700 (versions of the API), 592 (yanked), 658 and 714 (metadata),
708 (other places of a project), 740 (provenance), 792 (status).
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from orchestrator.index.facts import File, Project

NEWEST = "1.4"  # PEP 792
_WITHOUT_SIZES = "1.0"  # PEP 700 makes them mandatory


def api_version(project: Project) -> str:
    """The newest version of the API whose mandatory fields are all known of a project."""
    known = all(file.size is not None for file in project.files)
    return NEWEST if known else _WITHOUT_SIZES


def project_json(project: Project, base: str = "") -> bytes:
    """The page of a project (PEP 691).

    Args:
        project: What it says.
        base: URL of the page. Where it is not known, relative links to provenance are left out:
            PEP 740 wants whole ones, and there are clients that refuse a page with others.
    """
    meta: dict[str, Any] = {"api-version": api_version(project)}
    if project.tracks:
        meta["tracks"] = project.tracks
    page: dict[str, Any] = {"meta": meta, "name": project.name}
    status: dict[str, str] = {"status": project.status}
    if project.reason:
        status["reason"] = project.reason
    page["project-status"] = status
    if project.alternates:
        page["alternate-locations"] = project.alternates
    if project.stale:
        page["_stale"] = project.stale  # keys of this kind are free for servers to use
    page["versions"] = tuple(dict.fromkeys(file.version for file in project.files))
    page["files"] = tuple(_file_json(file, base) for file in project.files)
    return msgspec.json.encode(page)


def root_json(names: Iterable[str]) -> bytes:
    """The page of all projects (PEP 691)."""
    projects = tuple({"name": name} for name in names)
    return msgspec.json.encode({"meta": {"api-version": NEWEST}, "projects": projects})


def project_html(project: Project, base: str = "") -> bytes:
    """The page of a project (PEP 503); of ``base`` see ``project_json``."""
    metas = [_meta("pypi:repository-version", api_version(project))]
    metas += [_meta("pypi:project-status", project.status)]
    if project.reason:
        metas.append(_meta("pypi:project-status-reason", project.reason))
    metas += [_meta("pypi:tracks", url) for url in project.tracks]
    metas += [_meta("pypi:alternate-locations", url) for url in project.alternates]
    links = (_link(file, base) for file in project.files)
    return _page(f"Links for {project.name}", metas, links)


def root_html(names: Iterable[str]) -> bytes:
    """The page of all projects (PEP 503)."""
    links = (f'<a href="{name}/">{name}</a>' for name in map(escape, names))
    return _page("Simple index", [_meta("pypi:repository-version", NEWEST)], links)


def _file_json(file: File, base: str) -> dict[str, Any]:
    metadata: bool | dict[str, str] = bool(file.metadata_sha256)
    if file.metadata_sha256 not in {"", "true"}:
        metadata = {"sha256": file.metadata_sha256}
    said: dict[str, Any] = {
        "filename": file.filename,
        "url": file.url,
        "hashes": {"sha256": file.sha256} if file.sha256 else {},
        "core-metadata": metadata,
        "dist-info-metadata": metadata,  # the name before PEP 714, for older clients
        "yanked": False if file.yanked is None else file.yanked or True,
    }
    optional = {
        "requires-python": file.requires_python,
        "size": file.size,
        "upload-time": file.uploaded,
        "provenance": _provenance(file, base),
    }
    return said | {key: value for key, value in optional.items() if value not in {"", None}}


def _link(file: File, base: str) -> str:
    url = f"{file.url}#sha256={file.sha256}" if file.sha256 else file.url
    attributes = "".join(_attributes(file, base))
    return f'<a href="{escape(url)}"{attributes}>{escape(file.filename)}</a>'


def _attributes(file: File, base: str) -> Iterator[str]:
    if file.requires_python:
        yield f' data-requires-python="{escape(file.requires_python)}"'
    if file.metadata_sha256:
        value = file.metadata_sha256
        value = value if value == "true" else f"sha256={value}"
        yield f' data-core-metadata="{value}" data-dist-info-metadata="{value}"'
    if file.yanked is not None:
        yield f' data-yanked="{escape(file.yanked)}"'
    if provenance := _provenance(file, base):
        yield f' data-provenance="{escape(provenance)}"'


def _provenance(file: File, base: str) -> str:
    whole = urljoin(base, file.provenance)
    return whole if file.provenance and "://" in whole else ""


def _meta(name: str, content: str) -> str:
    return f'<meta name="{name}" content="{escape(content)}">'


def _page(title: str, metas: list[str], links: Iterable[str]) -> bytes:
    head = "\n".join(metas)
    body = "<br>\n".join(links)
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n{head}\n'
        f"<title>{escape(title)}</title>\n</head>\n<body>\n<h1>{escape(title)}</h1>\n"
        f"{body}\n</body>\n</html>\n"
    ).encode()
