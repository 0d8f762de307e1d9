"""Asks an index what it knows of the standards: the same questions to every server.

Run as a program with the URL of an index's pages (``…/simple/``) and the folder of the sample's
wheels, it prints what the index lacks as one JSON object.
"""

from __future__ import annotations

import hashlib
import html.parser
import http.client
import json
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

import msgspec

from tests.index.probe_sample import NAME, Sample

JSON = "application/vnd.pypi.simple.v1+json"
HTML = "application/vnd.pypi.simple.v1+html"
PIP = f"{JSON}, {HTML}; q=0.1, text/html; q=0.01"
UV = f"{JSON}, {HTML};q=0.2, text/html;q=0.01"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


class LacksError(Exception):
    """The index does not do what a check asks for; says how."""


class Check(msgspec.Struct, frozen=True):
    """One question.

    Attributes:
        standard: Of which it is a part.
        title: What is asked.
        ask: Raises ``LacksError``.
    """

    standard: str
    title: str
    ask: Callable[[Index], None]

    @property
    def name(self) -> str:
        """Of a test."""
        return f"{self.standard}: {self.title}"


CHECKS: list[Check] = []
"""In the order of the table; ``conformance_checks`` fills it."""


def check(
    standard: str, title: str
) -> Callable[[Callable[[Index], None]], Callable[[Index], None]]:
    """Makes a function a check."""

    def remember(ask: Callable[[Index], None]) -> Callable[[Index], None]:
        CHECKS.append(Check(standard, title, ask))
        return ask

    return remember


def need(condition: object, why: str) -> None:
    """Says what is lacking, where something is."""
    if not condition:
        raise LacksError(why)


class Reply(msgspec.Struct, frozen=True):
    """What an index answered; header names in lower case."""

    url: str
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def kind(self) -> str:
        """Content type without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip()

    @property
    def json(self) -> Any:
        """The body, of an answer that is JSON."""
        need(self.kind == JSON, f"{self.status} {self.kind}")
        return json.loads(self.body)


class Page(html.parser.HTMLParser):
    """A page of links.

    Attributes:
        links: Attributes by file name.
        metas: Contents by name.
    """

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self.links: dict[str, dict[str, str | None]] = {}
        self.metas: dict[str, str] = {}
        self._attributes: dict[str, str | None] = {}
        need(reply.status == http.client.OK, f"status {reply.status}")
        self.feed(reply.body.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._attributes = dict(attrs)
        if tag == "meta":
            said = dict(attrs)
            self.metas[said.get("name") or ""] = said.get("content") or ""

    def handle_data(self, data: str) -> None:
        if self._attributes and data.strip():
            self.links[data.strip()] = self._attributes
            self._attributes = {}


class Index:
    """An index that is asked; pages that were got once are not got again.

    Attributes:
        simple: URL of the page of all projects, with a slash at its end.
    """

    def __init__(self, simple: str, sample: Sample) -> None:
        self.simple = simple
        self.sample = sample
        self.html = cache(self._html)
        self.json = cache(self._json)
        self.json_file = cache(self._json_file)

    def get(self, path: str = "", method: str = "GET", **headers: str) -> Reply:
        """One request.

        Args:
            path: Or URL; relative to the page of all projects.
            method: HTTP.
            headers: Underscores stand for hyphens.
        """
        url = urldefrag(urljoin(self.simple, path)).url
        parts = urlsplit(url)
        need(parts.scheme == "http", f"no address: {url}")
        connection = http.client.HTTPConnection(parts.netloc, timeout=20)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, target, headers=named)
            answer = connection.getresponse()
            seen: dict[str, str] = {}
            for name, value in answer.getheaders():
                key = name.lower()
                seen[key] = f"{seen[key]}, {value}" if key in seen else value
            return Reply(url, answer.status, seen, answer.read())
        finally:
            connection.close()

    def page(self, name: str = NAME, **headers: str) -> Reply:
        """A project's page, wherever redirects lead, as clients follow them."""
        reply = self.get(f"{name}/", **headers)
        if 300 <= reply.status < 400 and "location" in reply.headers:
            return self.get(urljoin(reply.url, reply.headers["location"]), **headers)
        return reply

    def _html(self, name: str = NAME) -> Page:
        return Page(self.page(name, Accept="text/html"))

    def _json(self, name: str = NAME) -> dict[str, Any]:
        reply = self.page(name, Accept=JSON)
        need(reply.status == http.client.OK, f"status {reply.status}")
        found: dict[str, Any] = reply.json
        return found

    def _json_file(self, filename: str) -> dict[str, Any]:
        """What the JSON page says of a file."""
        found: list[dict[str, Any]] = [
            file for file in self.json()["files"] if file["filename"] == filename
        ]
        need(found, f"{filename} is not listed")
        return found[0]

    def link(self, filename: str) -> dict[str, str | None]:
        """Attributes of a link on the HTML page."""
        need(filename in self.html().links, f"{filename} is not listed")
        return self.html().links[filename]

    def address(self, filename: str) -> str:
        """Of a file, as the HTML page says it."""
        page = self.page(Accept="text/html")
        return urljoin(page.url, urldefrag(self.link(filename)["href"] or "").url)

    def file(self, filename: str, suffix: str = "", method: str = "GET", **headers: str) -> Reply:
        """A file, or what lies beside it."""
        return self.get(self.address(filename) + suffix, method, **headers)


def version_of(page: dict[str, Any] | Page) -> tuple[int, int]:
    """Of the API, as a page says it."""
    text = (
        page.metas.get("pypi:repository-version", "0.0")
        if isinstance(page, Page)
        else page["meta"]["api-version"]
    )
    major, _, minor = text.partition(".")
    return int(major), int(minor)


def sha256(content: bytes) -> str:
    """Hex."""
    return hashlib.sha256(content).hexdigest()


def outcome(index: Index, asked: Check) -> str:
    """Why an index fails a check; empty where it passes."""
    try:
        asked.ask(index)
    except LacksError as lack:
        return str(lack) or "no"
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as error:
        return f"{type(error).__name__}: {error}"[:80]
    return ""


def probe(simple: str, sample: Sample) -> dict[str, str]:
    """Of every check, why the index fails it; empty where it passes."""
    import tests.index.conformance_checks  # noqa: F401, PLC0415 (it fills CHECKS)

    index = Index(simple, sample)
    return {asked.name: outcome(index, asked) for asked in CHECKS}


if __name__ == "__main__":
    from tests.index import conformance

    wheels = {path.name: path for path in sorted(Path(sys.argv[2]).glob("*.whl"))}
    print(json.dumps(conformance.probe(sys.argv[1], Sample(wheels)), indent=1))  # noqa: T201
