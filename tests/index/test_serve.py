"""The running server, asked as clients ask."""

import gzip
import hashlib
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import brotli
import pytest
from index_server import COMMAND, Served, serving
from index_store import Store
from upstream_server import running_upstream

from orchestrator.index.negotiation import HTML, JSON
from orchestrator.index.settings import settings_path
from orchestrator.index.state import State
from orchestrator.index.tokens import Tokens

TINY = "tiny-1.0-cp311-cp311-macosx_11_0_arm64.whl"
BIG = "big-1.0-cp311-cp311-macosx_11_0_arm64.whl"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A wheelhouse that no test changes."""
    store = Store(tmp_path_factory.mktemp("shop"))
    for version in range(20):
        store.publish("tiny", f"1.{version}")
    store.publish("big", payload=bytes(range(256)) * 4000)
    return store


@pytest.fixture(scope="module")
def served(shop: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(shop.folder, tmp_path_factory.mktemp("served")) as index:
        yield index


def test_pages_come_in_both_forms(served: Served):
    root = served.ask("/simple/", accept=JSON)
    assert root.headers["content-type"] == JSON
    assert root.json["projects"] == [{"name": "big"}, {"name": "tiny"}]
    page = served.ask("/simple/tiny/", accept=JSON).json
    assert len(page["files"]) == 20
    plain = served.ask("/simple/tiny/")
    assert plain.headers["content-type"] == "text/html; charset=utf-8"
    assert plain.text.count("<a ") == 20
    assert served.ask("/simple/tiny/", accept=HTML).headers["content-type"] == HTML
    assert served.ask(f"/simple/tiny/?format={JSON}").json == page
    assert served.ask("/simple/tiny/", accept="image/png").status == 406
    assert "Accept" in plain.headers["vary"]


def test_every_listed_file_is_there_with_its_digest(served: Served):
    page = served.ask("/simple/big/", accept=JSON).json
    (file,) = page["files"]
    assert file["url"] == f"../../files/{BIG}"
    wheel = served.ask(f"/files/{BIG}")
    assert hashlib.sha256(wheel.body).hexdigest() == file["hashes"]["sha256"]
    assert int(wheel.headers["content-length"]) == file["size"] == len(wheel.body)
    metadata = served.ask(f"/files/{BIG}.metadata")
    assert hashlib.sha256(metadata.body).hexdigest() == file["core-metadata"]["sha256"]


@pytest.mark.parametrize("path", ["/simple/", "/simple/tiny/", f"/files/{TINY}", f"/files/{BIG}"])
def test_who_has_it_gets_nothing(served: Served, path: str):
    first = served.ask(path)
    etag = first.headers["etag"]
    for known in (etag, f"W/{etag}", f'"x", {etag}', "*"):
        again = served.ask(path, if_none_match=known)
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", etag)
    assert served.ask(path, if_none_match='"x"').status == 200
    head = served.ask(path, "HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.headers == first.headers | {"date": head.headers["date"]}


def test_files_are_kept_long_and_pages_asked_for_again(served: Served):
    assert served.ask("/simple/tiny/").headers["cache-control"] == "no-cache"
    assert served.ask(f"/files/{TINY}").headers["cache-control"].startswith("max-age=")


def test_compressed_forms_say_the_same(served: Served):
    whole = served.ask("/simple/tiny/")
    packed = served.ask("/simple/tiny/", accept_encoding="gzip")
    smaller = served.ask("/simple/tiny/", accept_encoding="gzip, br")
    assert packed.headers["content-encoding"] == "gzip"
    assert smaller.headers["content-encoding"] == "br"
    assert gzip.decompress(packed.body) == brotli.decompress(smaller.body) == whole.body
    assert len({reply.headers["etag"] for reply in (whole, packed, smaller)}) == 3
    etag = packed.headers["etag"]
    assert served.ask("/simple/tiny/", accept_encoding="gzip", if_none_match=etag).status == 304
    assert served.ask("/simple/tiny/", accept_encoding="br", if_none_match=etag).status == 200
    wheel = served.ask(f"/files/{BIG}", accept_encoding="gzip, br")
    assert "content-encoding" not in wheel.headers


@pytest.mark.parametrize("filename", [TINY, BIG])
def test_ranges(served: Served, filename: str):
    path = f"/files/{filename}"
    whole = served.ask(path)
    size = len(whole.body)
    for asked, start, end in (
        ("bytes=0-0", 0, 1),
        ("bytes=5-9", 5, 10),
        ("bytes=100-", 100, size),
        ("bytes=-22", size - 22, size),
        (f"bytes=-{size * 2}", 0, size),
        (f"bytes=3-{size * 2}", 3, size),
    ):
        part = served.ask(path, range=asked)
        assert (part.status, part.body) == (206, whole.body[start:end])
        assert part.headers["content-range"] == f"bytes {start}-{end - 1}/{size}"
        head = served.ask(path, "HEAD", range=asked)
        assert head.headers["content-length"] == str(end - start)
    for asked in (f"bytes={size}-", "bytes=-0"):
        beyond = served.ask(path, range=asked)
        assert (beyond.status, beyond.headers["content-range"]) == (416, f"bytes */{size}")
    for asked in ("bytes=-", "bytes=9-5", "bytes=0-1,3-4", "lines=1-2", "bytes=a-b"):
        assert served.ask(path, range=asked).status == 200
    etag, modified = whole.headers["etag"], whole.headers["last-modified"]
    assert served.ask(path, range="bytes=0-0", if_range=etag).status == 206
    assert served.ask(path, range="bytes=0-0", if_range=modified).status == 206
    assert served.ask(path, range="bytes=0-0", if_range='"other"').status == 200
    assert served.ask(path, if_modified_since=modified).status == 304


def test_redirects_hold_below_any_base_path(served: Served):
    for path, location in {
        "/simple": "simple/",
        "/simple/tiny": "tiny/",
        "/simple/TINY": "tiny/",
        "/simple/T_i..ny/": "../t-i-ny/",
        f"/simple/Tiny/?format={JSON}": f"../tiny/?format={JSON}",
    }.items():
        reply = served.ask(path)
        assert (reply.status, reply.headers["location"]) == (301, location)


def test_monitoring(served: Served):
    assert served.ask("/-/healthz").text == served.ask("/-/readyz").text == "ok\n"
    served.ask("/simple/tiny/")
    numbers = served.ask("/-/metrics").text
    assert 'orchestrate_index_requests_total{route="/simple/",method="GET",status="200"}' in numbers
    assert "orchestrate_index_projects 2" in numbers
    assert 'orchestrate_index_request_seconds_bucket{route="/simple/",le="+Inf"}' in numbers


def test_every_request_is_logged(served: Served):
    served.ask("/simple/tiny/?a=b", user_agent='some "agent"\t')
    served.ask(f"/files/{BIG}", range="bytes=0-9")
    page, part = served.log()[-2:]
    assert (page["path"], page["query"], page["status"]) == ("/simple/tiny/", "a=b", 200)
    assert page["agent"].startswith('some "agent"')
    assert page["peer"] == "127.0.0.1"
    assert (part["status"], part["bytes"], part["range"]) == (206, 10, "bytes=0-9")


def test_what_another_process_publishes_is_served_within_a_second(store: Store, tmp_path: Path):
    store.publish("old")
    with serving(store.folder, tmp_path) as index:
        assert index.ask("/simple/new/").status == 404
        filename = store.publish("new")
        index.eventually("/simple/new/", 200)
        assert b">new<" in index.ask("/simple/").body
        before = index.ask(f"/files/{filename}").body
        time.sleep(1)
        store.publish("new", payload=b"other bytes", fingerprint="cd" * 32)
        until = time.monotonic() + 1
        while index.ask(f"/files/{filename}").body == before:
            assert time.monotonic() < until
        page = index.ask("/simple/new/", accept=JSON).json
        wheel = index.ask(f"/files/{filename}").body
        assert page["files"][0]["hashes"]["sha256"] == hashlib.sha256(wheel).hexdigest()
        store.decide(State(yanked={filename: "bad"}))
        time.sleep(1)
        assert index.ask("/simple/new/", accept=JSON).json["files"][0]["yanked"] == "bad"
        for path in store.folder.glob("new-*"):
            path.unlink()
        index.eventually("/simple/new/", 404)
        assert index.ask(f"/files/{filename}").status == 404


def test_a_wheelhouse_that_goes_away_and_comes_back(store: Store, tmp_path: Path):
    store.publish()
    away = tmp_path / "away"
    with serving(store.folder, tmp_path) as index:
        assert index.ask("/simple/tiny/").status == 200
        store.folder.rename(away)
        assert "can't be read" in index.eventually("/-/readyz", 503, 3).text
        time.sleep(1)
        assert index.ask("/-/readyz").status == 503
        assert index.ask("/-/healthz").status == 200
        away.rename(store.folder)
        index.eventually("/-/readyz", 200, 3)
        assert index.ask("/simple/tiny/").status == 200


def test_a_base_path_and_a_trusted_proxy(store: Store, tmp_path: Path):
    store.publish()
    options = ("--base-path", "team/wheels/", "--trust-proxy", "127.0.0.0/8")
    with serving(store.folder, tmp_path, *options) as index:
        assert index.url.endswith("/team/wheels/")
        assert index.ask("/simple/tiny/").status == 200
        assert index.ask("/simple/Tiny").headers["location"] == "tiny/"
        raw = index.connect()
        raw.request("GET", "/simple/")
        assert raw.getresponse().status == 404
        raw = index.connect()
        raw.request("GET", "/team/wheels")
        assert raw.getresponse().headers["location"] == "wheels/"
        index.ask("/simple/", x_forwarded_for="6.6.6.6, 198.51.100.7, 127.0.0.9")
        assert index.log()[-1]["peer"] == "198.51.100.7"


def test_nobody_else_is_believed(served: Served):
    served.ask("/simple/", x_forwarded_for="198.51.100.7")
    assert served.log()[-1]["peer"] == "127.0.0.1"


def test_links_to_provenance_are_whole(store: Store, tmp_path: Path):
    filename = store.publish()
    (store.folder / f"{filename}.provenance").write_text('{"version": 1}')
    with serving(store.folder, tmp_path, "--public-url", "https://wheels.example/x/") as index:
        (file,) = index.ask("/simple/tiny/", accept=JSON).json["files"]
        assert file["provenance"] == f"https://wheels.example/x/files/{filename}.provenance"
    with serving(store.folder, tmp_path) as index:
        page = index.ask("/simple/tiny/", accept=JSON).json
        assert "provenance" not in page["files"][0]
        reply = index.ask(f"/files/{filename}.provenance")
        assert reply.headers["content-type"] == "application/json"
        assert reply.json == {"version": 1}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_who_waits_when_it_is_stopped_gets_an_answer(shop: Store, tmp_path: Path, number: int):
    with serving(shop.folder, tmp_path) as index:
        place = urlsplit(index.url)
        size = len((shop.folder / BIG).read_bytes())
        got = []
        with socket.create_connection((place.hostname, place.port)) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.sendall(f"GET /files/{BIG} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
            got.append(client.recv(1000))
            stopping = threading.Thread(target=lambda: got.append(index.stop(number)))
            stopping.start()
            time.sleep(0.5)
            while sum(map(len, got[:1])) < size and (chunk := client.recv(65536)):
                got[0] += chunk
            assert got[0].partition(b"\r\n\r\n")[2] == (shop.folder / BIG).read_bytes()
        stopping.join()
        assert got[1] == 0


def test_tls(shop: Store, tmp_path: Path):
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", str(key), "-out", str(certificate), "-days", "2"),
        ],
        check=True,
        capture_output=True,
    )
    with serving(shop.folder, tmp_path, "--tls-cert", certificate, "--tls-key", key) as index:
        assert index.url.startswith("https://")
        assert index.ask("/simple/tiny/").status == 200


def refused(*options: str | Path) -> str:
    done = subprocess.run(
        [*COMMAND, *options], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def test_what_cannot_be_served_is_said(shop: Store, tmp_path: Path):
    here = ("--wheelhouse", shop.folder)
    assert "SRV002" in refused("--wheelhouse", tmp_path / "none", "--port", "0")
    half = tmp_path / "half"
    half.mkdir()
    (half / ".store").write_text("s3://bucket/wheels")
    assert "orchestrate export" in refused("--wheelhouse", half, "--port", "0")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = refused(*here, "--port", str(taken.getsockname()[1]))
        assert "SRV003" in said
        assert "something else" in said
    assert "SRV003" in refused(*here, "--port", "0", "--host", "198.51.100.7")
    rubbish = tmp_path / "rubbish.pem"
    rubbish.write_text("no certificate")
    pair = ("--tls-cert", rubbish, "--tls-key", rubbish)
    assert "SRV004" in refused(*here, "--port", "0", *pair)
    absent = ("--tls-cert", tmp_path / "none", "--tls-key", rubbish)
    assert "SRV004" in refused(*here, "--port", "0", *absent)
    assert "SRV005" in refused(*here, "--port", "0", "--tls-cert", rubbish)
    assert "SRV005" in refused(*here, "--port", "0", "--trust-proxy", "proxy")


@pytest.mark.parametrize("package", ["granian", "brotli", "python_multipart", "uvloop"])
def test_what_is_not_installed_is_said(shop: Store, package: str):
    program = f"""
