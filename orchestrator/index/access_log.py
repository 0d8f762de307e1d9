"""The access log: a JSON object for each request, written in batches."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from orchestrator.index.metrics import length_of

if TYPE_CHECKING:
    from orchestrator.index.messages import Answer, Request

_EVERY = 0.2  # seconds
_LONGEST = 400  # characters of what clients say


class _Line(msgspec.Struct, omit_defaults=True):
    """A request; ``seconds`` is what it took to make the answer."""

    time: str
    peer: str
    method: str
    path: str
    status: int
    bytes: int
    seconds: float
    query: str = ""
    range: str = ""
    agent: str = ""
    error: str = ""


class AccessLog:
    """Writes what it is told a moment later; an ``app.Observer``.

    Args:
        stream: Of bytes. One that can't be written any more is given up.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream: BinaryIO | None = stream
        self._noted: list[tuple[float, Request, Answer, float, str]] = []

    def __call__(
        self, request: Request, answer: Answer, *, route: str, seconds: float, error: str
    ) -> None:
        """Notes a request."""
        del route
        self._noted.append((time.time(), request, answer, seconds, error))

    async def run(self) -> None:
        """Writes now and then, until it is cancelled; then what is left."""
        try:
            while True:
                await asyncio.sleep(_EVERY)
                if self._noted:
                    await asyncio.to_thread(self._write)
        finally:
            self._write()

    def _write(self) -> None:
        noted, self._noted = self._noted, []
        if self._stream is None or not noted:
            return
        lines = [msgspec.json.encode(_line(*one)) for one in noted]
        try:
            self._stream.write(b"\n".join((*lines, b"")))
            self._stream.flush()
        except (OSError, ValueError):
            self._stream = None  # nobody reads it: no reason to stop serving


def _line(moment: float, request: Request, answer: Answer, seconds: float, error: str) -> _Line:
    headers = request.headers
    second = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment))
    return _Line(
        time=f"{second}.{int(moment % 1 * 1000):03}Z",
        peer=request.peer,
        method=request.method[:_LONGEST],
        path=request.path[:_LONGEST],
        status=answer.status,
        bytes=length_of(request, answer),
        seconds=round(seconds, 6),
        query=request.query[:_LONGEST],
        range=headers.get("range", "")[:_LONGEST],
        agent=headers.get("user-agent", "")[:_LONGEST],
        error=error,
    )
