"""What a server on a network gets to see: it refuses each with the right status, and serves on."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from index_server import Served, serving
from index_store import Store

WHEEL = "tiny-1.0-cp311-cp311-macosx_11_0_arm64.whl"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    store = Store(tmp_path_factory.mktemp("hostile"))
    store.publish()
    (store.folder.parent / "secret").write_text("outside")
    (store.folder / "secret").write_text("not listed")
    with serving(store.folder, tmp_path_factory.mktemp("served")) as index:
        yield index
        assert index.ask("/simple/tiny/").status == 200
        assert index.process.poll() is None


def raw(served: Served, request: bytes) -> bytes:
    """What is answered to bytes; nothing where the connection is just closed."""
    place = urlsplit(served.url)
    with socket.create_connection((place.hostname, place.port), timeout=30) as client:
        try:
            client.sendall(request)
            got = b""
            while chunk := client.recv(65536):
                got += chunk
        except OSError:  # ended before all was said
            return b""
        return got


@pytest.mark.parametrize(
    "path",
    [
        "/files/../secret",
        "/files/../../secret",
        "/files/..%2fsecret",
        "/files/..%2f..%2fsecret",
        "/files/%2e%2e/%2e%2e/secret",
        "/files/..%5c..%5csecret",
        "/files/%252e%252e%252fsecret",
        "/files//etc/passwd",
        "/files/%2fetc%2fpasswd",
        "/files/secret",
        "/files/.lock",
        "/files/.records",
        f"/files/.records/{WHEEL}.abababababababab.json",
        f"/files/.records%2f{WHEEL}.abababababababab.json",
        f"/files/{WHEEL}%00",
        f"/files/{WHEEL}/",
        f"/files/./{WHEEL}",
        f"/files/{WHEEL}.metadata.metadata",
        f"/files/{WHEEL}.provenance",
        "/files/",
        "/files/" + "a" * 1000,
        "/files/%ff%fe",
        "/simple/../files/secret",
        "/simple/tiny/../../secret",
        "/simple/tiny%2f/",
        "/simple/tiny/x",
        "/simple//",
        "/simple/./",
        "/simple/../",
        "/simple/%00/",
        "/simple/%0d%0aset-cookie:%20a=b",
        "/simple/" + "a" * 300 + "/",
        "/simple/t\N{LATIN SMALL LETTER DOTLESS I}ny/".encode().decode("latin1"),
        "/simple/<script>/",
        "/-/../secret",
        "/..",
        "/%2e%2e/secret",
        "//secret",
    ],
)
def test_nothing_but_what_is_listed_is_handed_out(served: Served, path: str):
    line = path.replace(" ", "%20").encode("latin1")
    answer = raw(served, b"GET %b HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n" % line)
    status = int(answer.split(b" ", 2)[1])
    assert status in {301, 400, 404}, answer
    assert b"outside" not in answer
    assert b"not listed" not in answer
    assert b"set-cookie" not in answer.partition(b"\r\n\r\n")[0].lower()


def test_redirects_lead_nowhere_else(served: Served):
    for path in ("//evil.example/simple", "/simple/evil.example", "//evil.example/", "/\\evil"):
        reply = served.ask(path)
        location = reply.headers.get("location", "")
        assert not location.startswith(("/", "http")), location
    reply = served.ask("/simple/Tiny/?a=%0d%0ab:")
    assert reply.headers["location"] == "../tiny/?a=%0d%0ab%3A"


def test_what_is_too_large_is_refused_and_logged(served: Served):
    assert served.ask("/simple/" + "a" * 5000).status == 414
    assert served.ask("/simple/?" + "a" * 5000).status == 414
    assert served.ask("/simple/", x_large="a" * 40_000).status == 431
    logged = [line["status"] for line in served.log()[-3:]]
    assert logged == [414, 414, 431]


@pytest.mark.parametrize(
    ("request_bytes", "statuses"),
    [
        (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n", {414, 431}),
        (b"GET / HTTP/1.1\r\nhost: x\r\na: " + b"a" * 1_000_000 + b"\r\n\r\n", {431}),
        (b"GET / HTTP/1.1\r\nhost: x\r\n" + b"a: b\r\n" * 500 + b"\r\n", {431}),
        (b"GET / HTTP/9.9\r\nhost: x\r\n\r\n", {400}),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", {400}),
        (b"rubbish\r\n\r\n", {400}),
        (b"GET /\x00 HTTP/1.1\r\nhost: x\r\n\r\n", {400}),
        (b"GET / HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n", {400}),
        (b"GET / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n", {400}),
    ],
)
def test_what_is_no_request_is_refused(served: Served, request_bytes: bytes, statuses: set[int]):
    answer = raw(served, request_bytes)
    # A server that has heard enough may close before all was said.
    assert not answer or int(answer.split(b" ", 2)[1]) in statuses, answer


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
def test_other_methods_are_refused_and_logged(served: Served, method: str):
    for path in ("/simple/", "/simple/tiny/", f"/files/{WHEEL}", "/-/healthz"):
        reply = served.ask(path, method, body=b"x=y" if method in {"POST", "PUT"} else None)
        assert reply.status == 405
        assert reply.headers["allow"] == "GET, HEAD"
    assert {line["method"] for line in served.log()[-4:]} == {method}


def test_odd_headers_do_no_harm(served: Served):
    for headers in (
        {"accept": "," * 5000},
        {"accept": "a/b;q=" + "9" * 400},
        {"accept_encoding": "br;q=\u00b2, gzip;q=nan"},
        {"if_none_match": '"' * 3000},
        {"if_modified_since": "yesterday"},
        {"range": "bytes=" + "9" * 400 + "-"},
        {"range": "bytes=0-0," * 500},
        {"range": "bytes=\u0664-\u0665"},
        {"if_range": "W/", "range": "bytes=0-0"},
        {"host": "a" * 5000},
        {"authorization": "Basic " + "\u00ff" * 3000},
        {"expect": "a miracle"},
    ):
        encoded = {name: value.encode("utf-8").decode("latin1") for name, value in headers.items()}
        for path in ("/simple/tiny/", f"/files/{WHEEL}", f"/files/{WHEEL}.metadata", "/"):
            assert served.ask(path, **encoded).status < 500


def test_no_line_of_the_log_can_be_forged(served: Served):
    served.ask("/simple/%0a%7b%22status%22:200%7d/", user_agent='x"\\}\\n')
    (line,) = served.log()[-1:]
    assert line["path"] == '/simple/\n{"status":200}/'
    assert line["status"] == 404


def test_slow_clients_keep_nobody_waiting(served: Served):
    place = urlsplit(served.url)
    slow = [socket.create_connection((place.hostname, place.port)) for _ in range(300)]
    for number, client in enumerate(slow):
        client.sendall(b"GET /simple/ HT" if number % 2 else b"")
    began = time.monotonic()
    assert served.ask("/simple/tiny/").status == 200
    assert time.monotonic() - began < 2
    for client in slow[:2]:
        client.settimeout(25)
        assert client.recv(100) == b""  # ended, after fifteen seconds
    for client in slow:
        client.close()


def test_who_reads_nothing_keeps_nobody_waiting(tmp_path: Path):
    store = Store(tmp_path)
    filename = store.publish(payload=bytes(300_000))
    with serving(store.folder, tmp_path) as index:
        place = urlsplit(index.url)
        deaf = []
        for _ in range(700):
            client = socket.socket()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            client.connect((place.hostname, place.port))
            client.sendall(f"GET /files/{filename} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
            deaf.append(client)
        assert index.ask("/simple/tiny/").status == 200
        assert len(index.ask(f"/files/{filename}").body) > 300_000
        for client in deaf:
            client.close()
