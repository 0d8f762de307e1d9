"""Readers of an export behind nginx, while it is brought up to date again and again."""

from __future__ import annotations

import hashlib
import http.client
import json
import re
import threading
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from export_case import Case
from web_servers import nginx

from orchestrator.index.negotiation import JSON

if TYPE_CHECKING:
    from pathlib import Path

    from index_store import Store

ROUNDS = 25


class Reader(threading.Thread):
    """Reads the page of a project, then every file that it lists; over and over.

    Attributes:
        problems: What it could not get, or got with other bytes.
        pages: How many it read.
        most: Files that it saw on one page.
    """

    def __init__(self, url: str, accept: str) -> None:
        super().__init__()
        self._page = f"{url}simple/tiny/"
        self._accept = accept
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
        self.stop = threading.Event()
        self.problems: list[str] = []
        self.pages = self.most = 0

    def run(self) -> None:
        while not self.stop.is_set():
            status, body = self._get(self._page)
            if status != 200:
                self.problems.append(f"page: {status}")
                continue
            files = self._listed(body)
            self.pages += 1
            self.most = max(self.most, len(files))
            for url, digest in files:
                status, body = self._get(urljoin(self._page, url))
                if status != 200 or hashlib.sha256(body).hexdigest() != digest:
                    self.problems.append(f"{url}: {status}")
        self._connection.close()

    def _get(self, url: str) -> tuple[int, bytes]:
        self._connection.request("GET", urlsplit(url).path, headers={"Accept": self._accept})
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def _listed(self, body: bytes) -> list[tuple[str, str]]:
        if self._accept == JSON:
            files = json.loads(body)["files"]
            return [(file["url"], file["hashes"]["sha256"]) for file in files]
        assert body.endswith(b"</html>\n")
        return re.findall(r'href="([^"#]+)#sha256=(\w+)"', body.decode())


def test_every_listed_file_can_be_had_at_every_moment(store: Store, tmp_path: Path):
    """Versions come and go; whoever has an older page still gets what it lists."""
    first = store.publish("tiny", "0.0")
    case = Case(store, tmp_path / "export")
    case.export(grace=600)
    with nginx(case.folder, tmp_path / "nginx") as (url, _):
        readers = [Reader(url, accept) for accept in (JSON, "text/html", JSON)]
        for reader in readers:
            reader.start()
        try:
            for number in range(1, ROUNDS):
                name = store.publish("tiny", f"{number}.0", fingerprint=f"{number:064x}")
                case.export(grace=600)
                (store.folder / (first if number % 2 else name)).unlink(missing_ok=True)
                case.export(grace=600)
        finally:
            for reader in readers:
                reader.stop.set()
            for reader in readers:
                reader.join()
    assert [problem for reader in readers for problem in reader.problems] == []
    assert min(reader.pages for reader in readers) >= 5
    assert max(reader.most for reader in readers) >= ROUNDS // 2 - 1
