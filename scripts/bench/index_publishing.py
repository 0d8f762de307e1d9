"""Pages under load while wheels are published: does any ever list what can't be fetched?"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from index_servers import serve
from index_wheels import make_wheelhouse, publish_more

REQUESTS = 100_000
CONNECTIONS = 256
PUBLISHED = 200
_PROJECTS = 50
_PAUSE = 0.1  # seconds between two wheels
_JSON = "application/vnd.pypi.simple.v1+json"


class Client:
    """All connections, and what they found.

    Attributes:
        errors: In words.
        checked: Files that were fetched and had their digest.
    """

    def __init__(self, index: str) -> None:
        parts = urlsplit(index)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._left = REQUESTS
        self._listed: dict[tuple[str, str], asyncio.Task[None]] = {}
        self.errors: list[str] = []
        self.checked: set[str] = set()
        self.requests = 0

    async def run(self) -> None:
        """Asks until all requests are made and the publisher is done."""
        await asyncio.gather(*(self._ask() for _ in range(CONNECTIONS)))

    async def _ask(self) -> None:
        reader, writer = await asyncio.open_connection(self._host, self._port)
        while self._left > 0:
            self._left -= 1
            number = random.randrange(_PROJECTS)  # noqa: S311
            path = f"/simple/synthetic-{number:04}/"
            body = await self._get(reader, writer, path)
            for file in json.loads(body or b'{"files": []}')["files"]:
                key = (urljoin(path, file["url"]), file["hashes"]["sha256"])
                if key not in self._listed:
                    self._listed[key] = asyncio.current_task()  # type: ignore[assignment]
                    await self._fetch(reader, writer, *key)
        writer.close()

    async def _fetch(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, digest: str
    ) -> None:
        self._left -= 1
        body = await self._get(reader, writer, path)
        if hashlib.sha256(body).hexdigest() == digest:
            self.checked.add(path)
        else:
            self.errors.append(f"{path}: not {digest}")

    async def _get(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str
    ) -> bytes:
        writer.write(f"GET {path} HTTP/1.1\r\nhost: x\r\naccept: {_JSON}\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        size = int(head.partition("content-length:")[2].split()[0])
        body = await reader.readexactly(size)
        self.requests += 1
        if " 200 " not in head.splitlines()[0]:
            self.errors.append(f"{path}: {head.splitlines()[0]}")
            return b""
        return body


def under_way(folder: Path) -> dict[str, Any]:
    """Runs it; figures, and the first errors."""
    place = folder / "published"
    shutil.rmtree(place, ignore_errors=True)
    house = make_wheelhouse(place / "wheelhouse", 1000)
    with serve(house, place) as running:
        publisher = subprocess.Popen([sys.executable, __file__, str(house)])
        client = Client(running.index)
        began = time.perf_counter()
        asyncio.run(client.run())
        took = time.perf_counter() - began
        during = publisher.poll() is not None
        publisher.wait()
    return {
        "requests": client.requests,
        "connections": CONNECTIONS,
        "seconds": round(took, 1),
        "published": PUBLISHED,
        "all published meanwhile": during,
        "files checked": len(client.checked),
        "errors": client.errors[:10],
    }


if __name__ == "__main__":
    publish_more(Path(sys.argv[1]), PUBLISHED, _PROJECTS, _PAUSE)
