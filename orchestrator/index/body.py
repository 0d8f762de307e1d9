"""Bodies of requests: read at a pace that no slow client can hold up, or thrown away."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING

from orchestrator.index.messages import BodyTimeoutError
from orchestrator.index.refusal import RefusalError
from orchestrator.model import Value

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from orchestrator.index.messages import Answer, Request

# Of a body that nobody wants; clients read an answer more surely when they were heard out.
_DRAINED_BYTES = 64 << 20
_DRAINED_SECONDS = 10.0
_CUT_SHORT = frozenset({408, 429})


class Pace(Value):
    """How slow a client may be.

    Attributes:
        idle: Seconds without a byte.
        rate: Bytes a second, on average from the beginning.
        grace: Seconds from the beginning, in which the average does not count.
    """

    idle: float = 20.0
    rate: int = 2048
    grace: float = 60.0


class Body:
    """The body of a request, which can be read only once."""

    def __init__(self, request: Request) -> None:
        stated = request.headers.get("content-length", "")
        self._stated = int(stated) if stated.isdecimal() else 0
        self._chunks = request.body() if request.body else _nothing()

    async def read(self, pace: Pace, limit: int) -> AsyncIterator[bytes]:
        """Its chunks.

        Args:
            pace: Below which it is not waited for.
            limit: Bytes.

        Raises:
            RefusalError: It is too long, or comes too slowly.
        """
        if self._stated > limit:
            raise _too_long(limit)
        begun, size = time.monotonic(), 0
        while True:
            try:
                async with asyncio.timeout(pace.idle):
                    chunk = await anext(self._chunks)
            except StopAsyncIteration:
                return
            except (TimeoutError, BodyTimeoutError):
                raise _too_slow() from None
            size += len(chunk)
            if size > limit:
                raise _too_long(limit)
            passed = time.monotonic() - begun
            if passed > pace.grace and size < pace.rate * passed:
                raise _too_slow()
            yield chunk

    async def hear_out(self, refusal: RefusalError) -> Answer:
        """The answer to somebody who is refused, once they are likely to read it.

        Many clients send all of a body before they read anything. Who is too slow, or guesses
        tokens, is not waited for.
        """
        if refusal.status not in _CUT_SHORT:
            await self.drain()
        return refusal.answer

    async def drain(self) -> None:
        """Reads what is left, up to a point."""
        with contextlib.suppress(TimeoutError, BodyTimeoutError, OSError, RuntimeError):
            async with asyncio.timeout(_DRAINED_SECONDS):
                size = 0
                async for chunk in self._chunks:
                    size += len(chunk)
                    if size > _DRAINED_BYTES:
                        return


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""  # makes it a generator


def _too_long(limit: int) -> RefusalError:
    return RefusalError(413, f"The upload is longer than {limit} bytes, this index's limit.")


def _too_slow() -> RefusalError:
    return RefusalError(408, "The upload came too slowly.", ("connection", "close"))
