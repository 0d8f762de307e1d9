"""An index that lets in who has the token, and remembers who came: to see what clients send."""

from __future__ import annotations

import base64
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "a-token_of-this.test"  # noqa: S105 (not a secret)


class GuardedIndex:
    """Serves one wheel below ``/base/``; a context manager.

    Attributes:
        url: Of the index.
        users: Credentials that came, ``USER:PASSWORD``; empty where none did.
        paths: Method and path of what was let in.
    """

    def __init__(self, wheel: Path) -> None:
        self._wheel = wheel
        self.users: list[str] = []
        self.paths: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}/base/"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, path: str) -> bytes | None:
        """What lies at a path."""
        name = self._wheel.name.partition("-")[0].replace("_", "-")
        if path == f"/base/simple/{name}/":
            link = f"../../files/{self._wheel.name}"
            return f'<!DOCTYPE html><a href="{link}">{self._wheel.name}</a>'.encode()
        if path == f"/base/files/{self._wheel.name}":
            return self._wheel.read_bytes()
        return None


def _handler_of(index: GuardedIndex) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(index.answer(self.path))

        def do_HEAD(self) -> None:
            self.do_GET()

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(b"" if self.path == "/base/legacy/" else None)

        def _answer(self, body: bytes | None) -> None:
            kind, _, encoded = self.headers.get("Authorization", "").partition(" ")
            user = base64.b64decode(encoded).decode() if kind == "Basic" else ""
            index.users.append(user)
            if user != f"__token__:{TOKEN}":
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="index"')
                body = b""
            else:
                index.paths.append(f"{self.command} {self.path}")
                self.send_response(404 if body is None else 200)
            self.send_header("Content-Type", "text/html" if self.path[-1] == "/" else "x/wheel")
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            pass

    return Handler
