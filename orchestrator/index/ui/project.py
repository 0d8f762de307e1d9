"""The page of a project: its files as a grid, and how to install them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from orchestrator.index.facts import File
from orchestrator.index.ui.about import About
from orchestrator.index.ui.frame import Site, crumbs, page, place
from orchestrator.index.ui.html import Child, Html, el, href, join, link_of
from orchestrator.index.ui.install import installing
from orchestrator.index.ui.parts import (
    badge,
    bytes_of,
    date,
    facts,
    items,
    legend,
    marks,
    notice,
    proof_badge,
    section,
    status_notice,
)
from orchestrator.index.ui.platforms import SOURCE, Column, Row, place_of
from orchestrator.model import Value
from orchestrator.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from orchestrator.index.facts import Project
    from orchestrator.model import Record

ROOT = "../../"
_SHOWN_VERSIONS = 20
_FEW = 4  # columns; there is room beside marks


class Release(Value):
    """A version and its files."""

    version: str
    files: tuple[File, ...]


def project_page(
    site: Site, project: Project, records: Mapping[str, Record], about: About | None = None
) -> bytes:
    """The page.

    Args:
        site: It is of.
        project: What it shows.
        records: Of the wheels that the wheelhouse has, by file name.
        about: What its newest wheel says.
    """
    releases = releases_of(project)
    about = about or About()
    newest = newest_of(releases)
    return page(
        site,
        ROOT,
        project.name,
        crumbs(ROOT, (project.name, "")),
        _title(project, newest),
        el("p", about.summary, class_="summary") if about.summary else None,
        status_notice(project),
        _installing(site, project, newest),
        _files(releases, records),
        section("About", _about(project, about), name="about"),
    )


def _title(project: Project, newest: Release | None) -> Html:
    version = el("span", newest.version, class_="version") if newest else None
    return el("h1", project.name, " ", version)


def releases_of(project: Project) -> tuple[Release, ...]:
    """The versions of a project, newest first."""
    versions: dict[str, list[File]] = {}
    for file in project.files:
        versions.setdefault(file.version, []).append(file)
    ordered = sorted(versions, key=_version, reverse=True)
    return tuple(Release(version=one, files=tuple(versions[one])) for one in ordered)


def newest_of(releases: Sequence[Release]) -> Release | None:
    """The version that an installer takes unasked: if possible, no pre-release, and not yanked."""
    standing = [one for one in releases if any(file.yanked is None for file in one.files)]
    final = [one for one in standing if not _version(one.version)[1].is_prerelease]
    return next(iter([*final, *standing, *releases]), None)


def wheel_url(file: File, records: Mapping[str, Record], root: str = ROOT) -> str:
    """The page of a wheel; of a file that has none, the file itself; empty: it has no safe URL."""
    if file.filename in records:
        return f"{root}wheel/{href(file.filename)}/"
    return link_of(file.url)


def _version(text: str) -> tuple[int, Version]:
    try:
        return 1, Version(text)
    except InvalidVersion:
        return 0, Version("0")


def _installing(site: Site, project: Project, newest: Release | None) -> Html:
    if newest is None or project.status == "quarantined":
        return Html()
    examples = installing(site, project.name, newest.files)
    command = el("code", "orchestrate config pip ", place())
    token = ("This index asks for a token. How clients are told theirs: ", command, ".")
    return section(
        "Install",
        el("p", *token) if site.private else None,
        el("div", examples, class_="examples"),
        name="install",
    )


def _files(releases: Sequence[Release], records: Mapping[str, Record]) -> Html:
    if not releases:
        return section("Files", notice("It has no files."), name="files")
    # Ours may be far down the list of what another index has.
    own = [one for one in releases if any(file.filename in records for file in one.files)]
    chosen = {one.version for one in (*releases[:_SHOWN_VERSIONS], *own[:_SHOWN_VERSIONS])}
    shown = [one for one in releases if one.version in chosen]
    older = [one for one in releases if one.version not in chosen]
    number = sum(len(release.files) for release in releases)
    words = f"{counted(number, 'file')}, {counted(len(releases), 'version')}"
    rest = f"{counted(len(older), 'older version')}"
    return section(
        "Files",
        el("p", words, class_="dim"),
        _grid(shown, records),
        legend(),
        el("details", el("summary", rest), _plain_list(older, records)) if older else None,
        name="files",
    )


def _grid(releases: Sequence[Release], records: Mapping[str, Record]) -> Html:
    """Files by version and platform, one below the other, and by Python, side by side."""
    spots = [place_of(file.filename) for release in releases for file in release.files]
    columns = sorted({column for spot in spots for column in spot.columns})
    head = el(
        "thead",
        el(
            "tr",
            el("th", "Platform", scope="col"),
            *(el("th", _heading(column), scope="col") for column in columns),
        ),
    )
    bodies = (_release(release, columns, records) for release in releases)
    table = el("table", head, *bodies, class_="grid few" if len(columns) <= _FEW else "grid")
    label = "Files by platform and Python"
    return el("div", table, class_="wide", tabindex="0", role="region", aria_label=label)


def _heading(column: Column) -> str:
    return "any Python" if column.label == "any" else column.label


def _release(release: Release, columns: Sequence[Column], records: Mapping[str, Record]) -> Html:
    cells: dict[Row, dict[Column, list[File]]] = {}
    for file in release.files:
        spot = place_of(file.filename)
        for column in spot.columns:
            cells.setdefault(spot.row, {}).setdefault(column, []).append(file)
    all_yanked = all(file.yanked is not None for file in release.files)
    title = el(
        "tr",
        el(
            "th",
            release.version,
            badge("pre-release", "other") if _version(release.version)[1].is_prerelease else None,
            badge("yanked", "attention") if all_yanked else None,
            class_="release",
            scope="rowgroup",
            colspan=len(columns) + 1,
        ),
    )
    rows = (
        el(
            "tr",
            el("th", row.label, scope="row"),
            *(_cell(column, cells[row].get(column, ()), records) for column in columns),
        )
        for row in sorted(cells)
    )
    return el("tbody", title, *rows)


def _cell(column: Column, files: Sequence[File], records: Mapping[str, Record]) -> Html:
    shown = join(_file(file, records) for file in files)
    return el("td", shown, data_label=_heading(column) if files else None)


def _file(file: File, records: Mapping[str, Record]) -> Html:
    record = records.get(file.filename)
    url = wheel_url(file, records)
    is_source = place_of(file.filename).row.label == SOURCE and record is None
    sign = badge("sdist", "other") if is_source else proof_badge(record)
    return el(
        "div",
        el("a", sign, href=url, title=file.filename) if url else sign,
        marks(file, record),
        el("span", bytes_of(file), class_="dim"),
        el("span", date(file.uploaded), class_="dim"),
        class_="file",
    )


def _plain_list(releases: Sequence[Release], records: Mapping[str, Record]) -> Html:
    """Versions with our files by name; those of another index are many, and counted."""
    return items(
        join((el("strong", release.version), ": ", join(_told(release, records), ", ")))
        for release in releases
    )


def _told(release: Release, records: Mapping[str, Record]) -> Iterator[Child]:
    own = [file for file in release.files if file.filename in records]
    yield from (el("a", file.filename, href=wheel_url(file, records)) for file in own)
    if others := len(release.files) - len(own):
        yield f"{counted(others, 'file')} of another index"


def _about(project: Project, about: About) -> Html:
    links = [el("a", words, href=url, rel="noreferrer") for words, url in about.links]
    extends = [*project.tracks, *project.alternates]
    simple = f"simple/{project.name}/"
    return facts(
        (
            ("Licence", about.licence),
            ("Author", about.author),
            ("Links", items(links)),
            ("Also at", items(el("a", url, href=link_of(url) or None) for url in extends)),
            ("For installers", el("a", simple, href=f"{ROOT}{simple}")),
        )
    )
