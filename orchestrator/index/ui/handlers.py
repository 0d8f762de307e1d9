"""The pages that people open, as a server answers with them; each made once until it changes."""

from __future__ import annotations

import asyncio
import functools
import re
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import msgspec
from packaging.utils import canonicalize_name

from orchestrator.errors import IndexUnreachableError
from orchestrator.index.compress import SMALLEST, compress
from orchestrator.index.conditional import etag_of, names_etag, not_modified
from orchestrator.index.messages import Answer, Request
from orchestrator.index.negotiation import encoding
from orchestrator.index.refusal import RefusalError
from orchestrator.index.ui.assets import assets
from orchestrator.index.ui.audit import Asked, audit_page
from orchestrator.index.ui.auditing import LOCK_BYTES, audited, refused
from orchestrator.index.ui.forms import read_form
from orchestrator.index.ui.frame import PLACE, POLICY, TRUST
from orchestrator.index.ui.html import href, text
from orchestrator.index.ui.kept import Kept
from orchestrator.index.ui.logs import WHOLE_BYTES, end_of
from orchestrator.index.ui.missing import missing_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from orchestrator.index.ui.content import Content

ROUTES = ("/", "/project/", "/wheel/", "/assets/", "/audit/")
"""Paths below which pages are; all take GET, and ``/audit/`` takes POST."""

_ROOM = 16_000_000  # bytes
_HOST = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?")
_LOOPBACK = re.compile(r"localhost|127(?:\.\d+){3}|::1")
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_AS_WRITTEN = re.compile(r"[A-Za-z0-9._-]{1,200}")
_WAITING = 4
_LONG_QUERY = 1000

HTML = ("content-type", "text/html; charset=utf-8")
_SECURITY = (
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
)
_FOR_EVER = ("cache-control", "public, max-age=31536000, immutable")
_ASK_AGAIN = ("cache-control", "no-cache")
_KEEP_NOTHING = ("cache-control", "no-store")


