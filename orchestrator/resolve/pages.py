"""The files of a project, as a page of a package index or a folder lists them."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

import msgspec
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)

from orchestrator.model import Value
from orchestrator.resolve.requests import ARCHIVE_SUFFIXES
from orchestrator.resolve.urls import without_credentials

if TYPE_CHECKING:
    from pypi_simple import DistributionPackage


class FileEntry(Value):
    """An sdist or wheel that an index offers.

    Attributes:
        filename: Without any folder.
        url: Where it is, without credentials.
        version: As the file name spells it.
        kind: What it is.
        sha256: Hex digest; empty where the index does not say.
        requires_python: PEP 440 specifier set, may be empty.
        yanked: Whether it was withdrawn (PEP 592).
        uploaded: RFC 3339; empty where the index does not say (PEP 700).
    """

    filename: str
    url: str
    version: str
    kind: Literal["sdist", "wheel"]
    sha256: str = ""
    requires_python: str = ""
    yanked: bool = False
    uploaded: str = ""

    @property
    def tags(self) -> tuple[str, str, str]:
        """A wheel's compressed python, abi and platform tags (PEP 425), from its file name."""
        python, abi, platform = self.filename.removesuffix(".whl").split("-")[-3:]
        return python, abi, platform


def parse_html(name: str, page: bytes, url: str, charset: str | None = None) -> list[FileEntry]:
    """The files of project ``name`` on an HTML page (PEP 503) or find-links page at ``url``.

    Raises:
        ValueError: It is of a later format.
    """
    # Slow to import, and seldom needed: indexes answer in JSON.
    from pypi_simple import (  # noqa: PLC0415
        DistributionPackage,
        RepositoryPage,
        UnsupportedRepoVersionError,
    )

    try:
        links = RepositoryPage.from_html(page, base_url=url, from_encoding=charset).links
    except UnsupportedRepoVersionError as error:
        raise ValueError(str(error)) from error
    entries = []
    for link in links:
        entry = _entry(name, DistributionPackage.from_link(link, name))
        if entry:
            # No standard has it in HTML, but mirrors do, and the JSON form has it (PEP 700).
            uploaded = str(link.attrs.get("data-upload-time", ""))
            entries.append(msgspec.structs.replace(entry, uploaded=uploaded))
    return entries


def parse_filename(name: str, filename: str, url: str) -> FileEntry | None:
    """The entry of a file in a find-links folder; None if it is of another project or kind."""
    kind: Literal["sdist", "wheel"] = "wheel" if filename.endswith(".whl") else "sdist"
    try:
        if kind == "wheel":
            project, version = parse_wheel_filename(filename)[:2]
        else:
            project, version = parse_sdist_filename(filename)
    except (InvalidSdistFilename, InvalidWheelFilename):
        return None
    if project != name:
        return None
    return FileEntry(filename=filename, url=url, version=str(version), kind=kind)


def _entry(name: str, package: DistributionPackage) -> FileEntry | None:
    filename = PurePosixPath(package.filename).name
    suffixes = {"sdist": ARCHIVE_SUFFIXES, "wheel": (".whl",)}.get(package.package_type or "", ())
    if (
        canonicalize_name(package.project or "") != name
        or not filename.lower().endswith(suffixes)
        or not suffixes
    ):
        return None
    return FileEntry(
        filename=filename,
        url=without_credentials(package.url),
        version=package.version or "",
        kind="wheel" if package.package_type == "wheel" else "sdist",
        sha256=package.digests.get("sha256", "").lower(),
        requires_python=package.requires_python or "",
        yanked=package.is_yanked,
        uploaded=package.upload_time.isoformat() if package.upload_time else "",
    )
