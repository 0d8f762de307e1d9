import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from orchestrator.errors import IndexUnreachableError
from orchestrator.resolve.configuration import IndexConfiguration
from orchestrator.resolve.transport import get


class Answers(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object):
        pass


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of this machine that nobody but itself vouches for, and its key."""
    made, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", key, "-out", made),
        ],
        check=True,
        capture_output=True,
    )
    return made, key


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """An https server's URL and its certificate."""
    made, key = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made, key)
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as httpd:
        httpd.socket = context.wrap_socket(httpd.socket, server_side=True)
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield f"https://127.0.0.1:{httpd.server_port}/", made
        httpd.shutdown()


def ask(url: str, bundle: Path) -> bytes:
    with get(url, IndexConfiguration(certificates=str(bundle)), {}) as response:
        return response.content


def test_a_bundle_with_the_certificate_is_enough(server: tuple[str, Path]):
    url, made = server
    assert [ask(url, made) for _ in range(3)] == [b"ok"] * 3


def test_one_without_it_is_refused(server: tuple[str, Path], tmp_path: Path):
    url, made = server
    other = tmp_path / "other"
    other.mkdir()
    stranger, _ = certificate(other)
    assert ask(url, made) == b"ok"
    for bundle in (stranger, other):  # a file, and a folder without hashed names
        with pytest.raises(IndexUnreachableError, match="certificate verify failed"):
            ask(url, bundle)


def test_the_name_must_be_the_servers(server: tuple[str, Path]):
    url, made = server
    with pytest.raises(IndexUnreachableError, match=r"certificate verify failed|match"):
        ask(url.replace("127.0.0.1", "localhost"), made)