class Pages:
    """Answers for all of ``ROUTES``.

    Args:
        content: Makes the pages.
        base_path: Below which the index is served, without a slash at its end.
        public_url: Of the index, as its users reach it; empty: as the request says.
    """

    def __init__(self, content: Content, *, base_path: str = "", public_url: str = "") -> None:
        self._content = content
        self._base_path = base_path.rstrip("/")
        self._public_url = public_url.rstrip("/")
        self._kept = Kept(_ROOM)
        self._assets = {asset.name: asset for asset in assets().values()}
        self._auditing = asyncio.Semaphore(1)  # the other requests need the processor, too
        self._waiting = 0

    def forget(self, names: Iterable[str]) -> None:
        """What was made of these projects is made anew; called in the server's own thread."""
        self._kept.forget(names)

    async def __call__(self, request: Request) -> Answer:
        """Answers."""
        folder, _, rest = request.path.lstrip("/").partition("/")
        if folder == "audit" and not rest:
            return await self._audit(request)
        if request.method not in {"GET", "HEAD"}:
            return Answer(status=HTTPStatus.METHOD_NOT_ALLOWED, headers=(("allow", "GET, HEAD"),))
        pages = {"": self._home, "project": self._project, "wheel": self._wheel}
        if folder in pages and (folder or not rest):
            return await pages[folder](request, rest)
        return self._asset(request, rest) if folder == "assets" else self.missing(request)

    def missing(self, request: Request, words: str = "") -> Answer:
        """The answer to a request for what is not there."""
        body = missing_page(self._content.site, _root(request), words)
        return self._answer(request, body, status=HTTPStatus.NOT_FOUND, keep=_KEEP_NOTHING)

    def _unavailable(self, request: Request) -> Answer:
        """The answer where only another index knows, and that one is silent."""
        words = "The index that this one is merged with does not answer."
        body = missing_page(self._content.site, _root(request), words, title="Not available")
        status = HTTPStatus.SERVICE_UNAVAILABLE
        return self._answer(request, body, status=status, keep=_KEEP_NOTHING)

    async def _home(self, request: Request, _: str) -> Answer:
        asked = parse_qs(request.query[:_LONG_QUERY])
        query = " ".join(asked.get("q", [""])[0].split())
        number = asked.get("page", ["1"])[0]
        page = int(number) if re.fullmatch(r"[0-9]{1,6}", number) else 1
        make = functools.partial(self._content.home, query, page)
        return await self._kept_or_made(request, ("", query, page), "", make)

    async def _project(self, request: Request, rest: str) -> Answer:
        name, slash, more = rest.partition("/")
        if more or not _AS_WRITTEN.fullmatch(name):
            return self.missing(request)
        normal = canonicalize_name(name)
        if not _NAME.fullmatch(normal):
            return self.missing(request)
        if normal != name or not slash:
            return _moved(f"../{normal}/" if slash else f"{normal}/")
        make = functools.partial(self._content.project, name)
        return await self._kept_or_made(request, ("project", name), name, make)

    async def _wheel(self, request: Request, rest: str) -> Answer:
        filename, slash, more = rest.partition("/")
        if more == "log.txt":
            return await self._log(request, filename)
        if more or not filename.endswith(".whl"):
            return self.missing(request)
        if not slash:
            return _moved(f"{href(filename)}/")
        project = canonicalize_name(filename.partition("-")[0])
        make = functools.partial(self._content.wheel, filename)
        return await self._kept_or_made(request, ("wheel", filename), project, make)

    async def _log(self, request: Request, filename: str) -> Answer:
        def read() -> str:
            found = self._content.find(filename)
            path = self._content.log(found[2]) if found else None
            return end_of(path, WHOLE_BYTES) if path else ""

        log = await asyncio.to_thread(read)
        if not log:
            return self.missing(request)
        kind = ("content-type", "text/plain; charset=utf-8")
        headers = (kind, *_SECURITY, _KEEP_NOTHING)
        return Answer(headers=headers, body=f"{log}\n".encode())

    def _asset(self, request: Request, name: str) -> Answer:
        asset = self._assets.get(name)
        if asset is None:
            return self.missing(request)
        return _ready(request, asset.content, ("content-type", asset.kind), *_SECURITY, _FOR_EVER)

    async def _audit(self, request: Request) -> Answer:
        if request.method in {"GET", "HEAD"}:
            return self._answer(request, audit_page(self._content.site, Asked()))
        if request.method != "POST":
            allowed = (("allow", "GET, HEAD, POST"),)
            return Answer(status=HTTPStatus.METHOD_NOT_ALLOWED, headers=allowed)
        if self._waiting >= _WAITING:
            return self._refused(
                request, HTTPStatus.SERVICE_UNAVAILABLE, "Others are being served. Try again soon."
            )
        self._waiting += 1
        try:
            return await self._audited(request)
        finally:
            self._waiting -= 1

    async def _audited(self, request: Request) -> Answer:
        try:
            fields = await read_form(request, LOCK_BYTES)
        except RefusalError as refusal:
            return self._refused(request, refusal.status, refusal.reason)
        async with self._auditing:
            status, body = await asyncio.to_thread(audited, self._content, fields)
        return self._answer(request, body, status=status, keep=_KEEP_NOTHING)

    def _refused(self, request: Request, status: int, words: str) -> Answer:
        body = refused(self._content, words)
        return self._answer(request, body, status=status, keep=_KEEP_NOTHING)

    async def _kept_or_made(
        self,
        request: Request,
        key: tuple[object, ...],
        project: str,
        make: Callable[[], bytes | None],
    ) -> Answer:
        """The kept page, or a new one; what a client has already is not sent again."""
        kept = (*key, self._place(request), encoding(request.headers.get("accept-encoding", "")))
        answer = self._kept.get(kept)
        if answer is None:
            age = self._kept.age
            try:
                body = await asyncio.to_thread(make)
            except IndexUnreachableError:
                return self._unavailable(request)
            if body is None:
                return self.missing(request)
            answer = await asyncio.to_thread(self._answer, _fresh(request), body)
            self._kept.put(kept, project, answer, age)
        return _unless_known(request, answer)

    def _answer(
        self,
        request: Request,
        body: bytes,
        *,
        status: int = HTTPStatus.OK,
        keep: tuple[str, str] = _ASK_AGAIN,
    ) -> Answer:
        """A page, with the index's own address in its examples."""
        place = text(self._place(request)).encode()
        body = body.replace(PLACE.encode(), place)
        if trust := _trust(self._place(request)):
            body = body.replace(TRUST.encode(), TRUST.replace("><", f">{trust}<").encode())
        return _ready(request, body, HTML, *_SECURITY, keep, status=status)

    def _place(self, request: Request) -> str:
        """Where the client found the index, as far as it can be told."""
        if self._public_url:
            return self._public_url
        host = request.headers.get("host", "")
        if not _HOST.fullmatch(host):
            return PLACE
        return f"{request.scheme}://{host}{self._base_path}"


def _ready(
    request: Request, body: bytes, *headers: tuple[str, str], status: int = HTTPStatus.OK
) -> Answer:
    """A body with its tag, compressed where the client takes that."""
    tag = etag_of(body)
    said = [*headers, ("vary", "accept-encoding")]
    packing = encoding(request.headers.get("accept-encoding", ""))
    if packing and len(body) >= SMALLEST:
        body = compress(body, packing)
        said.append(("content-encoding", packing))
        tag = f"{tag}-{packing}"
    said.append(("etag", f'"{tag}"'))
    answer = Answer(status=status, headers=tuple(said), body=body)
    return _unless_known(request, answer) if status == HTTPStatus.OK else answer


def _unless_known(request: Request, answer: Answer) -> Answer:
    known = request.headers.get("if-none-match", "")
    if known and names_etag(known, dict(answer.headers)["etag"]):
        return not_modified(answer)
    return answer


def _fresh(request: Request) -> Request:
    """The request of a client that has nothing yet."""
    headers = {k: v for k, v in request.headers.items() if k != "if-none-match"}
    return msgspec.structs.replace(request, headers=headers)


def _trust(place: str) -> str:
    """What pip wants to be told of an index without TLS on another machine."""
    parts = urlsplit(place)
    if parts.scheme != "http" or _LOOPBACK.fullmatch(parts.hostname or ""):
        return ""
    return f" --trusted-host {text(parts.netloc)}"


def _root(request: Request) -> str:
    """From the address that was asked for to the home page."""
    return "../" * (request.path.count("/") - 1) or "./"


def _moved(where: str) -> Answer:
    """A redirect to a place told from here, so that it holds below any base path."""
    return Answer(status=HTTPStatus.MOVED_PERMANENTLY, headers=(("location", where),))
