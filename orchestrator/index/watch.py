"""Looks whether what is served changed, and tells those who keep something of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.index.catalogue import Facts

EVERY = 0.4  # seconds
_TOO_LONG = 30  # seconds

Forget = Callable[[frozenset[str]], None]
"""Told the names of the projects that changed."""


class Watcher:
    """Keeps what is served up to date.

    Args:
        facts: What may change.
        forget: Whom to tell.
    """

    def __init__(self, facts: Facts, *forget: Forget) -> None:
        self._facts = facts
        self._forget = forget
        self._looked = time.monotonic()
        self._failure = ""

    async def look(self) -> None:
        """Looks now, e.g. after an upload. What changed is served when this returns."""
        try:
            changed = await asyncio.to_thread(self._facts.refresh)
        except OSError as error:
            self._failure = f"The wheelhouse can't be read: {error.strerror}."
            return
        self._looked = time.monotonic()
        self._failure = ""
        if changed:
            for forget in self._forget:
                forget(changed)

    async def run(self) -> None:
        """Looks again and again, until it is cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            await self.look()

    def problem(self) -> str:
        """Why what is served may be wrong; empty where it is not."""
        if time.monotonic() - self._looked > _TOO_LONG:
            return self._failure or "The wheelhouse was not looked at for too long."
        return self._failure
