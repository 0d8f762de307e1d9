import hashlib
import json
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from orchestrator.errors import (
    IndexUnreachableError,
    NoMatchingVersionError,
    NoSdistError,
    UnknownPackageError,
)
from orchestrator.model import Interpreter, Request
from orchestrator.resolve.configuration import IndexConfiguration, read_configuration
from orchestrator.resolve.index import Found, find, list_files

CP311 = Interpreter(major=3, minor=11)
SHA256 = hashlib.sha256(b"x").hexdigest()
HTML = f"""<!DOCTYPE html><html><body>
<a href="../../files/my_pkg-1.0.tar.gz#sha256={SHA256}" data-requires-python="&gt;=3.8"
   data-upload-time="2024-01-02T03:04:05Z">my_pkg-1.0.tar.gz</a>
<a href="my_pkg-1.0-cp311-cp311-macosx_11_0_arm64.whl"
   data-yanked="">my_pkg-1.0-cp311-cp311-macosx_11_0_arm64.whl</a>
<a href="other-9.tar.gz">other-9.tar.gz</a>
<a href="my-pkg-1.0.linux-x86_64.tar.gz">my-pkg-1.0.linux-x86_64.tar.gz</a>
<a href="my-pkg-1.0.exe">my-pkg-1.0.exe</a>
</body></html>"""
JSON = json.dumps(
    {
        "meta": {"api-version": "1.1"},
        "name": "my-pkg",
        "versions": ["1.0"],
        "files": [
            {
                "filename": "my_pkg-1.0.tar.gz",
                "url": "../../files/my_pkg-1.0.tar.gz",
                "hashes": {"sha256": SHA256},
                "requires-python": ">=3.8",
                "upload-time": "2024-01-02T03:04:05Z",
                "size": 1,
            }
        ],
    }
)


