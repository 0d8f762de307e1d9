"""An upstream index for tests: pages and files that a test sets, which can be down."""

from __future__ import annotations

import hashlib
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

JSON = "application/vnd.pypi.simple.v1+json"


class UpstreamServer:
    """What it has, and what it was asked.

    Attributes:
        asked: Paths, in the order of the requests.
        down: Whether every request is answered by 503.
        url: Of its simple pages.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.down = False
        self.url = ""
        self._files: dict[str, dict[str, bytes]] = {}

    def add(self, project: str, filename: str, content: bytes, metadata: bytes = b"") -> str:
        """Adds a file; returns its SHA-256."""
        files = self._files.setdefault(project, {})
        files[filename] = content
        if metadata:
            files[f"{filename}.metadata"] = metadata
        return hashlib.sha256(content).hexdigest()

    def page(self, project: str) -> bytes:
        found = self._files[project]
        files = [
            {
                "filename": name,
                "url": f"/files/{project}/{name}",
                "hashes": {"sha256": hashlib.sha256(content).hexdigest()},
                "size": len(content),
                "core-metadata": {"sha256": hashlib.sha256(found[f"{name}.metadata"]).hexdigest()}
                if f"{name}.metadata" in found
                else False,
            }
            for name, content in found.items()
            if not name.endswith(".metadata")
        ]
        page = {"meta": {"api-version": "1.1"}, "name": project, "files": files, "versions": []}
        return json.dumps(page).encode()

    def answer(self, path: str) -> tuple[int, str, bytes]:
        self.asked.append(path)
        if self.down:
            return 503, "text/plain", b"down"
        parts = path.strip("/").split("/")
        if parts[0] == "simple" and len(parts) == 2 and parts[1] in self._files:
            return 200, JSON, self.page(parts[1])
        if parts[0] == "files" and len(parts) == 3 and parts[2] in self._files.get(parts[1], {}):
            return 200, "application/octet-stream", self._files[parts[1]][parts[2]]
        return 404, "text/plain", b"none"


@contextmanager
def running_upstream() -> Iterator[UpstreamServer]:
    upstream = UpstreamServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, kind, content = upstream.answer(self.path)
            tag = f'"{hashlib.sha256(content).hexdigest()}"'
            if status == 200 and self.headers.get("If-None-Match") == tag:
                status, content = 304, b""
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("ETag", tag)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        upstream.url = f"http://127.0.0.1:{server.server_port}/simple/"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield upstream
        server.shutdown()
