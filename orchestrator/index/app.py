"""The whole index as one handler: who may ask, which part answers, and what is noted of it."""

from __future__ import annotations

import time
import traceback
from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol

from orchestrator.index.messages import Answer, BodyTimeoutError, Handler, Request, plain
from orchestrator.model import Value

Guard = Callable[[Request], Awaitable[Answer | None]]
"""None lets a request through; an answer is sent instead (401, 403, 429)."""

READ = ("GET", "HEAD")
OPEN = ("/-/healthz", "/-/readyz")
"""What needs no permission: those who ask are machines that only want to know whether we are."""

_LONGEST_PATH = 2048
_LARGEST_HEADERS = 32 * 1024


class Route(Value):
    """Which requests a handler answers.

    Attributes:
        prefix: Of the path. One that ends with a slash stands for all below it; another for itself.
        handler: Its answer.
        methods: Others are refused; HEAD is answered like GET, and the server sends no body.
    """

    prefix: str
    handler: Handler
    methods: tuple[str, ...] = READ


class Observer(Protocol):
    """What is told of every request."""

    def __call__(
        self, request: Request, answer: Answer, *, route: str, seconds: float, error: str
    ) -> None:
        """Called when an answer is ready, before it is sent.

        Args:
            request: As it came.
            answer: As it goes.
            route: Prefix of its route; empty where none answered.
            seconds: That it took to make the answer.
            error: Traceback of a failure of ours; else empty.
        """


class App:
    """Chooses by method and longest prefix.

    Args:
        routes: Several may share a prefix, with different methods.
        guard: Asked first.
        observers: Told last.
    """

    def __init__(
        self,
        routes: Iterable[Route],
        *,
        guard: Guard | None = None,
        observers: tuple[Observer, ...] = (),
    ) -> None:
        self._routes: dict[str, dict[str, Handler]] = {}
        for route in routes:
            methods = self._routes.setdefault(route.prefix, {})
            methods.update(dict.fromkeys(route.methods, route.handler))
        self._prefixes = sorted(self._routes, key=len, reverse=True)
        self._guard = guard
        self._observers = observers

    async def __call__(self, request: Request) -> Answer:
        """An answer, whatever happens."""
        began = time.perf_counter()
        prefix, error = "", ""
        try:
            prefix = self._prefix_of(request.path)
            answer = _unreasonable(request) or await self._answer(request, prefix)
        except BodyTimeoutError:
            answer = plain(408, "Nothing came for too long.", ("connection", "close"))
        except Exception:  # noqa: BLE001 (a request that fails must not be left without an answer)
            error = traceback.format_exc()
            answer = plain(500, "That failed here; the log says why.")
        seconds = time.perf_counter() - began
        for observer in self._observers:
            observer(request, answer, route=prefix, seconds=seconds, error=error)
        return answer

    async def _answer(self, request: Request, prefix: str) -> Answer:
        if self._guard and request.path not in OPEN:
            refusal = await self._guard(request)
            if refusal:
                return refusal
        methods = self._routes.get(prefix)
        if methods is None:
            below = f"{request.path}/" in self._routes
            if below and request.method in READ:
                last = request.path.rpartition("/")[2]
                return plain(301, "It is elsewhere.", ("location", f"{last}/"))
            return plain(404, "There is nothing here.")
        handler = methods.get(request.method)
        if handler is None:
            allowed = ", ".join(sorted(methods))
            return plain(405, f"Only {allowed} is possible here.", ("allow", allowed))
        return await handler(request)

    def _prefix_of(self, path: str) -> str:
        for prefix in self._prefixes:
            if path == prefix or (prefix.endswith("/") and path.startswith(prefix)):
                # A folder of its own that was asked for without its slash is no page of the UI.
                return "" if prefix == "/" and f"{path}/" in self._routes else prefix
        return ""


def _unreasonable(request: Request) -> Answer | None:
    if len(request.path) + len(request.query) > _LONGEST_PATH:
        return plain(414, "That address is too long.")
    if sum(map(len, request.headers.values())) > _LARGEST_HEADERS:
        return plain(431, "Those headers are too large.")
    return None
