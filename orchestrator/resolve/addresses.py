"""Connections that look a host up once and not each for itself.

Many resolvers (those of home routers, of containers) drop queries that come in bursts, and a lost
query costs five seconds: more than all that was to be read.
"""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

if TYPE_CHECKING:
    from collections.abc import Callable

_KEPT_SECONDS = 60.0


class Addresses:
    """The addresses of hosts, kept for a minute; serves all threads.

    Args:
        look_up: As ``socket.getaddrinfo``.
        clock: Seconds.
    """

    def __init__(
        self,
        look_up: Callable[..., Any] = socket.getaddrinfo,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._look_up = look_up
        self._clock = clock
        self._known: dict[str, tuple[float, tuple[str, ...]]] = {}
        self._lock = threading.Lock()

    def of(self, host: str) -> tuple[str, ...]:
        """IP addresses, the best first; none where the host is not known."""
        with self._lock:
            since, found = self._known.get(host, (0.0, ()))
            if not found or self._clock() - since > _KEPT_SECONDS:
                try:
                    answers = self._look_up(host, None, 0, socket.SOCK_STREAM)
                except (OSError, UnicodeError):
                    return ()
                found = tuple(dict.fromkeys(answer[4][0] for answer in answers))
                self._known[host] = self._clock(), found
            return found


_ADDRESSES = Addresses()


class _ByAddress(HTTPConnection):
    """Connects to the first address that answers, and keeps the host's name for all else."""

    def _new_conn(self) -> socket.socket:
        name = self._dns_host
        problem: Exception | None = None
        for address in _ADDRESSES.of(name):
            self._dns_host = address
            try:
                return super()._new_conn()
            except (NewConnectionError, ConnectTimeoutError) as error:
                problem = error
            finally:
                self._dns_host = name
        if problem:
            raise problem
        return super()._new_conn()  # says itself what is wrong with the name


class _ByAddressTLS(_ByAddress, HTTPSConnection):
    """The same, with TLS on top."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _ByAddress


class _PoolTLS(HTTPSConnectionPool):
    ConnectionCls = _ByAddressTLS


class AddressAdapter(HTTPAdapter):
    """An adapter whose direct connections look hosts up once."""

    def init_poolmanager(self, *arguments: Any, **settings: Any) -> None:
        """Makes it use these connections."""
        super().init_poolmanager(*arguments, **settings)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _PoolTLS}
