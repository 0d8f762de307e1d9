"""Which form of a page, and which encoding, a client takes (RFC 9110, PEP 691). Pure."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Literal
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from collections.abc import Iterator

Encoding = Literal["", "gzip", "br"]

JSON = "application/vnd.pypi.simple.v1+json"
HTML = "application/vnd.pypi.simple.v1+html"
PLAIN = "text/html"
TYPES = (JSON, HTML, PLAIN)
"""Content types of pages, the one with the most to say first."""

_LATEST = {
    "application/vnd.pypi.simple.latest+json": JSON,
    "application/vnd.pypi.simple.latest+html": HTML,
}
_SHORT = {"json": JSON, "html": PLAIN}


@lru_cache(maxsize=256)
def content_type(accept: str, query: str = "") -> str:
    """The content type of a page for a client.

    Args:
        accept: The header; empty where there was none, which is no preference.
        query: Of the URL; ``format=`` in it outdoes the header.

    Returns:
        One of ``TYPES``; empty where the client takes none of them (406).
    """
    if query and (asked := parse_qs(query).get("format")):
        # A plus sign stands for a space in queries, and few people know.
        wanted = asked[-1].strip().replace(" ", "+").lower()
        wanted = _SHORT.get(wanted, _LATEST.get(wanted, wanted))
        return wanted if wanted in TYPES else ""
    if not accept.strip():
        return PLAIN
    ranges = [(_LATEST.get(kind, kind), quality) for kind, quality in _parsed(accept)]
    scored = [(_score(ranges, offered), offered) for offered in TYPES]
    best, chosen = max(scored)
    return chosen if best[0] > 0 else ""


@lru_cache(maxsize=256)
def encoding(accept_encoding: str) -> Encoding:
    """The encoding that makes an answer smallest, of those that a client takes."""
    qualities = dict(_parsed(accept_encoding))
    other = qualities.get("*", 0.0)
    brotli = qualities.get("br", other)
    gzip = qualities.get("gzip", qualities.get("x-gzip", other))
    plain = qualities.get("identity", 0.0)
    if max(brotli, gzip) <= 0 or max(brotli, gzip) < plain:
        return ""
    return "br" if brotli >= gzip else "gzip"


def _score(ranges: list[tuple[str, float]], offered: str) -> tuple[float, int, int]:
    """How much a client wants a type: by quality, then how plainly it said so, then our taste."""
    family = offered.partition("/")[0]
    matches = {"*/*": 0, f"{family}/*": 1, offered: 2}
    said = [(matches[kind], quality) for kind, quality in ranges if kind in matches]
    if not said:
        return (0.0, 0, 0)
    plainness, quality = max(said)
    # Who takes anything is a person or an old tool.
    rank = TYPES.index(offered)
    return (quality, plainness, -rank if plainness == 2 else rank)  # noqa: PLR2004 (named above)


def _parsed(header: str) -> Iterator[tuple[str, float]]:
    for item in header.split(","):
        kind, *parameters = (part.strip().lower() for part in item.split(";"))
        if kind:
            yield kind, _quality(parameters)


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0
