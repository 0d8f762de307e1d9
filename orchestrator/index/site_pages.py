"""The pages that people open, of a whole index, as an export takes them."""

from __future__ import annotations

import hashlib
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

import orchestrator
from orchestrator.index.manifest import Section
from orchestrator.index.merged import Merged
from orchestrator.index.ui.content import Content
from orchestrator.index.ui.home import line_of
from orchestrator.index.ui.static import common_files, project_files, site_for_files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.index.catalogue import Catalogue


def site_pages(facts: Catalogue | Merged, public_url: str = "") -> Iterator[Section]:
    """Sections of pages; what others link to comes first.

    Args:
        facts: Of the index.
        public_url: Of the index; empty where nobody said it.
    """
    site, url = site_for_files(), public_url.rstrip("/")
    records = lru_cache(maxsize=1)(facts.records)  # pages of one project are made together
    own = facts.own if isinstance(facts, Merged) else facts.project
    content = Content(facts, records, site, own=own)
    lines = []
    for name in facts.names():
        project = facts.project(name)
        if project is not None:
            mark = _mark(project, records(name), url)
            make = partial(project_files, content, name, url)
            yield Section(key=f"project/{name}", mark=mark, make=make)
            lines.append(line_of(project))
    yield Section(key="", mark="", make=partial(common_files, site, lines, url))


def _mark(*said: object) -> str:
    """Of all that pages say, and of what makes them."""
    return hashlib.sha256(msgspec.json.encode([_maker(), *said])).hexdigest()


@cache
def _maker() -> str:
    """Digest of the code that makes pages."""
    digest = hashlib.sha256()
    for path in sorted(Path(orchestrator.__file__).parent.rglob("*")):
        if path.suffix in {".py", ".css", ".js", ".svg"}:
            digest.update(path.read_bytes())
    return digest.hexdigest()
