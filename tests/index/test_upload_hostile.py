"""Hostile clients against the running server: over real connections, with nothing between."""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import subprocess
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from index_server import serving
from recorded_wheels import recorded_wheel
from upload_desk import form_of
from upstream_server import running_upstream
from urllib3.filepost import encode_multipart_formdata

from orchestrator.index.tokens import Tokens
from orchestrator.wheelhouse.store import open_wheelhouse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from index_server import Served

NOW = "2026-11-29T10:00:00Z"


class Target:
    """A server that is attacked; anybody may read."""

    def __init__(self, folder: Path, served: Served, tokens: Tokens) -> None:
        self.house = folder / "house"
        self.served = served
        _, token = tokens.create(created=NOW, upload=("acme-*",))
        _, admin = tokens.create(created=NOW, admin=True)
        self.authorization, self.admin = basic(token), basic(admin)

    def upload(self, wheel: Path, authorization: str = "") -> tuple[int, str]:
        body, content_type = encode_multipart_formdata(form_of(wheel))
        reply = self.served.ask(
            "/legacy/", "POST", body,
            authorization=authorization or self.authorization, content_type=content_type,
        )  # fmt: skip
        return reply.status, reply.text

    def raw(self, head: str, body: bytes, *, wait: bool = True) -> bytes:
        """Sends bytes; what comes back, or nothing where it does not wait."""
        place = urlsplit(self.served.url)
        with socket.create_connection((place.hostname, place.port), timeout=40) as connection:
            sent = f"{head}\r\nhost: x\r\nauthorization: {self.authorization}\r\n\r\n".encode()
            connection.sendall(sent + body)
            return connection.recv(4096) if wait else b""

    def stored(self) -> list[str]:
        """Files of the wheelhouse, those that are being received too."""
        kept = {".lock", "journal.jsonl"}
        paths = (path for path in self.house.rglob("*") if path.is_file())
        return [path.name for path in paths if path.name not in kept]

    def journal(self) -> list[dict[str, Any]]:
        path = self.house / ".index" / "journal.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Target]:
    open_wheelhouse(tmp_path / "house")
    tokens = Tokens(tmp_path / "tokens.json")
    tokens.create(created=NOW, read=True)
    with serving(
        tmp_path / "house", tmp_path, "--tokens", tokens.path, "--max-upload", "1"
    ) as served:
        yield Target(tmp_path, served, tokens)


def basic(token: str) -> str:
    return "Basic " + base64.b64encode(f"__token__:{token}".encode()).decode()


