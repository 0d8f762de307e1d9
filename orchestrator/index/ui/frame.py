"""What all pages have around them. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.index.ui.html import Child, Html, el, join
from orchestrator.model import Value

PLACE = "https://this-index.invalid"
"""Stands for where the index is, in examples; the script and the server put the address there."""

TRUST = Html('<span class="trust"></span>')
"""Behind the index's address in pip's options: what it needs where there is no TLS."""

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
"""Content-Security-Policy of all pages: they load nothing but their own files."""


class Site(Value, kw_only=True):
    """What pages know of the index that they are of.

    Attributes:
        title: Of the index.
        assets: Names with digests, by names without: ``style.css`` → ``style.1a2b3c4d.css``.
        whole: Whether it serves, or passes on, the packages that it has no wheels of, too.
        server: Whether a server answers forms; else the pages are files.
        private: Whether reading needs a token.
    """

    title: str = "Wheel index"
    assets: Mapping[str, str]
    whole: bool = False
    server: bool = True
    private: bool = False


def page(site: Site, root: str, title: str, *children: Child, here: str = "") -> bytes:
    """A whole page.

    Args:
        site: It is of.
        root: From the page to the home page: ``./``, ``../``, ``../../``.
        title: Of this page; empty: that of the site.
        children: Of its ``main``.
        here: Which link of the head is the page itself.
    """
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("title", f"{title} · {site.title}" if title else site.title),
        el("link", rel="stylesheet", href=asset(site, root, "style.css")),
        el("link", rel="icon", type="image/svg+xml", href=asset(site, root, "icon.svg")),
        Html(f'<script src="{asset(site, root, "script.js")}" defer></script>'),
    )
    body = el(
        "body",
        el("a", "Skip to content", class_="skip", href="#main"),
        _header(site, root, here),
        el("main", *children, id="main", tabindex="-1"),
        _footer(root),
        data_root=root,
    )
    whole = join((Html("<!doctype html>\n"), Html(f'<html lang="en">{head}\n{body}</html>\n')))
    return whole.encode()


def asset(site: Site, root: str, name: str) -> str:
    """From a page to a file that belongs to all pages."""
    return f"{root}assets/{site.assets[name]}"


def place(path: str = "") -> Html:
    """An address of the index, absolute, as examples need it."""
    return el("span", f"{PLACE}/{path}", class_="place", data_path=path)


def crumbs(root: str, *steps: tuple[str, str]) -> Html:
    """The way from the home page: words and addresses; the last one has none, it is the page."""
    items = [el("li", el("a", "Projects", href=root))]
    items += [el("li", el("a", words, href=url) if url else words) for words, url in steps]
    return el("nav", el("ol", *items), class_="crumbs", aria_label="Breadcrumb")


def _header(site: Site, root: str, here: str) -> Html:
    links = (("Projects", root, "home"), ("Check a lock file", f"{root}audit/", "audit"))
    return el(
        "header",
        el("a", site.title, href=root, class_="brand"),
        el(
            "nav",
            *(
                el("a", words, href=url, aria_current="page" if here == name else None)
                for words, url, name in links
            ),
            aria_label="Site",
        ),
        class_="site",
    )


def _footer(root: str) -> Html:
    return el(
        "footer",
        el("p", "For installers: ", el("a", place("simple/"), href=f"{root}simple/")),
    )
