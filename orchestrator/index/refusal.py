"""Why a request is not done. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.index.messages import plain

if TYPE_CHECKING:
    from orchestrator.index.messages import Answer


class RefusalError(Exception):
    """Ends a request with a status and a reason for whoever asked.

    Attributes:
        status: HTTP.
        reason: A sentence or two.
        headers: Of the answer.
    """

    def __init__(self, status: int, reason: str, *headers: tuple[str, str]) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.headers = headers

    @property
    def answer(self) -> Answer:
        """What is sent; no cache keeps it."""
        return plain(self.status, self.reason, ("cache-control", "no-store"), *self.headers)