def eventually(condition: Any, seconds: float = 5.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_connection_that_breaks_off(target: Target, tmp_path: Path) -> None:
    wheel = recorded_wheel(tmp_path, code=os.urandom(500_000))
    body, content_type = encode_multipart_formdata(form_of(wheel))
    head = f"POST /legacy/ HTTP/1.1\r\ncontent-type: {content_type}\r\ncontent-length: {len(body)}"
    target.raw(head, body[: len(body) // 2], wait=False)
    eventually(target.journal)
    (entry,) = target.journal()
    assert entry["event"] == "refused upload"
    assert entry["subject"] == wheel.name
    assert entry["status"] == 400
    eventually(lambda: target.stored() == [])
    assert target.upload(wheel)[0] == 200  # and it goes on


def test_too_long_in_chunks_that_say_no_length(target: Target, tmp_path: Path) -> None:
    wheel = recorded_wheel(tmp_path, code=os.urandom(20_000_000))
    body, content_type = encode_multipart_formdata(form_of(wheel))
    head = f"POST /legacy/ HTTP/1.1\r\ncontent-type: {content_type}\r\ntransfer-encoding: chunked"
    answer = target.raw(head, b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
    assert answer.startswith(b"HTTP/1.1 413"), answer
    assert target.stored() == []


@pytest.mark.parametrize(
    "path",
    [
        "/manage/files/..%2f..%2ftokens.json",
        "/manage/files/%2e%2e%2ftokens.json",
        "/manage/files/..%5c..%5ctokens.json",
        "/manage/../manage/files/x.whl",
        "/manage/files/a%00.whl",
        "/manage//files/x.whl",
    ],
)
def test_encoded_ways_out(target: Target, tmp_path: Path, path: str) -> None:
    reply = target.served.ask(path, "DELETE", authorization=target.admin)
    assert reply.status in {400, 404}, reply.text
    assert (tmp_path / "tokens.json").exists()


def test_guessing_is_answered_later_and_later(target: Target, tmp_path: Path) -> None:
    wheel = recorded_wheel(tmp_path)
    wrong = basic(f"orc_{'0' * 12}_{'x' * 43}")
    statuses = [target.upload(wheel, wrong)[0] for _ in range(14)]
    assert statuses == [401] * 10 + [429] * 4
    reply = target.served.ask("/manage/journal", authorization=wrong)
    assert reply.status == 429
    assert 0 < int(reply.headers["retry-after"]) <= 300
    assert target.served.ask("/simple/").status == 200  # who only reads is not concerned
    assert target.stored() == []
    assert len(target.journal()) == 11


def test_upload_under_way_is_taken_before_the_server_ends(target: Target, tmp_path: Path) -> None:
    wheel = recorded_wheel(tmp_path, code=os.urandom(300_000))
    body, content_type = encode_multipart_formdata(form_of(wheel))
    place = urlsplit(target.served.url)
    with socket.create_connection((place.hostname, place.port), timeout=30) as connection:
        head = (
            f"POST /legacy/ HTTP/1.1\r\nhost: x\r\nauthorization: {target.authorization}\r\n"
            f"content-type: {content_type}\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        connection.sendall(head.encode() + body[:100_000])
        time.sleep(0.3)
        target.served.process.terminate()
        time.sleep(0.5)
        connection.sendall(body[100_000:])
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")
    assert target.served.process.wait(20) == 0
    assert (target.house / wheel.name).read_bytes() == wheel.read_bytes()


def test_other_sites_pages_can_not_upload(target: Target, tmp_path: Path) -> None:
    body, content_type = encode_multipart_formdata(form_of(recorded_wheel(tmp_path)))
    reply = target.served.ask(
        "/legacy/", "POST", body, authorization=target.authorization, content_type=content_type,
        sec_fetch_site="cross-site",
    )  # fmt: skip
    assert reply.status == 403
    assert target.stored() == []


def test_slow_client(target: Target) -> None:
    """It holds a connection for 20 seconds, and nobody else up."""
    head = (
        "POST /legacy/ HTTP/1.1\r\ncontent-type: multipart/form-data; boundary=b\r\n"
        "content-length: 1000"
    )
    begun = time.monotonic()
    answer = target.raw(head, b"--b\r\n")
    assert answer.startswith(b"HTTP/1.1 408"), answer
    assert time.monotonic() - begun < 25
    assert target.journal()[-1]["status"] == 408
    assert target.stored() == []


def test_upload_under_a_merged_name(tmp_path: Path) -> None:
    house = open_wheelhouse(tmp_path / "house")
    (house.directory / ".index").mkdir(exist_ok=True)
    (house.directory / ".index" / "index.toml").write_text('[merge]\nnames = ["acme-*"]\n')
    tokens = Tokens(tmp_path / "tokens.json")
    tokens.create(created=NOW, read=True)
    with (
        running_upstream() as upstream,
        serving(
            house.directory, tmp_path, "--tokens", tokens.path, "--upstream", upstream.url
        ) as served,
    ):
        target = Target(tmp_path, served, tokens)
        for authorization in (target.authorization, target.admin):
            status, text = target.upload(recorded_wheel(tmp_path), authorization)
            assert status == 403
            assert "merged with upstream" in text
    assert house.filenames() == ()
    assert [entry["event"] for entry in target.journal()] == ["refused upload"] * 2


@pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl here")
def test_curl(target: Target, tmp_path: Path) -> None:
    wheel = recorded_wheel(tmp_path, code=os.urandom(900_000))
    fields = [f"-F{name}={value}" for name, value in form_of(wheel)[:-1]]
    url = f"{target.served.url}legacy/"
    # It asks first whether it may send so much (Expect: 100-continue).
    done = subprocess.run(
        ["curl", "-sS", "-H", f"Authorization: {target.authorization}", *fields,
         "-F", f"content=@{wheel}", "-w", "%{http_code}", url],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout.endswith("200"), done.stdout + done.stderr