class Server(ThreadingHTTPServer):
    """A package index on this machine; ``pages`` maps paths to (status, headers, body)."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages = {}
        self.asked = []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.asked.append((self.path, dict(self.headers)))
        status, headers, body = self.server.pages.get(self.path, (404, {}, "nothing"))
        if headers.get("ETag") and self.headers.get("If-None-Match") == headers["ETag"]:
            status, body = 304, ""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object):
        pass


@pytest.fixture
def server():
    with Server() as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ORCHESTRATE_CACHE", str(tmp_path / "cache"))


def page(body: str = HTML, status: int = 200, **headers: str):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return status, {"Content-Type": "text/html", **headers}, body


def configured(*indexes: str, **settings: Any):
    return IndexConfiguration(indexes=tuple(indexes), **settings)


@pytest.mark.parametrize(
    ("body", "kind"), [(HTML, "text/html"), (JSON, "application/vnd.pypi.simple.v1+json")]
)
def test_pages_of_both_forms(server: Server, body: str, kind: str):
    server.pages["/simple/my-pkg/"] = page(body, Content_Type=kind)
    found = list_files("my-pkg", configured(f"{server.url}/simple/"))
    first = found[0]
    assert first.url == f"{server.url}/files/my_pkg-1.0.tar.gz"
    assert (first.version, first.kind, first.sha256) == ("1.0", "sdist", SHA256)
    assert first.requires_python == ">=3.8"
    assert first.uploaded.startswith("2024-01-02T03:04:05")
    if kind == "text/html":
        assert [file.filename for file in found[1:]] == [
            "my_pkg-1.0-cp311-cp311-macosx_11_0_arm64.whl"
        ]
        assert found[1].yanked


def test_a_second_look_needs_no_network(server: Server):
    server.pages["/my-pkg/"] = page()
    configuration = configured(server.url)
    assert list_files("my-pkg", configuration) == list_files("my-pkg", configuration)
    assert len(server.asked) == 1


def test_a_stale_page_is_revalidated(server: Server):
    server.pages["/my-pkg/"] = page(ETag='"1"', Cache_Control="public, max-age=0")
    configuration = configured(server.url)
    before = list_files("my-pkg", configuration)
    server.pages["/my-pkg/"] = page("", ETag='"1"', Cache_Control="max-age=600")
    assert list_files("my-pkg", configuration) == before
    assert server.asked[1][1]["If-None-Match"] == '"1"'
    list_files("my-pkg", configuration)
    assert len(server.asked) == 2


def test_a_version_published_a_minute_ago_is_found(server: Server):
    server.pages["/my-pkg/"] = page()
    configuration = configured(server.url)
    list_files("my-pkg", configuration)
    server.pages["/my-pkg/"] = page(HTML.replace("1.0.tar.gz", "2.0.tar.gz"))
    request = Request(kind="index", text="my-pkg==2.0", name="my-pkg", specifier="==2.0")
    assert find(request, configuration, CP311).source.version == "2.0"
    with pytest.raises(NoMatchingVersionError):
        find(Request(kind="index", text="", name="my-pkg", specifier="==3"), configuration, CP311)


def test_unknown_project(server: Server):
    with pytest.raises(UnknownPackageError, match=r"no project my-pkg in http://\*\*\*@127"):
        list_files("my-pkg", configured(server.url.replace("//", "//me:secret@")))


def test_first_index_wins_unless_merged(server: Server):
    server.pages["/a/my-pkg/"] = page(HTML.replace("1.0", "0.5"))
    server.pages["/b/my-pkg/"] = page()
    both = (f"{server.url}/a", f"{server.url}/b")
    assert {file.version for file in list_files("my-pkg", configured(*both))} == {"0.5"}
    merged = list_files("my-pkg", configured(*both, merge=True))
    assert [file.version for file in merged] == ["0.5", "0.5", "1.0", "1.0"]


def test_an_index_that_fails_is_not_passed_over(server: Server):
    """Else whoever can silence the first index decides what is built."""
    server.pages["/a/my-pkg/"] = page(status=500)
    server.pages["/b/my-pkg/"] = page()
    with pytest.raises(IndexUnreachableError, match="500"):
        list_files("my-pkg", configured(f"{server.url}/a", f"{server.url}/b"))


def test_credentials_go_to_their_origin_and_into_no_entry(server: Server, tmp_path: Path):
    server.pages["/my-pkg/"] = page()
    found = list_files("my-pkg", configured(server.url.replace("//", "//me:s3cret@")))
    assert server.asked[0][1]["Authorization"].startswith("Basic ")
    assert all("s3cret" not in file.url for file in found)
    assert all(b"s3cret" not in file.read_bytes() for file in (tmp_path / "cache/index").iterdir())


def test_a_closed_door_asks_for_credentials(server: Server):
    server.pages["/my-pkg/"] = page(status=401)
    with pytest.raises(IndexUnreachableError) as caught:
        list_files("my-pkg", configured(server.url))
    assert "netrc" in caught.value.hint


def test_nobody_listens():
    with pytest.raises(IndexUnreachableError, match="refused"):
        list_files("my-pkg", configured("http://127.0.0.1:9"))


def test_a_missing_certificate_bundle_is_named(server: Server):
    configuration = configured(server.url.replace("http", "https"), certificates="/no/ca.pem")
    with pytest.raises(IndexUnreachableError, match=r"/no/ca\.pem"):
        list_files("my-pkg", configuration)


@pytest.mark.parametrize(
    "body", ["{", "[]", '{"meta": {"api-version": "9.0"}, "name": "my-pkg", "files": []}']
)
def test_a_page_that_is_none(server: Server, body: str):
    server.pages["/my-pkg/"] = page(body, Content_Type="application/vnd.pypi.simple.v1+json")
    with pytest.raises(IndexUnreachableError, match="not a page of a package index"):
        list_files("my-pkg", configured(server.url))


def test_offline_uses_what_is_cached_however_old(server: Server):
    server.pages["/my-pkg/"] = page(Cache_Control="no-cache")
    before = list_files("my-pkg", configured(server.url))
    assert list_files("my-pkg", configured(server.url, offline=True)) == before
    with pytest.raises(IndexUnreachableError, match="offline"):
        list_files("else", configured(server.url, offline=True))
    assert len(server.asked) == 1


def test_many_threads_at_once(server: Server):
    server.pages["/my-pkg/"] = page()
    configuration = configured(server.url)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: list_files("my-pkg", configuration), range(16)))
    assert set(found) == {found[0]}


def test_local_indexes_and_find_links(tmp_path: Path):
    folder = tmp_path / "simple" / "my-pkg"
    folder.mkdir(parents=True)
    (folder / "index.html").write_text(HTML)
    links = tmp_path / "links"
    links.mkdir()
    for name in ("My_Pkg-3.0.tar.gz", "my_pkg-2.0-py3-none-any.whl", "other-1.tar.gz", "notes.txt"):
        (links / name).touch()
    page_of_all = tmp_path / "all.html"
    page_of_all.write_text('<a href="my-pkg-4.0.zip">my-pkg-4.0.zip</a>')
    configuration = configured(
        (tmp_path / "simple").as_uri(),
        find_links=(str(links), page_of_all.as_uri(), str(tmp_path / "gone")),
    )
    found = list_files("my-pkg", configuration)
    assert found[0].url == (tmp_path / "files/my_pkg-1.0.tar.gz").as_uri()
    assert [file.version for file in found] == ["1.0", "1.0", "3.0", "2.0", "4.0"]
    assert list_files("my-pkg", configuration) == found
    time.sleep(0.01)
    (folder / "index.html").write_text(HTML.replace("1.0", "1.1"))
    assert list_files("my-pkg", configuration)[0].version == "1.1"
    with pytest.raises(UnknownPackageError):
        list_files("nobody", configuration)


@pytest.mark.network
def test_the_configured_index():
    configuration = read_configuration(Path.cwd(), os.environ)

    def ask(name: str, specifier: str = "") -> Found:
        request = Request(kind="index", text=name, name=name, specifier=specifier)
        return find(request, configuration, CP311)

    annoy = ask("annoy", "==1.17.3")
    assert annoy.source.filename == "annoy-1.17.3.tar.gz"
    assert annoy.source.digest.startswith("sha256:")
    with pytest.raises(UnknownPackageError):
        ask("no-such-project-of-orchestrator")
    with pytest.raises(NoSdistError):
        ask("tflite-runtime")
    begun = time.perf_counter()
    assert ask("annoy", "==1.17.3") == annoy
    assert time.perf_counter() - begun < 0.1
