"""The same pages as files: for web servers and buckets that answer no forms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.index.ui.assets import asset_names, assets
from orchestrator.index.ui.audit import Asked, audit_page
from orchestrator.index.ui.frame import PLACE, Site
from orchestrator.index.ui.home import Line, Listing, home_page
from orchestrator.index.ui.html import text
from orchestrator.index.ui.missing import missing_page

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from orchestrator.index.ui.content import Content

MANY = 1000
"""Projects; a list of more than these says nothing but their names, so that it stays light."""


def site_for_files(title: str = "Wheel index", *, whole: bool = False) -> Site:
    """What pages that are files know of their index."""
    return Site(title=title, assets=asset_names(), whole=whole, server=False)


def common_files(site: Site, lines: Sequence[Line], url: str = "") -> Iterator[tuple[str, bytes]]:
    """The files that belong to no project: paths below the index, and contents.

    Args:
        site: Of files.
        lines: One for each project.
        url: Of the index, without a slash at its end; empty: whoever opens it will see.
    """
    for asset in assets().values():
        yield f"assets/{asset.name}", asset.content
    root = f"{url}/" if url else "/"
    yield "404.html", placed(missing_page(site, root), url)
    yield "audit/index.html", placed(audit_page(site, Asked()), url)
    if len(lines) > MANY:
        lines = [Line(name=line.name, status=line.status) for line in lines]
    listing = Listing(lines=tuple(lines), found=len(lines), total=len(lines), unpaged=True)
    yield "index.html", placed(home_page(site, listing), url)


def project_files(content: Content, name: str, url: str = "") -> Iterator[tuple[str, bytes]]:
    """The files of one project, and of its wheels."""
    page = content.project(name)
    if page is not None:
        yield f"project/{name}/index.html", placed(page, url)
    for filename in content.records(name):
        wheel = content.wheel(filename)
        if wheel is not None:
            yield f"wheel/{filename}/index.html", placed(wheel, url)


def placed(page: bytes, url: str) -> bytes:
    """A page with the index's own address in its examples, where that is known."""
    return page.replace(PLACE.encode(), text(url).encode()) if url else page
