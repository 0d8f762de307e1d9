"""The index behind a real nginx, below a path, as docs/index.md says to configure it."""

import contextlib
import hashlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import pytest
import requests
from index_server import serving
from index_store import Store

from orchestrator.index.negotiation import JSON

ROOT = Path(__file__).parents[2]
# The examples of the document, as they stand there.
EXAMPLES = re.findall(r"```nginx\n(.*?)```", (ROOT / "docs" / "index.md").read_text(), re.DOTALL)


@contextlib.contextmanager
def proxied(server: str, folder: Path, example: str) -> Iterator[str]:
    """nginx with an example in front of a server; its own URL."""
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if not program:
        pytest.skip("nginx is not installed (apt install nginx-light)")
    folder.mkdir()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    user = "user root;" if os.getuid() == 0 else ""
    places = "\n".join(
        f"{kind}_temp_path {folder / kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    settings = folder / "nginx.conf"
    settings.write_text(
        f"{user} daemon off; pid {folder / 'pid'}; error_log {folder / 'error.log'};\n"
        f"events {{}}\nhttp {{ access_log off; {places}\n"
        f"server {{ listen 127.0.0.1:{port};\n"
        f"{example.replace('http://127.0.0.1:8080', server)}\n}} }}\n"
    )
    process = subprocess.Popen([program, "-p", folder, "-c", settings])
    try:
        until = time.monotonic() + 10
        while time.monotonic() < until:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port)).close()
                break
        yield f"http://127.0.0.1:{port}/wheels/"
    finally:
        process.terminate()
        process.wait()


@pytest.mark.parametrize("number", range(2))
def test_everything_works_below_a_path_of_a_proxy(store: Store, tmp_path: Path, number: int):
    store.publish("tiny")
    example = EXAMPLES[number]
    below = ("--base-path", "/wheels") if "8080;" in example else ()
    options = ("--trust-proxy", "127.0.0.1", *below)
    with serving(store.folder, tmp_path, *options) as index:
        server = re.match(r"http://[^/]+", index.url)
        assert server
        with proxied(server[0], tmp_path / "nginx", example) as url:
            moved = requests.get(f"{url}simple/Tiny", headers={"accept": JSON}, timeout=10)
            assert moved.url == f"{url}simple/tiny/"
            (file,) = moved.json()["files"]
            wheel = requests.get(urljoin(moved.url, file["url"]), timeout=10).content
            assert hashlib.sha256(wheel).hexdigest() == file["hashes"]["sha256"]
            etag = requests.head(moved.url, timeout=10).headers["etag"]
            assert requests.get(moved.url, headers={"if-none-match": etag}, timeout=10).ok
            home = requests.get(url, timeout=10)
            assert home.ok
            style = re.search(r'href="([^"]*style[^"]*\.css)"', home.text)
            assert style
            assert requests.get(urljoin(home.url, style[1]), timeout=10).ok
            subprocess.run(
                [
                    *(sys.executable, "-m", "uv", "pip", "compile", "-", "--quiet", "--no-cache"),
                    *("--index-url", f"{url}simple/", "--only-binary", ":all:"),
                    *("--python-platform", "aarch64-apple-darwin", "--python-version", "3.11"),
                ],
                input="tiny",
                text=True,
                check=True,
                capture_output=True,
            )
            requests.get(f"{url}simple/", headers={"x-forwarded-for": "6.6.6.6"}, timeout=10)
        assert index.log()[-1]["peer"] == "127.0.0.1"
        assert {line["status"] for line in index.log()} <= {200, 206, 301, 304}
