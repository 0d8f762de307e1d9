import hashlib
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest

from orchestrator.build.fetch import download, fetch
from orchestrator.errors import (
    BadRequirementError,
    DiskFullError,
    HashMismatchError,
    IndexUnreachableError,
)
from orchestrator.model import Interpreter, Request, Source
from orchestrator.resolve.configuration import IndexConfiguration, read_configuration
from orchestrator.resolve.index import find

CONTENT = os.urandom(300_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
NOTHING = IndexConfiguration()


class Handler(BaseHTTPRequestHandler):
    """Serves CONTENT whole, cut short, or not at all, as the path says."""

    def do_GET(self):
        self.server.asked.append(self.path)
        found = not self.path.startswith("/missing")
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(CONTENT)))
        if self.path.startswith("/encoded"):
            self.send_header("Content-Encoding", "gzip")  # as some servers say of any .gz
        self.end_headers()
        if found:
            flaky = self.path.startswith("/flaky") and self.server.asked.count(self.path) < 3
            self.wfile.write(CONTENT[:1000] if flaky or self.path.startswith("/cut") else CONTENT)

    def log_message(self, *_: object):
        pass


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.daemon_threads = True
        running.asked = []
        running.url = f"http://127.0.0.1:{running.server_port}"
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ORCHESTRATE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def source(location: str, **facts: Any):
    return Source(
        **{
            "name": "a",
            "version": "1",
            "kind": "index",
            "location": location,
            "filename": "a-1.tar.gz",
            "digest": f"sha256:{SHA256}",
            **facts,
        }
    )


def kept_files(cache: Path):
    return [path for path in cache.rglob("*") if path.is_file()]


def test_downloaded_once_and_kept_by_digest(server: ThreadingHTTPServer, cache: Path):
    seen = []
    found = fetch(source(f"{server.url}/a-1.tar.gz"), NOTHING, lambda *now: seen.append(now))
    assert found == cache / "sources" / "sha256" / SHA256 / "a-1.tar.gz"
    assert found.read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert fetch(source(f"{server.url}/a-1.tar.gz"), NOTHING) == found
    assert server.asked == ["/a-1.tar.gz"]
    assert kept_files(cache) == [found]


def test_content_is_kept_as_it_lies_on_the_server(server: ThreadingHTTPServer):
    assert fetch(source(f"{server.url}/encoded"), NOTHING).read_bytes() == CONTENT


def test_wrong_content_is_not_kept(server: ThreadingHTTPServer, cache: Path):
    wrong = source(f"{server.url}/a", digest="sha256:" + "0" * 64)
    with pytest.raises(HashMismatchError, match=SHA256):
        fetch(wrong, NOTHING)
    assert kept_files(cache) == []


def test_what_breaks_off_is_asked_for_again(
    server: Any, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    monkeypatch.setattr("orchestrator.build.fetch._FIRST_WAIT", 0.01)
    path = download(f"{server.url}/flaky", "a.tar.gz", SHA256, NOTHING)
    assert path.read_bytes() == CONTENT
    assert len(server.asked) == 3
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(("path", "why"), [("cut", "1000 bytes read"), ("missing", "404")])
def test_what_is_cut_short_or_missing_is_not_kept(
    server: ThreadingHTTPServer, cache: Path, path: str, why: str
):
    with pytest.raises(IndexUnreachableError, match=why):
        fetch(source(f"{server.url}/{path}"), NOTHING)
    assert kept_files(cache) == []


def test_credentials_of_the_index_serve_its_files_and_are_not_shown(server: ThreadingHTTPServer):
    index = server.url.replace("//", "//me:s3cret@")
    with pytest.raises(IndexUnreachableError) as caught:
        download(f"{index}/missing", "a", "", IndexConfiguration(indexes=(index,)))
    assert "s3cret" not in str(caught.value)


def test_offline(server: ThreadingHTTPServer):
    with pytest.raises(IndexUnreachableError, match="offline"):
        fetch(source(f"{server.url}/a"), IndexConfiguration(offline=True))
    assert server.asked == []


def test_local_files_are_checked_where_they_lie(tmp_path: Path):
    path = tmp_path / "a b.tar.gz"
    path.write_bytes(CONTENT)
    for location in (str(path), path.as_uri()):
        assert fetch(source(location, kind="file"), NOTHING) == path
    path.write_bytes(b"changed")
    with pytest.raises(HashMismatchError):
        fetch(source(str(path), kind="file"), NOTHING)
    path.unlink()
    with pytest.raises(BadRequirementError, match="No such file"):
        fetch(source(str(path), kind="file"), NOTHING)


def test_many_threads_and_processes_at_once(server: ThreadingHTTPServer, cache: Path):
    wanted = source(f"{server.url}/a-1.tar.gz")
    script = (
        "import sys, msgspec; from orchestrator.model import Source;"
        "from orchestrator.build.fetch import fetch;"
        "from orchestrator.resolve.configuration import IndexConfiguration;"
        "fetch(msgspec.json.decode(sys.argv[1], type=Source), IndexConfiguration())"
    )
    other = subprocess.Popen([sys.executable, "-c", script, msgspec.json.encode(wanted)])
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: fetch(wanted, NOTHING), range(8)))
    assert other.wait() == 0
    assert len(found) == 1
    assert kept_files(cache) == list(found)
    assert found.pop().read_bytes() == CONTENT


def test_full_disk(server: ThreadingHTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "none", small], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a small disk can't be mounted here")
    monkeypatch.setenv("ORCHESTRATE_CACHE", str(small))
    try:
        with pytest.raises(DiskFullError, match="small"):
            fetch(source(f"{server.url}/a-1.tar.gz"), NOTHING)
        assert kept_files(small) == []
    finally:
        subprocess.run(["umount", small], check=True)


@pytest.mark.network
def test_a_real_sdist():
    configuration = read_configuration(Path.cwd(), os.environ)
    request = Request(kind="index", text="crcmod", name="crcmod", specifier="==1.7")
    pinned = find(request, configuration, Interpreter(major=3, minor=11)).source
    assert fetch(pinned, configuration).stat().st_size > 80_000
