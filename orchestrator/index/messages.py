"""Requests and answers, whatever server speaks HTTP around them.

A handler is an object with ``async def __call__(request) -> Answer``; ``index.app`` chooses one by
method and path. Nothing here knows a server: tests call handlers with values.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path

import msgspec


class BodyTimeoutError(Exception):
    """A client stopped sending in the middle of a body; it gets a 408."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A request as the server read it.

    Attributes:
        method: In capitals.
        path: Percent-decoded once, below the base path; begins with ``/``.
        query: Raw, without ``?``.
        headers: By lower-case name; of repeated ones the last.
        peer: IP address of the client, or of what a trusted proxy says it is.
        scheme: ``http`` or ``https``, as the client used it.
        body: The chunks of the body, read at most once.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = {}
    peer: str = ""
    scheme: str = "http"
    body: Callable[[], AsyncIterator[bytes]] | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent back: a body, or a file, or a part of one.

    Attributes:
        status: HTTP.
        headers: Names in lower case. The server adds ``content-length`` and ``date``.
        body: Sent where ``file`` is None; nothing of it for HEAD.
        file: Sent as it is.
        span: Of the file: first byte, and the one behind the last.
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    file: Path | None = None
    span: tuple[int, int] | None = None


Handler = Callable[[Request], Awaitable[Answer]]


def plain(status: int, text: str, *headers: tuple[str, str]) -> Answer:
    """An answer of one line of text, for errors and short notices."""
    kind = ("content-type", "text/plain; charset=utf-8")
    return Answer(status=status, headers=(kind, *headers), body=f"{text}\n".encode())
