"""The pages that people open, of a whole index, as an export takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.index.merged import Merged
from orchestrator.index.ui.content import Content
from orchestrator.index.ui.home import line_of
from orchestrator.index.ui.static import common_files, project_files, site_for_files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.index.catalogue import Catalogue


def site_pages(facts: Catalogue | Merged, public_url: str = "") -> Iterator[tuple[str, bytes]]:
    """Paths below the index, and contents; what others link to comes first.

    Args:
        facts: Of the index.
        public_url: Of the index; empty where nobody said it.
    """
    site, url = site_for_files(), public_url.rstrip("/")
    own = facts.own if isinstance(facts, Merged) else facts.project
    content = Content(facts, facts.records, site, own=own)
    lines = []
    for name in facts.names():
        project = facts.project(name)
        if project is not None:
            yield from project_files(content, name, url)
            lines.append(line_of(project))
    yield from common_files(site, lines, url)
