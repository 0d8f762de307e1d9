"""The page of what is not there. Pure."""

from __future__ import annotations

from orchestrator.index.ui.frame import Site, page
from orchestrator.index.ui.html import el


def missing_page(site: Site, root: str, words: str = "") -> bytes:
    """The page.

    Args:
        site: It is of.
        root: To the home page; from files that lie anywhere, an absolute path.
        words: What is not there; empty where nobody knows what was asked for.
    """
    return page(
        site,
        root,
        "Not found",
        el("h1", "Not found"),
        el("p", words or "There is no such page here."),
        el("p", el("a", "All projects", href=root)),
    )
