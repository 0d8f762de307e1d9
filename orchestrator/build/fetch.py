"""Archives of sources: downloaded once, checked against their hash, kept by it."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from orchestrator.build.disk import telling_full_disk
from orchestrator.errors import BadRequirementError, HashMismatchError, IndexUnreachableError
from orchestrator.files import cache_directory, sha256_of
from orchestrator.resolve.transport import get
from orchestrator.resolve.urls import local_path, redact, split_fragment

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.model import Source
    from orchestrator.resolve.configuration import IndexConfiguration

    Progress = Callable[[int, int | None], None]
    """Called with the bytes received so far and the bytes expected, where known."""

_CHUNK = 1 << 16
_NOT_FOUND = 404
# Connecting is tried again below this (resolve.transport); these are for answers that end early.
_ATTEMPTS = 3
_FIRST_WAIT = 0.5  # seconds; then longer, and never quite the same


def fetch(
    source: Source, configuration: IndexConfiguration, progress: Progress | None = None
) -> Path:
    """The archive of a pinned source: a local file, one of the cache, or downloaded.

    Several processes may fetch the same archive at once.

    Args:
        source: Of kind ``index``, ``file`` or ``url``; its digest is checked.
        configuration: Says how to reach the network.
        progress: Called while downloading.

    Raises:
        HashMismatchError: The content is not what was pinned.
        IndexUnreachableError: The server did not answer, or stopped in the middle.
        DiskFullError: The cache's disk is full.
    """
    expected = source.digest.removeprefix("sha256:")
    local = local_path(source.location)
    if local is None:
        place = kept(expected, source.filename)
        if place.is_file():
            return place
        return download(source.location, source.filename, expected, configuration, progress)
    _check(source.location, expected, digest_of(local))
    return local


def download(
    url: str,
    filename: str,
    expected: str,
    configuration: IndexConfiguration,
    progress: Progress | None = None,
) -> Path:
    """Downloads an archive into the cache, where the folder's name is its hex sha256.

    Args:
        url: ``http`` or ``https``; a fragment is left out.
        filename: What to call it in the cache, without any folder.
        expected: Hex sha256; empty where nobody promised one.
        configuration: Says how to reach the network.
        progress: Called while downloading.

    Raises:
        HashMismatchError: The content is not what was promised; nothing was kept.
        IndexUnreachableError: The server did not answer, or stopped in the middle, time and again.
        DiskFullError: The cache's disk is full.
    """
    url = split_fragment(url)[0]
    folder = cache_directory() / "sources"
    with telling_full_disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".download-", delete=False) as file:
            partial = Path(file.name)
            try:
                actual = _receive_patiently(url, configuration, file, progress)
                _check(url, expected, actual)
                place = kept(actual, filename)
                place.parent.mkdir(parents=True, exist_ok=True)
                file.flush()
                return partial.replace(place)
            finally:
                partial.unlink(missing_ok=True)


def keep(archive: Path, origin: str, expected: str, filename: str) -> None:
    """Moves an archive that was got in another way into the cache.

    Args:
        archive: The file.
        origin: What to call its place in messages.
        expected: Hex sha256.
        filename: What to call it in the cache.

    Raises:
        HashMismatchError: It is not what was promised.
        DiskFullError: The cache's disk is full.
    """
    _check(origin, expected, digest_of(archive))
    place = kept(expected, filename)
    with telling_full_disk(place.parent):
        place.parent.mkdir(parents=True, exist_ok=True)
        partial = place.with_name(f".{os.getpid()}-{filename}")
        try:
            shutil.copyfile(archive, partial)
            partial.replace(place)
        finally:
            partial.unlink(missing_ok=True)


def filename_of(url: str) -> str:
    """The last part of a URL's path, without any folder."""
    return PurePosixPath(unquote(urlsplit(url).path)).name


def digest_of(path: Path) -> str:
    """Hex sha256 of a local archive.

    Raises:
        BadRequirementError: It can't be read.
    """
    try:
        return sha256_of(path)
    except OSError as error:
        raise BadRequirementError(f"{path} can't be read: {error.strerror}.") from error


def _receive_patiently(
    url: str, configuration: IndexConfiguration, file: IO[bytes], progress: Progress | None
) -> str:
    """The same as ``_receive``; an answer that breaks off is asked for again, from its start."""
    import stamina  # noqa: PLC0415 (a quarter of a second: only where something is downloaded)

    stamina.instrumentation.set_on_retry_hooks([])  # it would log to standard error

    def broken_off(error: Exception) -> bool:
        return isinstance(error, IndexUnreachableError) and error.broken_off

    for attempt in stamina.retry_context(
        on=broken_off, attempts=_ATTEMPTS, wait_initial=_FIRST_WAIT, timeout=None
    ):
        with attempt:
            file.seek(0)
            file.truncate()
            return _receive(url, configuration, file, progress)
    raise AssertionError  # the last attempt returns or fails


def _receive(
    url: str, configuration: IndexConfiguration, file: IO[bytes], progress: Progress | None
) -> str:
    """Writes what a URL answers, and returns its hex sha256."""
    digest = hashlib.sha256()
    received = 0
    # "identity", and no decoding: the hash is that of the file as it lies on the server.
    with get(url, configuration, {"Accept-Encoding": "identity"}) as response:
        if response.status_code == _NOT_FOUND:
            raise IndexUnreachableError(f"{redact(url)} answered 404 Not Found.")
        length = response.headers.get("Content-Length", "")
        total = int(length) if length.isdecimal() else None
        for chunk in response.raw.stream(_CHUNK, decode_content=False):
            file.write(chunk)
            digest.update(chunk)
            received += len(chunk)
            if progress:
                progress(received, total)
    return digest.hexdigest()


def kept(sha256: str, filename: str) -> Path:
    """Where the cache keeps an archive, if it does."""
    return cache_directory() / "sources" / "sha256" / sha256 / filename


def _check(location: str, expected: str, actual: str) -> None:
    if expected and expected.lower() != actual:
        raise HashMismatchError(
            f"{redact(location)} has sha256 {actual}, but {expected} was promised."
        )
