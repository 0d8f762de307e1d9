"""``orchestrate serve``, run as its users run it: a process of its own on a free port."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import ssl
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMAND = (sys.executable, "-m", "orchestrator.cli", "serve")


class Reply:
    """What a client got: status, headers by lower-case name, body."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Served:
    """A running index.

    Attributes:
        url: Of its top, with a slash at the end.
        process: Of the server.
    """

    def __init__(self, process: subprocess.Popen[bytes], url: str, log: Path) -> None:
        self.process = process
        self.url = url
        self._log = log
        self._parts = urlsplit(url)

    def ask(
        self, path: str, method: str = "GET", body: bytes | None = None, **headers: str
    ) -> Reply:
        """One request on a connection of its own; names of headers are given with underscores.

        Args:
            path: Sent as it is, behind the base path; begins with a slash.
            method: Of the request.
            body: Of the request.
            headers: Of the request.
        """
        connection = self.connect()
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, self._parts.path.rstrip("/") + path, body, named)
            return Reply(connection.getresponse())
        finally:
            connection.close()

    def connect(self) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=30)
        unchecked = ssl.create_default_context()
        unchecked.check_hostname = False
        unchecked.verify_mode = ssl.CERT_NONE
        return http.client.HTTPSConnection(host, port, timeout=30, context=unchecked)

    def eventually(self, path: str, status: int, seconds: float = 1.0) -> Reply:
        """Asks until the answer has a status; it must have it soon."""
        until = time.monotonic() + seconds
        while True:
            reply = self.ask(path)
            if reply.status == status or time.monotonic() > until:
                assert reply.status == status, reply.text
                return reply
            time.sleep(0.02)

    def log(self) -> list[dict[str, Any]]:
        """The access log so far, once all of it is written."""
        time.sleep(0.5)
        return [json.loads(line) for line in self._log.read_text().splitlines()]

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ends it in good order; its exit status."""
        self.process.send_signal(number)
        return self.process.wait(20)


@contextmanager
def serving(wheelhouse: Path, folder: Path, *options: str | Path) -> Iterator[Served]:
    """Serves a wheelhouse.

    Args:
        wheelhouse: The folder.
        folder: For the log.
        options: Further ones.
    """
    log, errors = folder / "access.log", folder / "serve.err"
    with errors.open("wb") as stderr, log.open("wb") as stdout:
        process = subprocess.Popen(
            [*COMMAND, "--wheelhouse", wheelhouse, "--port", "0", *options],
            stdout=stdout,
            stderr=stderr,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )
    try:
        yield Served(process, _url_of(process, errors), log)
    finally:
        process.kill()
        process.wait()
    said = errors.read_text()
    assert "Traceback" not in said, said


def _url_of(process: subprocess.Popen[bytes], errors: Path) -> str:
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        if found := re.search(r"^Serving .* at (\S+)$", errors.read_text(), re.MULTILINE):
            return found[1]
        time.sleep(0.02)
    raise AssertionError(errors.read_text())
