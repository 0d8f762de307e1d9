"""Pages of an index in their JSON form (PEP 691, 700). Pure."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal
from urllib.parse import urljoin

import msgspec
from packaging.utils import canonicalize_name

from orchestrator.model import learn
from orchestrator.resolve.pages import FileEntry
from orchestrator.resolve.requests import ARCHIVE_SUFFIXES
from orchestrator.resolve.urls import without_credentials

_KNOWN_VERSION = "1."


class _Meta(msgspec.Struct, rename="kebab"):
    api_version: str = "1.0"


class _File(msgspec.Struct, rename="kebab"):
    """A file; ``yanked`` may be a reason, and null stands for what is not said."""

    filename: str
    url: str
    hashes: dict[str, str] = {}
    requires_python: str | None = None
    yanked: bool | str | None = False
    upload_time: str | None = None


class _Page(msgspec.Struct):
    files: list[_File]
    meta: _Meta = msgspec.field(default_factory=_Meta)


learn(_Page)


def parse_json(name: str, content: bytes, url: str) -> list[FileEntry]:
    """The files of project ``name`` on a JSON page at ``url``.

    Raises:
        ValueError: It is no such page, or of a later format.
    """
    try:
        page = msgspec.json.decode(content, type=_Page)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ValueError(str(error)) from error
    if not page.meta.api_version.startswith(_KNOWN_VERSION):
        raise ValueError(f"its format is of version {page.meta.api_version}")
    return [entry for file in page.files if (entry := _entry(name, file, url))]


def _entry(name: str, file: _File, page_url: str) -> FileEntry | None:
    filename = file.filename.rpartition("/")[2]
    lower = filename.lower()
    kind: Literal["sdist", "wheel"] = "wheel" if lower.endswith(".whl") else "sdist"
    suffix = next((end for end in (".whl", *ARCHIVE_SUFFIXES) if lower.endswith(end)), "")
    version = _version(name, filename[: -len(suffix)], kind) if suffix else ""
    if not version:
        return None
    url = file.url if "://" in file.url else urljoin(page_url, file.url)
    return FileEntry(
        filename=filename,
        url=without_credentials(url) if "@" in url else url,
        version=version,
        kind=kind,
        sha256=file.hashes.get("sha256", "").lower(),
        requires_python=file.requires_python or "",
        yanked=file.yanked not in {False, None},
        uploaded=file.upload_time or "",
    )


def _version(name: str, stem: str, kind: str) -> str:
    """The version in a file name, as spelled; empty where it is another project's."""
    parts = stem.split("-")
    if kind == "wheel":
        fits = len(parts) in {5, 6} and _normalized(parts[0]) == name
        return parts[1] if fits else ""
    for place in range(1, len(parts)):
        if _normalized("-".join(parts[:place])) == name:
            return "-".join(parts[place:])
    return ""


@lru_cache(maxsize=1024)
def _normalized(text: str) -> str:
    return canonicalize_name(text)
