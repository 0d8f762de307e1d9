"""The parts of a server that change the wheelhouse: uploads, and what admins do."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from orchestrator.index.app import READ, Route
from orchestrator.index.body import Body
from orchestrator.index.manage import Manage
from orchestrator.index.refusal import RefusalError
from orchestrator.index.upload import LARGEST, Policy, Upload
from orchestrator.model import Value
from orchestrator.wheelhouse.store import open_wheelhouse

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from orchestrator.index.access import Access
    from orchestrator.index.journal import Journal
    from orchestrator.index.messages import Answer, Handler, Request

UPLOAD = ("/legacy", "/legacy/")  # twine is given either
MANAGE = "/manage/"
_CHANGES = ("POST", "PUT", "DELETE", "PATCH")


class Terms(Value):
    """On which uploads are taken.

    Attributes:
        policy: What becomes of wheels with findings of severity error.
        limit: Bytes of a file.
    """

    policy: Policy = "refuse"
    limit: int = LARGEST


class Receiving:
    """Handlers that change the wheelhouse, and then have it looked at.

    Args:
        wheelhouse: Its folder.
        access: Says who may.
        journal: Gets what they did.
        terms: Of uploads.
        owned: Why nobody may upload files of a project; empty where somebody may.
        look: Has what is served brought up to date.

    Raises:
        WheelhouseNotWritableError: Nothing can be stored there.
    """

    def __init__(
        self,
        wheelhouse: Path,
        access: Access,
        journal: Journal,
        *,
        terms: Terms,
        owned: Callable[[str], str],
        look: Callable[[], Awaitable[None]],
    ) -> None:
        house = open_wheelhouse(wheelhouse)
        self._upload = Upload(
            house, access, journal, policy=terms.policy, limit=terms.limit, owned=owned
        )
        self._manage = Manage(house, access, journal)
        self._look = look
        self._looking = asyncio.Lock()
        self._next: asyncio.Task[None] | None = None

    @property
    def routes(self) -> tuple[Route, ...]:
        """Where they answer."""
        upload, manage = self._then_look(self._upload), self._then_look(self._manage)
        return (
            *(Route(prefix=place, handler=upload, methods=("POST",)) for place in UPLOAD),
            Route(prefix=MANAGE, handler=manage, methods=(*READ, *_CHANGES)),
        )

    def close(self) -> None:
        """Ends what runs beside the server."""
        self._upload.close()

    def _then_look(self, handler: Handler) -> Handler:
        """What a client did is served when it gets its answer."""

        async def changed(request: Request) -> Answer:
            answer = await handler(request)
            if answer.status == 200 and request.method not in READ:  # noqa: PLR2004
                await self._looked()
            return answer

        return changed

    async def _looked(self) -> None:
        """Waits for a look that begins from now on; all who wait meanwhile share it."""
        if self._next is None:
            self._next = asyncio.create_task(self._look_next())
        await asyncio.shield(self._next)

    async def _look_next(self) -> None:
        async with self._looking:
            self._next = None  # who comes from here on needs another
            await self._look()


async def _closed(request: Request) -> Answer:
    refusal = RefusalError(403, "This index can only be read: it was started without tokens.")
    return await Body(request).hear_out(refusal)


CLOSED = tuple(
    Route(prefix=place, handler=_closed, methods=(*READ, *_CHANGES)) for place in (*UPLOAD, MANAGE)
)
"""Of an index without tokens."""
