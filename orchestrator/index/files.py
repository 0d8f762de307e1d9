"""``/files/``: wheels and what lies beside them, whole or in ranges; small ones out of memory."""

from __future__ import annotations

import asyncio
import os
import time
from collections import OrderedDict
from email.utils import formatdate
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from orchestrator.errors import IndexUnreachableError
from orchestrator.index.catalogue import Facts, WiderFacts
from orchestrator.index.compress import SMALLEST, compress
from orchestrator.index.conditional import names_etag, not_modified, span_of
from orchestrator.index.listing import METADATA, PROVENANCE
from orchestrator.index.messages import Answer, Request, plain
from orchestrator.index.negotiation import Encoding, encoding
from orchestrator.wheelhouse.store import project_of

if TYPE_CHECKING:
    from collections.abc import Mapping
PREFIX = "/files/"

_SMALL = 512 * 1024  # bytes: what is sent from memory at several times the speed
_LIMIT = 32 * 1024 * 1024  # bytes that are kept
_ENTRY = 2048  # bytes: about what is kept of a file beside its content
_LONGEST = 255  # bytes: of a file name
_YOUNGEST, _OLDEST = 60, 30 * 86_400  # seconds
_TYPES = {METADATA: "text/plain; charset=utf-8", PROVENANCE: "application/json"}


class _Kept(msgspec.Struct):
    """A file as it was looked at.

    Attributes:
        stamp: Time of change and size: another file has another.
        answer: All of it.
        packed: Of texts, the same in encodings.
    """

    project: str
    path: Path
    stamp: tuple[int, int]
    answer: Answer
    modified: str
    packed: dict[Encoding, Answer] = {}

    @property
    def weight(self) -> int:
        bodies = (self.answer, *self.packed.values())
        return _ENTRY + sum(len(answer.body) for answer in bodies)


class Files:
    """The handler of ``/files/``: hands out what the facts list, and nothing else."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._size = 0
        self._changes = 0

    async def __call__(self, request: Request) -> Answer:
        """The file, or a part of it, or that the client has it."""
        filename = request.path[len(PREFIX) :]
        try:
            kept = await self._look(filename) if _could_be(filename) else None
        except IndexUnreachableError as error:
            return plain(503, error.message, ("retry-after", "30"))
        if kept is None:
            return plain(404, "There is no such file.", ("cache-control", "no-cache"))
        headers = request.headers
        asked = headers.get("range")
        answer = kept.answer if asked else await self._packed(filename, kept, headers)
        known = headers.get("if-none-match")
        if known:
            if names_etag(known, answer.headers[0][1]):
                return not_modified(answer)
        elif headers.get("if-modified-since") == kept.modified:
            return not_modified(answer)
        if asked and headers.get("if-range", "") in {"", kept.modified, answer.headers[0][1]}:
            return _part(kept, asked)
        return answer

    def forget(self, names: frozenset[str]) -> None:
        """These projects changed."""
        self._changes += 1
        for filename in [name for name, kept in self._kept.items() if kept.project in names]:
            self._drop(filename)

    async def _look(self, filename: str) -> _Kept | None:
        kept = self._kept.get(filename)
        if kept:
            self._kept.move_to_end(filename)
            if kept.answer.file is None or _stamp(kept.path) == kept.stamp:
                return kept
            self._drop(filename)  # a large one, replaced a moment ago
        changes = self._changes
        found = await asyncio.to_thread(self._read, filename)
        if found and changes == self._changes:
            self._keep(filename, found)
        return found

    def _read(self, filename: str) -> _Kept | None:
        path = self._facts.path(filename)
        if path is None and isinstance(self._facts, WiderFacts):
            path = self._facts.bring(filename)
        if path is None:
            return None
        try:
            with path.open("rb") as file:
                status = os.fstat(file.fileno())
                content = file.read(_SMALL + 1)
        except OSError:
            return None  # deleted a moment ago
        return _kept(filename, path, content, status)

    async def _packed(self, filename: str, kept: _Kept, headers: Mapping[str, str]) -> Answer:
        body = kept.answer.body
        packing = encoding(headers.get("accept-encoding", ""))
        if not packing or filename.endswith(".whl") or len(body) < SMALLEST:
            return kept.answer
        if packing not in kept.packed:
            content = await asyncio.to_thread(compress, body, packing)
            (_, etag), *rest = kept.answer.headers
            named = (("etag", f'{etag[:-1]}-{packing}"'), *rest, ("content-encoding", packing))
            if self._kept.get(filename) is kept and packing not in kept.packed:
                self._size += len(content)
            kept.packed[packing] = Answer(headers=named, body=content)
        return kept.packed[packing]

    def _keep(self, filename: str, kept: _Kept) -> None:
        if filename in self._kept:
            self._drop(filename)
        self._kept[filename] = kept
        self._size += kept.weight
        while self._size > _LIMIT:
            self._drop(next(iter(self._kept)))

    def _drop(self, filename: str) -> None:
        self._size -= self._kept.pop(filename).weight


def _could_be(filename: str) -> bool:
    return 0 < len(filename) <= _LONGEST and "/" not in filename and "\0" not in filename


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return (status.st_mtime_ns, status.st_size)


def _kept(filename: str, path: Path, content: bytes, status: os.stat_result) -> _Kept:
    modified = formatdate(status.st_mtime, usegmt=True)
    beside = next((kind for suffix, kind in _TYPES.items() if filename.endswith(suffix)), "")
    headers = (
        ("etag", f'"{status.st_mtime_ns:x}-{status.st_size:x}"'),
        ("content-type", beside or "application/octet-stream"),
        ("last-modified", modified),
        ("cache-control", f"max-age={_lifetime(status.st_mtime)}"),
        ("accept-ranges", "bytes"),
        ("x-content-type-options", "nosniff"),
        *((("vary", "Accept-Encoding"),) if beside else ()),
    )
    small = len(content) <= _SMALL
    answer = Answer(headers=headers, body=content if small else b"", file=None if small else path)
    stamp = (status.st_mtime_ns, status.st_size)
    project = project_of(filename)
    return _Kept(project=project, path=path, stamp=stamp, answer=answer, modified=modified)


def _lifetime(changed: float) -> int:
    """Seconds for which caches need not ask again: a tenth of the file's age.

    A wheel that was built again under its name must not break installations for long, and it is
    young ones that are.
    """
    return int(min(max((time.time() - changed) / 10, _YOUNGEST), _OLDEST))


def _part(kept: _Kept, asked: str) -> Answer:
    _, size = kept.stamp
    span = span_of(asked, size)
    if span == "whole":
        return kept.answer
    if span == "beyond":
        return plain(416, "It is not as long as that.", ("content-range", f"bytes */{size}"))
    start, end = span
    headers = (*kept.answer.headers, ("content-range", f"bytes {start}-{end - 1}/{size}"))
    if kept.answer.file:
        return Answer(status=206, headers=headers, file=kept.path, span=span)
    return Answer(status=206, headers=headers, body=kept.answer.body[start:end])
