"""Serves a handler over HTTP until it is told to stop: one process, granian in front."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import importlib.util
import os
import resource
import signal
import socket
import ssl
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from orchestrator.errors import AddressInUseError, BadCertificateError, ServeSupportError
from orchestrator.index.bridge import Bridge, Network
from orchestrator.model import Value

if TYPE_CHECKING:
    from granian.server.embed import Server

    from orchestrator.index.messages import Handler

Background = Callable[[], Coroutine[None, None, None]]

_PACKAGES = ("granian", "brotli", "python_multipart", "uvloop")  # of an extra
_BACKLOG = 1024
_AT_ONCE = 4096  # connections; others wait
_HEADERS_WITHIN = 15_000  # milliseconds
_HEADERS = 64 * 1024  # bytes; the server itself refuses more
_GARBAGE = 20_000  # new objects between two looks for garbage
_TAKES_WITHIN = 30_000  # milliseconds
_STOP_WITHIN = 20  # seconds


class Address(Value):
    """Where and how it is served.

    Attributes:
        port: 0: any that is free.
        base_path: Empty, or ``/x``.
        certificate: With ``key``; None: plain HTTP.
        proxies: Whose ``X-Forwarded-…`` headers count.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    base_path: str = ""
    certificate: Path | None = None
    key: Path | None = None
    proxies: tuple[Network, ...] = ()

    @property
    def url(self) -> str:
        """As a client on this machine reaches it."""
        scheme = "https" if self.certificate else "http"
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)  # noqa: S104
        host = f"[{host}]" if ":" in host and "[" not in host else host
        return f"{scheme}://{host}:{self.port}{self.base_path}/"


def check_address(address: Address) -> Address:
    """Finds out whether it can be served there; the address with its port.

    Raises:
        AddressInUseError: Somebody else is there, or the host is none of ours.
        BadCertificateError: The certificate or its key is none, or they don't belong together.
    """
    if address.certificate and address.key:
        _check_certificate(address.certificate, address.key)
    try:
        family, kind, _, _, place = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        # The server shares its port with whoever asks for that; so it is asked for here, alone.
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
            host, port = probe.getsockname()[:2]
    except OSError as error:
        raise AddressInUseError(_why(address, error)) from error
    return msgspec.structs.replace(address, host=host, port=port)


def run(
    app: Handler,
    address: Address,
    *,
    background: tuple[Background, ...] = (),
    started: Callable[[], None] = lambda: None,
) -> None:
    """Serves until SIGTERM or SIGINT; requests that are under way get their answers.

    Args:
        app: Answers.
        address: Checked.
        background: What runs meanwhile, until it is cancelled.
        started: Called once it listens.

    Raises:
        ServeSupportError: The server is not installed.
    """
    for package in _PACKAGES:
        if not _is_here(package):
            raise ServeSupportError(f"orchestrate serve needs {package}, which is not here.")
    import uvloop  # noqa: PLC0415 (of an extra)

    # A file of 100 kB costs about half the processor time that it costs with asyncio's own loop.
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(app, address, background, started))


def _is_here(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except (ImportError, ValueError):
        return False


async def _run(
    app: Handler,
    address: Address,
    background: tuple[Background, ...],
    started: Callable[[], None],
) -> None:
    _allow_connections()
    server = _server(Bridge(app, base_path=address.base_path, proxies=address.proxies), address)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, server.stop)
    tasks = [asyncio.create_task(work()) for work in background]
    tasks.append(asyncio.create_task(_announce(address, started)))
    # What was imported and read until now stays: nobody need look through it for garbage.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GARBAGE)
    try:
        await server.serve()
    except RuntimeError as error:
        # Taken between our look and the server's.
        raise AddressInUseError(f"{address.url} can't be served: {error}") from error
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def _announce(address: Address, started: Callable[[], None]) -> None:
    """Says that it listens once it does, which is a moment after the server was started."""
    while True:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection(address.host, address.port)
            writer.close()
            return started()
        await asyncio.sleep(0.005)


def _server(bridge: Bridge, address: Address) -> Server:
    from granian.constants import HTTPModes, SSLProtocols  # noqa: PLC0415 (of an extra)
    from granian.http import HTTP1Settings  # noqa: PLC0415
    from granian.server.embed import Server  # noqa: PLC0415

    class Listening(Server):
        """Gives up on clients that take nothing of their answer."""

        _ssp: Any
        _shd: Any

        def _init_shared_socket(self) -> None:
            super()._init_shared_socket()  # type: ignore[no-untyped-call]
            if self._shd is None:
                # On Linux it would be made later, where nobody can set anything.
                self._shd, self._ssp = self._ssp.build(), None
            _give_up_on_idle_readers(self._shd.get_fd())

    server = Listening(
        bridge,
        address=address.host,
        port=address.port,
        # What is asked for with the other one is never ended for want of a request.
        http=HTTPModes.http1,
        websockets=False,
        backlog=_BACKLOG,
        backpressure=_AT_ONCE,
        http1_settings=HTTP1Settings(header_read_timeout=_HEADERS_WITHIN, max_buffer_size=_HEADERS),
        log_enabled=False,
        ssl_cert=address.certificate,
        ssl_key=address.key,
        # Python 3.9's pip on a Mac knows no newer one.
        ssl_protocol_min=SSLProtocols.tls12,
    )
    server.workers_kill_timeout = _STOP_WITHIN
    return server


def _give_up_on_idle_readers(descriptor: int) -> None:
    """Has the system end connections whose other side takes nothing for a while.

    Connections inherit it from the socket that listens. They would be held for ever else, and
    there are only so many.
    """
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
        with socket.socket(fileno=os.dup(descriptor)) as listening:
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _TAKES_WITHIN)


def _allow_connections() -> None:
    """Has the system let us hold as many connections as we would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _AT_ONCE * 2 + _BACKLOG
    if soft != resource.RLIM_INFINITY and soft < wanted:
        allowed = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


def _check_certificate(certificate: Path, key: Path) -> None:
    for path in (certificate, key):
        if not os.access(path, os.R_OK) or not path.is_file():
            raise BadCertificateError(f"{path} can't be read.")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # A key that wants a password would be asked for at the terminal.
        context.load_cert_chain(certificate, key, password="")
    except (ssl.SSLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise BadCertificateError(f"{certificate} with the key {key}: {reason}") from error


def _why(address: Address, error: OSError) -> str:
    where = f"{address.host}, port {address.port}"
    if error.errno == errno.EADDRINUSE:
        return f"{where}: something else is served there already."
    return f"{where}: {error.strerror or error}."
