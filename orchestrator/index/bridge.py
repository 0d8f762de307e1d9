"""Between the server's requests (RSGI) and ours."""

from __future__ import annotations

import asyncio
import ipaddress
from typing import TYPE_CHECKING, Any, Protocol

from orchestrator.errors import ServeOptionError
from orchestrator.index.messages import Answer, BodyTimeoutError, Handler, Request, plain

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

_SLOWEST = 30  # seconds between two pieces of a body
_BODYLESS = frozenset({204, 304})

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class _Scope(Protocol):
    method: str
    path: str
    query_string: str
    client: str
    scheme: str
    authority: str | None
    headers: Any


class Bridge:
    """Turns the server's requests into ours, and our answers into the server's.

    Args:
        app: Answers.
        base_path: Below which everything is; empty, or ``/x``.
        proxies: Whose word on the client's address is taken.
    """

    def __init__(
        self, app: Handler, *, base_path: str = "", proxies: tuple[Network, ...] = ()
    ) -> None:
        self._app = app
        self._base = base_path
        self._proxies = proxies

    async def __rsgi__(self, scope: _Scope, protocol: Any) -> None:
        """Answers one request."""
        path = scope.path
        if self._base:
            if not path.startswith(f"{self._base}/"):
                answer = self._outside(path)
                protocol.response_bytes(answer.status, list(answer.headers), answer.body)
                return
            path = path[len(self._base) :]
        headers = dict(scope.headers.items())
        if scope.authority:
            headers["host"] = scope.authority
        peer, scheme = scope.client.rpartition(":")[0].strip("[]"), scope.scheme
        if self._proxies and _within(peer, self._proxies):
            peer, scheme = self._as_told(peer, scheme, headers)
        request = Request(
            method=scope.method,
            path=path,
            query=scope.query_string,
            headers=headers,
            peer=peer,
            scheme=scheme,
            body=_body(protocol),
        )
        send(protocol, request, await self._app(request))

    def _outside(self, path: str) -> Answer:
        if path == self._base:
            last = path.rpartition("/")[2]
            return plain(301, "It is elsewhere.", ("location", f"{last}/"))
        return plain(404, f"The index is at {self._base}/.")

    def _as_told(self, peer: str, scheme: str, headers: dict[str, str]) -> tuple[str, str]:
        """Address and scheme of the client, as the proxy says; the host goes into the headers."""
        hops = [hop.strip() for hop in headers.get("x-forwarded-for", "").split(",")]
        for hop in reversed(hops):
            if not hop or not _is_address(hop):
                break
            peer = hop
            if not _within(hop, self._proxies):
                break  # what is further left anybody may have written
        said = headers.get("x-forwarded-proto", "").rpartition(",")[2].strip().lower()
        if host := headers.get("x-forwarded-host", "").rpartition(",")[2].strip():
            headers["host"] = host
        return peer, said if said in {"http", "https"} else scheme


def send(protocol: Any, request: Request, answer: Answer) -> None:
    """Sends an answer."""
    headers = list(answer.headers)
    if answer.file is not None:
        _send_file(protocol, request, answer, headers)
    elif request.method == "HEAD":
        headers.append(("content-length", str(len(answer.body))))
        protocol.response_empty(answer.status, headers)
    elif answer.status in _BODYLESS:
        protocol.response_empty(answer.status, headers)
    else:
        protocol.response_bytes(answer.status, headers, answer.body)


def _send_file(
    protocol: Any, request: Request, answer: Answer, headers: list[tuple[str, str]]
) -> None:
    path = answer.file
    try:
        size = path.stat().st_size if path else 0
    except OSError:
        protocol.response_bytes(404, [], b"There is no such file.\n")
        return
    start, end = answer.span or (0, size)
    headers.append(("content-length", str(end - start)))
    if request.method == "HEAD":
        protocol.response_empty(answer.status, headers)
    elif answer.span:
        protocol.response_file_range(answer.status, headers, str(path), start, end)
    else:
        protocol.response_file(answer.status, headers, str(path))


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Addresses and networks, as ``--trust-proxy`` takes them.

    Raises:
        ServeOptionError: One is neither.
    """
    try:
        return tuple(ipaddress.ip_network(text, strict=False) for text in texts)
    except ValueError as error:
        raise ServeOptionError(f"--trust-proxy: {error}") from error


def _within(address: str, among: tuple[Network, ...]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None) or parsed
    return any(mapped in network for network in among)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _body(protocol: Any) -> Callable[[], AsyncIterator[bytes]]:
    async def chunks() -> AsyncIterator[bytes]:
        source = aiter(protocol)
        while True:
            try:
                async with asyncio.timeout(_SLOWEST):
                    chunk = await anext(source)
            except StopAsyncIteration:
                return
            except TimeoutError as error:
                raise BodyTimeoutError from error
            yield bytes(chunk)

    return chunks
