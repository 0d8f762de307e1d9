"""What a wheel's METADATA says that people want to know (PEP 566 and later). Pure."""

from __future__ import annotations

from email.parser import BytesHeaderParser

from orchestrator.index.ui.html import link_of
from orchestrator.model import Value

_MANY_LINKS = 12
_LONG = 400  # characters; longer licences are whole texts


class About(Value):
    """Of a project's newest wheel, or of one wheel.

    Attributes:
        links: Words and URLs.
        requires: PEP 508, as written.
    """

    summary: str = ""
    licence: str = ""
    author: str = ""
    links: tuple[tuple[str, str], ...] = ()
    requires: tuple[str, ...] = ()


def about_of(metadata: bytes) -> About:
    """What a METADATA file says; nothing where it says nothing."""
    headers = BytesHeaderParser().parsebytes(metadata)

    def one(*names: str) -> str:
        words = (" ".join(str(headers.get(name, "")).split()) for name in names)
        return next((found for found in words if found and found.upper() != "UNKNOWN"), "")

    pairs = [("Home page", one("Home-page"))]
    for said in headers.get_all("Project-URL", []):
        words, _, url = str(said).partition(",")
        pairs.append((words.strip(), url.strip()))
    licence = one("License-Expression", "License")
    return About(
        summary=one("Summary"),
        licence=licence if len(licence) <= _LONG else f"{licence[:_LONG]}…",
        author=one("Author", "Author-email", "Maintainer", "Maintainer-email"),
        links=tuple(
            (words or url, url) for words, url in pairs if url and "://" in url and link_of(url)
        )[:_MANY_LINKS],
        requires=tuple(
            " ".join(str(said).split()) for said in headers.get_all("Requires-Dist", [])
        ),
    )
