"""Real web servers in front of a static export, as users run them: nginx, Caddy."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.request
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextlib.contextmanager
def nginx(export: Path, folder: Path, port: int = 0) -> Iterator[tuple[str, Path]]:
    """nginx with the configuration that the export brings along.

    Args:
        export: With ``_server/nginx.conf``.
        folder: For its own files.
        port: Where to listen; a free one.

    Yields:
        URL of the index, and the access log.
    """
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if not program:
        pytest.skip("nginx is not installed (apt install nginx-light)")
    folder.mkdir()
    port = port or free_port()
    own = (export / "_server" / "nginx.conf").read_text()
    own = own.replace("listen 127.0.0.1:8080;", f"listen 127.0.0.1:{port};")
    log = folder / "access.log"
    user = "user root;" if os.getuid() == 0 else ""  # who else can't read pytest's folders
    places = "\n".join(
        f"{kind}_temp_path {folder / kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"{user} worker_processes 1; daemon off; pid {folder / 'pid'};\n"
        f"error_log {folder / 'error.log'};\n"
        "events { worker_connections 512; }\n"
        f"http {{ access_log {log};\n{places}\n{own}\n}}\n"
    )
    command = [program, "-p", folder, "-c", folder / "nginx.conf"]
    with _running(command, f"http://127.0.0.1:{port}/", folder) as url:
        yield url, log


@contextlib.contextmanager
def caddy(export: Path, folder: Path, port: int = 0) -> Iterator[tuple[str, Path]]:
    """Caddy with the configuration that the export brings along; yields as ``nginx`` does."""
    program = shutil.which("caddy")
    if not program:
        pytest.skip("Caddy is not installed (apt install caddy)")
    folder.mkdir()
    port = port or free_port()
    own = (export / "_server" / "Caddyfile").read_text()
    log = folder / "access.log"
    own = re.sub(
        r"^:8080 \{",
        f"http://127.0.0.1:{port} {{\n\tlog {{\n\t\toutput file {log}\n\t}}",
        own,
        flags=re.MULTILINE,
    )
    (folder / "Caddyfile").write_text("{\n\tadmin off\n}\n" + own)
    command = [program, "run", "--config", folder / "Caddyfile", "--adapter", "caddyfile"]
    with _running(command, f"http://127.0.0.1:{port}/", folder) as url:
        yield url, log


@contextlib.contextmanager
def _running(command: list[str | Path], url: str, folder: Path) -> Iterator[str]:
    output = folder / "output.log"
    env = os.environ | {"HOME": str(folder)}
    with output.open("wb") as stream:
        process = subprocess.Popen(command, stdout=stream, stderr=subprocess.STDOUT, env=env)
    try:
        _wait_for(url, process, output)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(url: str, process: subprocess.Popen[bytes], output: Path) -> None:
    for _ in range(200):
        assert process.poll() is None, output.read_text()
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{url}simple/", timeout=5).close()  # noqa: S310 (loopback)
            return
        time.sleep(0.05)
    raise AssertionError(f"{url} does not answer: {output.read_text()}")
