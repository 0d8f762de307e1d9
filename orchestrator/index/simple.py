"""``/simple/``: the pages that installers read, each made once for every form."""

from __future__ import annotations

import asyncio
import re
import time
from urllib.parse import quote

from orchestrator.errors import IndexUnreachableError
from orchestrator.index.catalogue import Facts, WiderFacts
from orchestrator.index.compress import SMALLEST, compress
from orchestrator.index.conditional import etag_of, names_etag, not_modified
from orchestrator.index.messages import Answer, Request, plain
from orchestrator.index.negotiation import (
    HTML,
    JSON,
    PLAIN,
    TYPES,
    Encoding,
    content_type,
    encoding,
)
from orchestrator.index.pages import project_html, project_json, root_html, root_json

PREFIX = "/simple/"

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,198}[A-Za-z0-9])?")
_RUN = re.compile(r"[-_.]+")
_LIMIT = 32 * 1024 * 1024  # bytes of pages that are kept
_RENEWED = 30  # seconds
_MANY = 50_000
_SPELLED = {JSON: JSON, HTML: HTML, PLAIN: f"{PLAIN}; charset=utf-8"}

Form = tuple[str, Encoding]
"""Content type and encoding of a page."""


class Simple:
    """The handler of ``/simple/``; a page is made anew only when ``forget`` says so.

    Args:
        facts: What the pages say.
        public_url: Of the whole index, where its users reach it; empty where nobody said it.
    """

    def __init__(self, facts: Facts, public_url: str = "") -> None:
        self._facts = facts
        self._wider = facts if isinstance(facts, WiderFacts) else None
        self._base = public_url.rstrip("/")
        self._asked: dict[str, float] = {}
        self._kept: dict[str, dict[Form, Answer]] = {}
        self._size = 0
        self._making: dict[tuple[str, Form], asyncio.Task[Answer | None]] = {}

    async def __call__(self, request: Request) -> Answer:
        """A page, a redirect to it, or why there is none."""
        name = request.path[len(PREFIX) :]
        if name and (elsewhere := _elsewhere(name, request.query)):
            return elsewhere
        headers = request.headers
        kind = content_type(headers.get("accept", ""), request.query)
        if not kind:
            return plain(406, f"Pages are of type {', '.join(TYPES)}.", ("vary", "Accept"))
        form = (kind, encoding(headers.get("accept-encoding", "")))
        name = name[:-1]
        try:
            answer = self._kept.get(name, {}).get(form) or await self._made(name, form)
            if answer is None:
                return await self._absent(name)
        except IndexUnreachableError as error:
            return plain(503, error.message, ("retry-after", "30"))
        if self._wider:
            self._renew(name)
        known = headers.get("if-none-match")
        if known and names_etag(known, answer.headers[0][1]):
            return not_modified(answer)
        return answer

    def forget(self, names: frozenset[str]) -> None:
        """These projects changed, and with them perhaps the list of all."""
        for name in (*names, ""):
            dropped = self._kept.pop(name, {})
            self._size -= sum(len(answer.body) for answer in dropped.values())
        for key in [key for key in self._making if key[0] in names or not key[0]]:
            del self._making[key]  # who waits for it gets it, but it is not kept

    async def _absent(self, name: str) -> Answer:
        """What is said of a project that we have nothing of."""
        keep_asking = ("cache-control", "no-cache")
        if self._wider and (url := await asyncio.to_thread(self._wider.elsewhere, name)):
            return plain(302, "Another index may have it.", ("location", url), keep_asking)
        return plain(404, "There is no such project.", keep_asking)

    def _renew(self, name: str) -> None:
        """Has the facts see to it that what they have from elsewhere does not grow old.

        They do so when they are asked, and a page that is kept asks them nothing.
        """
        now = time.monotonic()
        if name and self._asked.get(name, 0.0) < now - _RENEWED:
            self._asked[name] = now
            if len(self._asked) > _MANY:
                self._asked = {name: now}
            task = asyncio.create_task(asyncio.to_thread(self._facts.project, name))
            task.add_done_callback(asyncio.Task.exception)  # told to whoever asks without a page

    async def _made(self, name: str, form: Form) -> Answer | None:
        """Makes a page, once for all who wait for it."""
        key = (name, form)
        task = self._making.get(key)
        if task is None:
            task = asyncio.create_task(self._make(name, form))
            self._making[key] = task
            task.add_done_callback(lambda done: self._keep(key, done))
        return await asyncio.shield(task)

    def _keep(self, key: tuple[str, Form], task: asyncio.Task[Answer | None]) -> None:
        if self._making.get(key) is not task:
            return  # the facts changed while it was made
        del self._making[key]
        if task.cancelled() or task.exception() or (answer := task.result()) is None:
            return
        self._kept.setdefault(key[0], {})[key[1]] = answer
        self._size += len(answer.body)
        while self._size > _LIMIT:
            oldest = next(iter(self._kept))
            self._size -= sum(len(answer.body) for answer in self._kept.pop(oldest).values())

    async def _make(self, name: str, form: Form) -> Answer | None:
        kind, packing = form
        if not packing:
            body = await asyncio.to_thread(self._render, name, kind)
            return None if body is None else _answer(body, kind, etag_of(body))
        plainly = self._kept.get(name, {}).get((kind, "")) or await self._made(name, (kind, ""))
        if plainly is None or len(plainly.body) < SMALLEST:
            return plainly
        body = await asyncio.to_thread(compress, plainly.body, packing)
        etag = f"{plainly.headers[0][1][1:-1]}-{packing}"
        return _answer(body, kind, etag, ("content-encoding", packing))

    def _render(self, name: str, kind: str) -> bytes | None:
        if not name:
            names = self._facts.names()
            return root_json(names) if kind == JSON else root_html(names)
        project = self._facts.project(name)
        if project is None:
            return None
        base = f"{self._base}{PREFIX}{name}/" if self._base else ""
        return project_json(project, base) if kind == JSON else project_html(project, base)


def _answer(body: bytes, kind: str, etag: str, *headers: tuple[str, str]) -> Answer:
    always = (
        ("etag", f'"{etag}"'),
        ("content-type", _SPELLED[kind]),
        ("cache-control", "no-cache"),  # to be kept, but not to be used without asking
        ("vary", "Accept, Accept-Encoding"),
    )
    return Answer(headers=(*always, *headers), body=body)


def _elsewhere(name: str, query: str) -> Answer | None:
    """What is said instead of a page, of a name that is not as it should be.

    Redirects are relative: they hold below any base path, and behind any proxy.
    """
    bare = name.removesuffix("/")
    normalized = _RUN.sub("-", bare).lower()
    if name == f"{normalized}/" and _NAME.fullmatch(bare):
        return None
    if not _NAME.fullmatch(bare):
        return plain(404, "That is not the name of a project.")
    up = "../" if name.endswith("/") else ""
    asked = f"?{quote(query, safe='=&%/+;,.-_~')}" if query else ""
    return plain(301, "It is elsewhere.", ("location", f"{up}{normalized}/{asked}"))