import sys
from importlib.abc import MetaPathFinder

class Absent(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] == {package!r}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Absent())
from orchestrator.cli import main
main(["serve", "--wheelhouse", {str(shop.folder)!r}, "--port", "0"])
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 3
    assert "SRV001" in done.stderr
    assert "orchestrator[serve]" in done.stderr


def test_damaged_decisions_are_said(store: Store):
    store.decide(State())
    (store.folder / ".index" / "state.json").write_text("{")
    assert "state.json" in refused("--wheelhouse", store.folder, "--port", "0")


def test_a_second_server_on_the_same_port_is_refused(served: Served, shop: Store):
    port = str(urlsplit(served.url).port)
    assert "SRV003" in refused("--wheelhouse", shop.folder, "--port", port)


def test_pip_and_uv_take_metadata_instead_of_wheels(served: Served, tmp_path: Path):
    before = len(served.log())
    index = ("--index-url", f"{served.url}simple/")
    wanted = ("--python-platform", "aarch64-apple-darwin", "--python-version", "3.11")
    subprocess.run(
        [
            *(sys.executable, "-m", "uv", "pip", "compile", "-", *index, *wanted),
            *("--no-cache", "--only-binary", ":all:", "--quiet"),
        ],
        input="big",
        text=True,
        check=True,
        capture_output=True,
    )
    asked = [line["path"] for line in served.log()[before:]]
    assert f"/files/{BIG}.metadata" in asked
    assert f"/files/{BIG}" not in asked
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "--report", "-"),
            *("--no-cache-dir", "--target", tmp_path / "x", "--only-binary", ":all:", *index),
            *("--platform", "macosx_11_0_arm64", "--python-version", "3.11", "big"),
        ],
        check=True,
        capture_output=True,
    )
    (planned,) = json.loads(done.stdout)["install"]
    assert planned["download_info"]["url"] == f"{served.url}files/{BIG}"


