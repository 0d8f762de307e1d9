"""The page of what is not there. Pure."""

from __future__ import annotations

from orchestrator.index.ui.frame import Site, page
from orchestrator.index.ui.html import el


def missing_page(site: Site, root: str, words: str = "", title: str = "Not found") -> bytes:
    """The page.

    Args:
        site: It is of.
        root: To the home page; from files that lie anywhere, an absolute path.
        words: What is not there; empty where nobody knows what was asked for.
        title: Of the page.
    """
    return page(
        site,
        root,
        title,
        el("h1", title),
        el("p", words or "There is no such page here."),
        el("p", el("a", "All projects", href=root)),
    )
