"""The home page: all projects, and those that a search finds. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from orchestrator.index.ui.frame import Site, page
from orchestrator.index.ui.html import Child, Html, el, join
from orchestrator.index.ui.parts import badge, date
from orchestrator.index.ui.platforms import systems_of
from orchestrator.index.ui.project import newest_of, releases_of
from orchestrator.model import Value
from orchestrator.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from orchestrator.index.facts import Project

ROOT = "./"
PER_PAGE = 100
_MANY_LETTERS = 200


class Line(Value):
    """A project in a list.

    Attributes:
        files: How many.
        systems: What its newest version has wheels for.
        updated: When its newest file came, RFC 3339; empty where unknown.
    """

    name: str
    version: str = ""
    files: int = 0
    systems: tuple[str, ...] = ()
    updated: str = ""
    status: str = "active"


class Listing(Value):
    """A part of the projects.

    Attributes:
        lines: The projects on this page.
        found: How many there are on all pages.
        total: How many the index has.
        query: What was searched for.
        number: Of the page, from 1.
        unpaged: Whether all are on one page, however many.
    """

    lines: tuple[Line, ...]
    found: int
    total: int
    query: str = ""
    number: int = 1
    unpaged: bool = False

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return 1 if self.unpaged else max(1, -(-self.found // PER_PAGE))


def line_of(project: Project) -> Line:
    """What a list says of a project."""
    newest = newest_of(releases_of(project))
    files = newest.files if newest else ()
    systems = {system for file in files if (system := systems_of(file.filename))}
    return Line(
        name=project.name,
        version=newest.version if newest else "",
        files=len(project.files),
        systems=tuple(sorted(one for words in systems for one in words.split(", "))),
        updated=max((file.uploaded for file in project.files), default=""),
        status=project.status,
    )


def found_by(query: str, names: Iterable[str]) -> tuple[str, ...]:
    """The names that hold every word of a search: those first that begin with it."""
    words = [re.sub(r"[-_.]+", "-", word) for word in query[:_MANY_LETTERS].lower().split()]
    found = [name for name in names if all(word in name for word in words)]
    if not words:
        return tuple(found)
    first = words[0]
    return tuple(sorted(found, key=lambda name: (name != first, not name.startswith(first), name)))


def home_page(site: Site, listing: Listing) -> bytes:
    """The page."""
    whole = listing.found == listing.total and listing.pages == 1
    return page(
        site,
        ROOT,
        f"“{listing.query}”" if listing.query else "",
        el("h1", "Projects"),
        _search(site, listing),
        el("p", _summary(listing), role="status", class_="dim", id="count"),
        _table(listing.lines, whole=whole) if listing.lines else _nothing(listing),
        _pages(listing),
        here="home",
    )


def _search(site: Site, listing: Listing) -> Html:
    """Files can't answer forms: there it is the script that shows it, and filters the list."""
    field = el(
        "input", type="search", name="q", value=listing.query or None, autocomplete="off",
        spellcheck="false", maxlength=_MANY_LETTERS,
    )  # fmt: skip
    return el(
        "form",
        el("label", "Search ", field),
        el("button", "Search", type="submit") if site.server else None,
        action=ROOT,
        method="get",
        role="search",
        hidden=not site.server,
    )


def _summary(listing: Listing) -> str:
    total = counted(listing.total, "project")
    if not listing.query and listing.pages == 1:
        return total
    found = f"{listing.found} of {total}" if listing.query else total
    if listing.pages == 1:
        return found
    return f"{found}, page {listing.number} of {listing.pages}"


def _nothing(listing: Listing) -> Html:
    if not listing.total:
        return el("p", "Nothing is published here yet.")
    return el("p", "No project has such a name. ", el("a", "All projects", href=ROOT))


def _table(lines: Sequence[Line], *, whole: bool) -> Html:
    bare = not any(line.version for line in lines)
    titles = ("Project",) if bare else ("Project", "Version", "For", "Files", "Updated")
    head = el("thead", el("tr", *(el("th", title, scope="col") for title in titles)))
    body = el("tbody", *(_row(line, bare=bare) for line in lines))
    return el("table", head, body, class_="stack projects", data_whole=whole)


def _row(line: Line, *, bare: bool) -> Html:
    link = el("a", line.name, href=f"{ROOT}project/{line.name}/")
    status = badge(line.status, "attention") if line.status != "active" else None
    name = el("th", link, status, scope="row", data_name=line.name)
    if bare:
        return el("tr", name)
    return el(
        "tr",
        name,
        _cell("Version", line.version),
        _cell("For", join((badge(system, "system") for system in line.systems), " ")),
        _cell("Files", str(line.files)),
        _cell("Updated", date(line.updated)),
    )


def _cell(label: str, content: Child) -> Html:
    return el("td", el("div", content), data_label=label) if content else el("td")


def _pages(listing: Listing) -> Html:
    if listing.pages == 1:
        return Html()
    number = listing.number
    return el(
        "nav",
        _to(listing, number - 1, "Previous", "prev") if number > 1 else None,
        _to(listing, number + 1, "Next", "next") if number < listing.pages else None,
        class_="pages",
        aria_label="Pages",
    )


def _to(listing: Listing, number: int, words: str, rel: str) -> Html:
    asked = {"q": listing.query, "page": str(number)}
    query = urlencode({name: value for name, value in asked.items() if value})
    return el("a", words, href=f"{ROOT}?{query}", rel=rel)
