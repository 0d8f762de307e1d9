"""HTML that is safe because of how it is made: text becomes markup only by being escaped. Pure."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable

# On the web, or relative on this host. Browsers take backslashes for slashes, and skip blanks.
_LINK = re.compile(r"https?://[^\s\\/][^\s\\]*|(?!//)[^\s\\:]+", re.IGNORECASE)
_VOID = {"br", "col", "input", "link", "meta"}
# What HTML allows in no document, halves of characters, and what turns the direction of all that
# follows.
_NO_TEXT = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


class Html(str):
    """Markup. What is made of it by formatting or adding is mere text again, and escaped."""

    __slots__ = ()


Child = str | None
Attribute = str | int | bool | None


def text(words: str) -> Html:
    """Text as markup."""
    return (
        words
        if isinstance(words, Html)
        else Html(escape(_NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", words)))
    )


def el(tag: str, *children: Child, **attributes: Attribute) -> Html:
    """An element.

    Args:
        tag: Its name.
        children: Text, or markup; None is nothing.
        attributes: ``class_`` is ``class``, ``data_x`` is ``data-x``. True: without a value; False
            and None: not there.
    """
    said = "".join(
        f" {name.rstrip('_').replace('_', '-')}{_value(value)}"
        for name, value in attributes.items()
        if value is not None and value is not False
    )
    if tag in _VOID:
        return Html(f"<{tag}{said}>")
    return Html(f"<{tag}{said}>{join(children)}</{tag}>")


def join(children: Iterable[Child], between: str = "") -> Html:
    """Texts and markups one after the other."""
    return Html(text(between).join(text(child) for child in children if child is not None))


def href(filename: str) -> str:
    """A file name as one part of a URL's path."""
    return quote(filename, safe="")


def link_of(url: str) -> str:
    """A URL that a page may link to; empty where it is of a kind that does something else."""
    return url if _LINK.fullmatch(url) else ""


def _value(value: str | int | bool) -> str:  # noqa: FBT001 (attributes have such values)
    return "" if value is True else f'="{text(str(value))}"'
