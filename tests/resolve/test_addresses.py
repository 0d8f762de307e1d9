"""Hosts looked up once; the connections are real, to a server of this process."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
import requests

from orchestrator.resolve import addresses
from orchestrator.resolve.addresses import AddressAdapter, Addresses

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Hosts(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        content = self.headers["Host"].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Hosts) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


class _Resolver:
    """Knows one name, at several addresses; counts how often it is asked."""

    def __init__(self, *found: str) -> None:
        self.found = found
        self.asked = 0

    def __call__(self, host: str, *_: object) -> list[tuple[object, ...]]:
        self.asked += 1
        if host != "wheels.example":
            raise socket.gaierror
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 0)) for each in self.found]


def test_a_burst_asks_once():
    resolver = _Resolver("10.0.0.1", "10.0.0.2", "10.0.0.1")
    known = Addresses(resolver)
    with ThreadPoolExecutor(12) as pool:
        assert set(pool.map(known.of, ["wheels.example"] * 12)) == {("10.0.0.1", "10.0.0.2")}
    assert resolver.asked == 1


def test_a_minute_later_it_is_asked_again():
    times = iter([0.0, 59.0, 61.0, 61.0])
    resolver = _Resolver("10.0.0.1")
    known = Addresses(resolver, lambda: next(times))
    asked = []
    for _ in range(3):
        known.of("wheels.example")
        asked.append(resolver.asked)
    assert asked == [1, 1, 2]


def test_what_is_unknown_is_asked_again():
    resolver = _Resolver("10.0.0.1")
    known = Addresses(resolver)
    assert (known.of("other.example"), known.of("other.example")) == ((), ())
    assert resolver.asked == 2


def test_the_next_address_is_tried_and_the_name_stays(port: int, monkeypatch: pytest.MonkeyPatch):
    # Nothing listens at that port of the first address.
    known = Addresses(_Resolver("127.0.0.2", "127.0.0.1"))
    monkeypatch.setattr(addresses, "_ADDRESSES", known)
    with requests.Session() as session:
        session.trust_env = False
        session.mount("http://", AddressAdapter())
        answer = session.get(f"http://wheels.example:{port}/", timeout=10)
    assert answer.text == f"wheels.example:{port}"


@pytest.mark.parametrize(
    ("name", "says"), [("wheels.example", "refused"), ("a.invalid", "resolve")]
)
def test_what_is_not_there_is_said(name: str, says: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(addresses, "_ADDRESSES", Addresses(_Resolver("127.0.0.2")))
    with requests.Session() as session:
        session.trust_env = False
        session.mount("http://", AddressAdapter())
        with pytest.raises(requests.ConnectionError, match=says):
            session.get(f"http://{name}:9/", timeout=10)
