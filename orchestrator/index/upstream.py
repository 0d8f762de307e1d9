"""Another index's pages, asked for once and kept: what it said last counts while it is down."""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from orchestrator.errors import IndexUnreachableError
from orchestrator.files import write_atomically
from orchestrator.index.facts import File, Project
from orchestrator.index.merge import version_of
from orchestrator.model import Value, learn
from orchestrator.resolve.default_index import default_index
from orchestrator.resolve.transport import get

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pypi_simple import DistributionPackage
    from requests import Response

    from orchestrator.resolve.configuration import IndexConfiguration

FRESH_SECONDS = 600
_JSON = "application/vnd.pypi.simple.v1+json"
_ACCEPT = f"{_JSON}, application/vnd.pypi.simple.v1+html;q=0.5, text/html;q=0.1"
_NOT_MODIFIED = 304
_CHUNK = 1 << 18


class Theirs(Value):
    """What an upstream said of a project.

    Attributes:
        project: None where it has none of that name.
        validator: The page's ETag.
        asked: Seconds since the epoch.
        stale: Since when it could not be asked again, RFC 3339; empty where it could.
    """

    project: Project | None
    validator: str = ""
    asked: float = 0.0
    stale: str = ""


learn(Theirs)


class Upstream:
    """Asks one index; serves many threads.

    Args:
        url: Of its simple pages; ``default``: the one that pip and uv ask.
        configuration: Certificates, credentials.
        folder: Where its answers are kept.
        clock: Seconds since the epoch.
    """

    def __init__(
        self,
        url: str,
        configuration: IndexConfiguration,
        folder: Path,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.url = (default_index() if url == "default" else url).rstrip("/")
        self._configuration = configuration
        self._folder = folder
        self._clock = clock

    def page(self, name: str) -> str:
        """URL of a project's page."""
        return f"{self.url}/{quote(name)}/"

    def ask(self, name: str) -> Theirs:
        """What it says of a project, or said last, where it is down.

        Args:
            name: Normalized.

        Raises:
            IndexUnreachableError: It did not answer, and was never asked before.
        """
        kept = self._folder / f"{name[:80]}-{_digest(self.page(name))}.json"
        known = _read(kept)
        if known and self._clock() - known.asked < FRESH_SECONDS:
            return known
        headers = {"Accept": _ACCEPT}
        if known and known.validator:
            headers["If-None-Match"] = known.validator
        try:
            with get(self.page(name), self._configuration, headers) as response:
                if known and response.status_code == _NOT_MODIFIED:
                    theirs = msgspec.structs.replace(known, asked=self._clock())
                else:
                    theirs = Theirs(
                        project=_project(name, response) if response.ok else None,
                        validator=response.headers.get("ETag", ""),
                        asked=self._clock(),
                    )
        except IndexUnreachableError:
            if known is None:
                raise
            since = datetime.fromtimestamp(known.asked, UTC).isoformat(timespec="seconds")
            return msgspec.structs.replace(known, stale=since)
        with contextlib.suppress(OSError):  # asked again next time
            self._folder.mkdir(parents=True, exist_ok=True)
            write_atomically(kept, msgspec.json.encode(theirs))
        return theirs

    def fetch(self, file: File, suffix: str, into: Path) -> Path:
        """Brings one of its files, or the metadata beside it, here.

        Args:
            file: As ``ask`` told it.
            suffix: Empty, or ``.metadata``.
            into: Folder of the file; one that is there is taken for whole, as it was checked.

        Raises:
            IndexUnreachableError: It did not answer, or with other bytes than its page says.
        """
        place = into / f"{file.filename}{suffix}"
        if place.exists():
            return place
        wanted = file.metadata_sha256 if suffix else file.sha256
        into.mkdir(parents=True, exist_ok=True)
        found = hashlib.sha256()
        with (
            tempfile.NamedTemporaryFile(dir=into, prefix=".incoming-") as incoming,
            get(f"{file.url}{suffix}", self._configuration, {}) as response,
        ):
            for chunk in response.iter_content(_CHUNK) if response.ok else ():
                found.update(chunk)
                incoming.write(chunk)
            if not response.ok or wanted not in {"", "true", found.hexdigest()}:
                raise IndexUnreachableError(
                    f"{place.name}: upstream does not have what its page says: {file.url}{suffix}.",
                    hint="Try again later: its page may be newer than its files.",
                )
            incoming.flush()
            # Linked, not renamed: the temporary file removes itself by its own name.
            with contextlib.suppress(FileExistsError):
                place.hardlink_to(incoming.name)
        return place


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _read(path: Path) -> Theirs | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Theirs)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None  # absent, or of another version's format


def _project(name: str, response: Response) -> Project:
    # Slow to import: only where there is an upstream.
    from pypi_simple import ProjectPage, UnsupportedRepoVersionError  # noqa: PLC0415

    try:
        page = ProjectPage.from_response(response, name)
    except (UnsupportedRepoVersionError, ValueError) as error:
        raise IndexUnreachableError(
            f"{response.url} is not a page of a package index: {error}."
        ) from error
    files = (_file(name, package) for package in page.packages)
    return Project(
        name=name,
        files=tuple(file for file in files if file),
        status=page.status.value if page.status else "active",
        reason=page.status_reason or "",
        tracks=tuple(page.tracks),
        alternates=tuple(page.alternate_locations),
    )


def _file(name: str, package: DistributionPackage) -> File | None:
    version = version_of(name, package.filename)
    if not version:
        return None
    digests = package.metadata_digests or {}
    uploaded = package.upload_time
    return File(
        filename=package.filename,
        url=package.url,
        version=package.version or version,
        sha256=package.digests.get("sha256", ""),
        size=package.size,
        uploaded=uploaded.astimezone(UTC).isoformat() if uploaded else "",
        requires_python=package.requires_python or "",
        metadata_sha256=digests.get("sha256", "true") if package.has_metadata else "",
        yanked=(package.yanked_reason or "") if package.is_yanked else None,
        provenance=package.provenance_url or "",
    )
