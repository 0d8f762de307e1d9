"""The files of a project: asked of the configured indexes, answered from a cache while fresh."""

from __future__ import annotations

import contextlib
import hashlib
import re
import time
from typing import TYPE_CHECKING

import msgspec

from orchestrator.errors import (
    IndexUnreachableError,
    NoMatchingVersionError,
    UnknownPackageError,
)
from orchestrator.files import cache_directory, write_atomically
from orchestrator.model import Interpreter, Request, Source, Value, learn
from orchestrator.resolve.configuration import DEFAULT_INDEX, IndexConfiguration
from orchestrator.resolve.default_index import default_index
from orchestrator.resolve.json_pages import parse_json
from orchestrator.resolve.pages import FileEntry, parse_filename, parse_html
from orchestrator.resolve.select import choose_sdist
from orchestrator.resolve.transport import get
from orchestrator.resolve.urls import local_path, redact, without_credentials

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from requests import Response

_DEFAULT_MAX_AGE = 600
_JSON = "application/vnd.pypi.simple.v1+json"
_ACCEPT = f"{_JSON}, application/vnd.pypi.simple.v1+html;q=0.5, text/html;q=0.1"


class _Page(Value):
    """What one place said about one project.

    Attributes:
        files: None where the place does not know the project.
        validator: The answer's ETag, or the time and size of a local page.
        expires: Seconds since the epoch, until which nobody need ask again.
    """

    files: tuple[FileEntry, ...] | None
    validator: str = ""
    expires: float = 0


learn(_Page)


class Found(Value):
    """A source, and everything the indexes list of its project, where they were asked."""

    source: Source
    files: tuple[FileEntry, ...] = ()


def find(request: Request, configuration: IndexConfiguration, interpreter: Interpreter) -> Found:
    """Looks an ``index`` request up and chooses its sdist.

    What a cached page lacks is looked for again in a new one, so a version published a
    minute ago is found.

    Raises:
        UnknownPackageError: No place lists the project.
        NoMatchingVersionError: No version satisfies the request.
        NoSdistError: The version that does has no sdist.
        RequiresPythonError: No such version supports the interpreter.
        IndexUnreachableError: An index did not answer.
    """
    try:
        files = list_files(request.name, configuration)
        return Found(source=choose_sdist(request, files, interpreter), files=files)
    except (UnknownPackageError, NoMatchingVersionError):
        files = list_files(request.name, configuration, refresh=True)
        return Found(source=choose_sdist(request, files, interpreter), files=files)


def list_files(
    name: str, configuration: IndexConfiguration, *, refresh: bool = False
) -> tuple[FileEntry, ...]:
    """The sdists and wheels of a project, those of the first index first.

    Args:
        name: Normalized.
        configuration: The places to ask, and whether their answers are merged.
        refresh: Ask again even where the cached answer is still fresh.

    Raises:
        UnknownPackageError: No place lists the project.
        IndexUnreachableError: An index did not answer.
    """
    files: list[FileEntry] = []
    known = False
    for index in configuration.indexes:
        page = _index_page(index, name, configuration, refresh=refresh)
        if page.files is not None:
            known = True
            files += page.files
            if not configuration.merge:
                break
    for place in configuration.find_links:
        linked = list(_linked(place, name, configuration, refresh=refresh))
        known = known or bool(linked)
        files += linked
    if not known:
        asked = ", ".join(
            redact(place) or "the default index"
            for place in (*configuration.indexes, *configuration.find_links)
        )
        raise UnknownPackageError(f"There is no project {name} in {asked or 'any index'}.")
    return tuple(files)


def _index_page(
    index: str, name: str, configuration: IndexConfiguration, *, refresh: bool
) -> _Page:
    folder = local_path(index) if index != DEFAULT_INDEX else None
    if folder:
        return _local_page(folder / name / "index.html", name)
    return _remote_page(f"{index.rstrip('/')}/{name}/", name, configuration, refresh=refresh)


def _linked(
    place: str, name: str, configuration: IndexConfiguration, *, refresh: bool
) -> Iterator[FileEntry]:
    path = local_path(place)
    if path is None:
        yield from _remote_page(place, name, configuration, refresh=refresh).files or ()
    elif path.is_dir():
        entries = (
            parse_filename(name, file.name, file.as_uri()) for file in sorted(path.iterdir())
        )
        yield from filter(None, entries)
    else:
        yield from _local_page(path, name).files or ()


def _local_page(path: Path, name: str) -> _Page:
    """A page on this disk: parsed again only when it has changed, as parsing takes a second."""
    try:
        status = path.stat()
        cache = _cache_path(path.as_uri(), name)
        cached = _read(cache)
        validator = f"{status.st_mtime_ns} {status.st_size}"
        if cached and cached.validator == validator:
            return cached
        files = parse_html(name, path.read_bytes(), path.as_uri())
    except (FileNotFoundError, NotADirectoryError):
        return _Page(files=None)
    except OSError as error:
        raise IndexUnreachableError(f"{path} can't be read: {error.strerror}.") from error
    page = _Page(files=tuple(files), validator=validator)
    _write(cache, page)
    return page


def _remote_page(url: str, name: str, configuration: IndexConfiguration, *, refresh: bool) -> _Page:
    cache = _cache_path(url, name)
    cached = _read(cache)
    if cached and (configuration.offline or (cached.expires > time.time() and not refresh)):
        return cached
    headers = {"Accept": _ACCEPT}
    if cached and cached.validator:
        headers["If-None-Match"] = cached.validator
    with get(_endpoint(url), configuration, headers) as response:
        expires = time.time() + _max_age(response.headers.get("Cache-Control", ""))
        if cached and response.status_code == 304:  # noqa: PLR2004 - Not Modified
            page = msgspec.structs.replace(cached, expires=expires)
        else:
            page = _Page(
                files=_parse(name, response) if response.ok else None,
                validator=response.headers.get("ETag", ""),
                expires=expires,
            )
    _write(cache, page)
    return page


def _endpoint(url: str) -> str:
    """The URL to ask; one that starts with a slash is a page of the default index."""
    return default_index().rstrip("/") + url if url.startswith("/") else url


def _parse(name: str, response: Response) -> tuple[FileEntry, ...]:
    content_type = response.headers.get("Content-Type", "text/html")
    try:
        if content_type.partition(";")[0].strip().lower() == _JSON:
            return tuple(parse_json(name, response.content, response.url))
        return tuple(parse_html(name, response.content, response.url, response.encoding))
    except ValueError as error:
        raise IndexUnreachableError(
            f"{redact(response.url)} is not a page of a package index: {redact(str(error))}."
        ) from error


def _max_age(cache_control: str) -> int:
    """Seconds that an answer is fresh (RFC 9111); ten minutes where the server does not say."""
    if re.search(r"\bno-(?:store|cache)\b", cache_control):
        return 0
    stated = re.search(r"\bmax-age=(\d{1,9})\b", cache_control)
    return int(stated[1]) if stated else _DEFAULT_MAX_AGE


def _cache_path(url: str, name: str) -> Path:
    key = hashlib.sha256(f"{without_credentials(url)} {name}".encode()).hexdigest()
    return cache_directory() / "index" / f"{name[:60]}-{key[:24]}.json"


def _read(path: Path) -> _Page | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Page)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None  # absent, or of another version's format


def _write(path: Path, page: _Page) -> None:
    # A page that can't be kept is asked for again; a full disk is told where it matters.
    with contextlib.suppress(OSError):
        write_atomically(path, msgspec.json.encode(page))