def test_pages_for_people_are_on_the_same_server(served: Served):
    home = served.ask("/", accept="text/html")
    assert home.headers["content-type"].startswith("text/html")
    assert "tiny" in home.text
    assert served.ask("/project/tiny/").status == 200
    assert served.ask("/project/none/").status == 404
    assert served.ask("/nothing/here").status == 404


def test_a_private_index_asks_for_a_token(store: Store, tmp_path: Path):
    filename = store.publish()
    tokens = Tokens(tmp_path / "tokens.json")
    _, secret = tokens.create(created="2026-01-01T00:00:00Z", read=True)
    with serving(store.folder, tmp_path, "--tokens", tokens.path, "--private") as index:
        for path in ("/", "/simple/", "/simple/tiny/", f"/files/{filename}", "/-/metrics", "/x"):
            asked = index.ask(path)
            assert asked.status == 401
            assert asked.headers["www-authenticate"].startswith("Basic")
        assert index.ask("/-/healthz").status == 200
        shown = b64encode(f"__token__:{secret}".encode()).decode()
        assert index.ask("/simple/tiny/", authorization=f"Basic {shown}").status == 200
        assert index.ask("/simple/tiny/", authorization=f"Bearer {secret}").status == 200
        assert index.ask("/simple/tiny/", authorization=f"Bearer {secret}x").status == 401
    assert "SRV005" in refused("--wheelhouse", store.folder, "--private")


def test_names_that_are_listed_are_merged_and_others_redirected(store: Store, tmp_path: Path):
    store.publish("tiny", "2.0")
    store.publish("secret")
    settings = settings_path(store.folder)
    settings.parent.mkdir(exist_ok=True)
    settings.write_text('[merge]\nnames = ["tiny", "absent"]\n')
    with running_upstream() as upstream:
        upstream.add("tiny", "tiny-1.0.tar.gz", b"source")
        upstream.add("secret", "secret-9.0.tar.gz", b"a stranger's")
        with serving(store.folder, tmp_path, "--upstream", upstream.url) as index:
            page = index.ask("/simple/tiny/", accept=JSON).json
            assert page["versions"] == ["1.0", "2.0"]
            assert page["files"][0]["url"].startswith(upstream.url.removesuffix("/simple/"))
            assert index.ask("/simple/secret/", accept=JSON).json["versions"] == ["1.0"]
            assert index.ask("/simple/absent/").status == 404
            other = index.ask("/simple/other/")
            assert other.status == 302
            assert other.headers["location"] == f"{upstream.url.rstrip('/')}/other/"
