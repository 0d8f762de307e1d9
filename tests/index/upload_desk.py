"""An index that takes uploads, asked without a server; what it stores and writes down."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any

from urllib3.filepost import encode_multipart_formdata

from orchestrator.index.access import Access
from orchestrator.index.journal import Journal
from orchestrator.index.messages import Request
from orchestrator.index.tokens import Tokens
from orchestrator.index.upload import Upload
from orchestrator.wheelhouse.store import open_wheelhouse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from orchestrator.index.messages import Handler

NOW = "2026-11-29T10:00:00Z"


def form_of(wheel: Path, **changed: str | None) -> list[tuple[str, Any]]:
    """The form that twine sends of a wheel.

    Args:
        wheel: Its file.
        changed: Fields with other values; None: without it. ``filename`` is the file's own.
    """
    content = wheel.read_bytes()
    name, version, *_ = wheel.name.split("-")
    fields: dict[str, str | None] = {
        ":action": "file_upload",
        "protocol_version": "1",
        "filetype": "bdist_wheel",
        "pyversion": "py3",
        "metadata_version": "2.1",
        "name": name.replace("_", "-"),
        "version": version,
        "summary": "",
        "sha256_digest": hashlib.sha256(content).hexdigest(),
        "blake2_256_digest": hashlib.blake2b(content, digest_size=32).hexdigest(),
        "md5_digest": hashlib.md5(content, usedforsecurity=False).hexdigest(),
    }
    filename = changed.pop("filename", wheel.name)
    fields |= {key.replace("action", ":action"): value for key, value in changed.items()}
    form: list[tuple[str, Any]] = [
        (key, value) for key, value in fields.items() if value is not None
    ]
    if filename is not None:
        form.append(("content", (filename, content, "application/octet-stream")))
    return form


class Desk:
    """Where uploads are handed in."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.house = open_wheelhouse(folder / "house")
        self.folder = self.house.directory
        self.tokens = Tokens(folder / "tokens.json")
        self.journal = Journal(self.folder)
        self.access = Access(self.tokens, self.journal)
        self.upload = Upload(self.house, self.access, self.journal, **settings)
        _, self.uploader = self.tokens.create(created=NOW, upload=("acme-*",), note="ci")
        _, self.admin = self.tokens.create(created=NOW, admin=True)
        _, self.reader = self.tokens.create(created=NOW, read=True)

    def send(self, wheel: Path, token: str | None = None, **changed: str | None) -> tuple[int, str]:
        """Uploads a wheel as twine does."""
        body, content_type = encode_multipart_formdata(form_of(wheel, **changed))
        return self.post(body, content_type, token)

    def post(
        self,
        body: bytes,
        content_type: str,
        token: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        seconds: float = 0.0,
    ) -> tuple[int, str]:
        """Sends a body in small pieces, each after some time."""
        shown = base64.b64encode(f"__token__:{token or self.uploader}".encode()).decode()
        said = {
            "authorization": f"Basic {shown}",
            "content-type": content_type,
            "content-length": str(len(body)),
        } | dict(headers or {})

        async def chunks() -> AsyncIterator[bytes]:
            for start in range(0, len(body), 10_000):
                await asyncio.sleep(seconds)
                yield body[start : start + 10_000]

        stream = chunks()
        return self.ask(
            self.upload,
            Request(
                method="POST", path="/legacy/", headers=said, peer="192.0.2.1", body=lambda: stream
            ),
        )

    def ask(self, handler: Handler, request: Request) -> tuple[int, str]:
        answer = asyncio.run(handler(request))
        return answer.status, answer.body.decode()

    def stored(self) -> list[str]:
        """Every file of the wheelhouse, but those that are always there."""
        return sorted(
            path.relative_to(self.folder).as_posix()
            for path in self.folder.rglob("*")
            if path.is_file() and path.name not in {".lock", "journal.jsonl", "state.json"}
        )

    def half_done(self) -> list[Path]:
        return list((self.folder / ".index" / "uploads").iterdir())

    def entries(self) -> list[dict[str, Any]]:
        if not self.journal.path.exists():
            return []
        return [json.loads(line) for line in self.journal.path.read_text().splitlines()]
