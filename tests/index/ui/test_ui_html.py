"""Pages as text: what they say, and that nobody's words become markup."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_index import HOSTILE, LONG, REASON

from orchestrator.index.catalogue import Catalogue
from orchestrator.index.facts import File, Project
from orchestrator.index.ui.about import about_of
from orchestrator.index.ui.assets import asset_names
from orchestrator.index.ui.content import Content
from orchestrator.index.ui.frame import Site
from orchestrator.index.ui.home import Line, Listing, found_by, home_page
from orchestrator.index.ui.html import Html, el, join, link_of, text
from orchestrator.index.ui.missing import missing_page
from orchestrator.index.ui.platforms import place_of, systems_of
from orchestrator.index.ui.project import newest_of, project_page, releases_of
from orchestrator.index.ui.static import MANY, common_files, project_files, site_for_files
from orchestrator.index.ui.wheel import wheel_page

if TYPE_CHECKING:
    from pathlib import Path

SITE = Site(assets=asset_names())


class Tags(HTMLParser):
    """The elements and attributes of a page, and whether its elements are closed in order."""

    VOID = frozenset({"br", "col", "input", "link", "meta"})

    def __init__(self, page: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(page.decode())
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def harmless(page: bytes) -> Tags:
    """Checks that a page holds no element or attribute that runs anything or asks strangers."""
    tags = Tags(page)
    scripts = [attrs for tag, attrs in tags.elements if tag == "script"]
    assert [list(attrs) for attrs in scripts] == [["src", "defer"]]
    for tag, attributes in tags.elements:
        assert tag not in {"style", "iframe", "object", "embed", "base"}
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        for name in ("src", "href", "action"):
            url = attributes.get(name) or ""
            assert re.match(r"(\.{1,2}/|#|https?://|/|log\.txt$|$)", url), url
            if tag != "a":
                assert "://" not in url
    return tags


def test_text_is_escaped_and_markup_is_not() -> None:
    assert el("p", "<b>", el("i", "&"), title='"x"') == (
        '<p title="&quot;x&quot;">&lt;b&gt;<i>&amp;</i></p>'
    )
    assert el("input", hidden=True, value=None, checked=False) == "<input hidden>"
    assert join(("<", Html("<br>")), "&") == "&lt;&amp;<br>"
    made = f"{Html('<i>')}"  # formatting gives text: it is escaped again rather than trusted
    assert text(made) == "&lt;i&gt;"


def test_what_no_document_may_hold_is_replaced() -> None:
    assert text("a\x00b\x1b[31mc\u202ed\ud800e\n") == "a\ufffdb\ufffd[31mc\ufffdd\ufffde\n"
    assert text("\ud800").encode()


@pytest.mark.parametrize(
    "url",
    [
        *(
            "javascript:alert(1)",
            " javascript:x",
            "java\nscript:x",
            "\x01javascript:x",
            "vbscript:x",
        ),
        *(
            "data:text/html,x",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "http://",
            "",
        ),
        *("file:///etc/passwd", "https:evil.example", "x\ty", "http:///x"),
    ],
)
def test_links_that_do_something_else_are_none(url: str) -> None:
    assert link_of(url) == ""


@pytest.mark.parametrize(
    "url", ["https://x.example/a?b=c#d", "HTTP://X", "../../files/x-1%2Bcpu.whl", "/x", "x.whl"]
)
def test_links_on_the_web_and_here_are_links(url: str) -> None:
    assert link_of(url) == url


@given(st.text(), st.text(), st.text())
def test_whatever_people_write_stays_text(name: str, reason: str, version: str) -> None:
    file = File(filename=name, url=name, version=version, yanked=reason, requires_python=reason)
    project = Project(name=name, files=(file,), status="deprecated", reason=reason, tracks=(name,))
    for page in (
        project_page(SITE, project, {}),
        wheel_page(SITE, project, file, None, log=reason),
        missing_page(SITE, "./", reason),
        home_page(SITE, Listing(lines=(Line(name=name),), found=1, total=1, query=reason)),
    ):
        Tags(page)
        scripts = re.findall(rb"<script", page)
        assert len(scripts) == 1


def test_all_pages_of_the_sample_are_harmless(content: Content) -> None:
    pages = [content.home(), content.home(HOSTILE)]
    for name in content.facts.names():
        page = content.project(name)
        assert page is not None
        pages.append(page)
        for filename in content.records(name):
            wheel = content.wheel(filename)
            assert (wheel is None) == (name == "risky-thing")  # quarantined: nothing is offered
            pages += [wheel] if wheel else []
    assert len(pages) > 180
    for page in pages:
        harmless(page)


def test_a_project_says_what_there_is(content: Content) -> None:
    page = content.project("numpy")
    assert page is not None
    said = Tags(page).text
    for words in (
        "2.2.6", "Linux glibc 2.28+ aarch64", "macOS 11+ arm64", "3.13t", "13.3 MB", "executed",
        "emulated", "structural", "yanked", "pre-release", "FROM python:3.14-slim",
        "pip install --extra-index-url https://this-index.invalid/simple/ numpy==2.2.6",
        "Fundamental package", "100 files, 5 versions",
    ):  # fmt: skip
        assert words in said, words
    assert "2.3.0rc1" not in said.partition("Files")[0]  # nobody is told to install it


def test_statuses_and_reasons_are_told(content: Content) -> None:
    page = content.project("old-thing")
    assert page is not None
    assert "deprecated: something else should be used" in Tags(page).text
    assert "Use new-thing. </code></script>" in Tags(page).text
    page = content.project("risky-thing")
    assert page is not None
    assert "Under investigation." in Tags(page).text
    assert "pip install" not in Tags(page).text


def test_a_wheel_says_how_it_came_to_be(content: Content) -> None:
    page = content.wheel("psycopg2-2.9.10-cp311-cp311-macosx_11_0_arm64.whl")
    assert page is not None
    said = Tags(page).text
    for words in (
        "executed", "160 passed, 2 skipped", "crashed", "Segmentation fault", "MAC007",
        "psycopg2.libs/libgfortran.so.5", "0001-find-the-target-s-libc.patch", "zig 0.17.1",
        "Cython==3.1.8", "cross-compiled", "numpy>=1.26", "psycopg2.toml[0]",
    ):  # fmt: skip
        assert words in said, words
    assert b"secret" not in page  # credentials of the source's URL
    assert b"javascript:" not in page


def test_a_run_that_failed_is_marked(content: Content) -> None:
    filename = "numpy-2.2.6-cp311-cp311-macosx_11_0_arm64.whl"
    project, file, record = content.find(filename) or pytest.fail("not there")
    crashed = msgspec.structs.replace(record, proof="structural", runs=record.runs[:1])
    for page in (
        project_page(SITE, project, {filename: crashed}),
        wheel_page(SITE, project, file, crashed),
    ):
        marks = [attrs for tag, attrs in Tags(page).elements if tag == "span"]
        assert {"class": "mark attention", "title": "A run of its code did not pass"} in marks
    assert b"A run of its code did not pass" not in wheel_page(SITE, project, file, record)


def test_redirects_and_uploads_are_marked(content: Content) -> None:
    page = content.wheel("tensorflow-2.10.0-cp310-cp310-macosx_12_0_arm64.whl")
    assert page is not None
    assert "requires tensorflow-macos==2.10.0" in Tags(page).text
    assert "written, nothing was compiled" in Tags(page).text
    page = content.wheel("acme_app-1.0-py3-none-any.whl")
    assert page is not None
    assert "It was uploaded: how it was made is not known here." in Tags(page).text


def test_yanked_wheels_say_why(content: Content) -> None:
    filename = f"{LONG.replace('-', '_')}-2024.10.31.post1-cp312-cp312-manylinux_2_28_aarch64.whl"
    page = content.wheel(filename)
    assert page is not None
    said = Tags(page).text
    assert "Yanked: installers take it only where exactly this version is asked for." in said
    assert REASON.partition("\u202e")[0] in said


def test_the_log_is_shown_without_colours_and_passwords(content: Content) -> None:
    page = content.wheel("annoy-1.0.2-cp311-cp311-manylinux_2_28_aarch64.whl")
    assert page is not None
    said = Tags(page).text
    assert "[399/400] zig c++" in said
    assert "Downloading https://***@mirror.example/x.tar.gz" in said
    assert b"hunter2" not in page


def test_files_of_upstream_are_marked_and_linked() -> None:
    url = "https://files.example/numpy-1.0-cp311-cp311-macosx_11_0_arm64.whl"
    wheel = File(filename=url.rpartition("/")[2], url=url, version="1.0")
    sdist = File(filename="numpy-1.0.tar.gz", url="javascript:alert(1)", version="1.0")
    page = project_page(SITE, Project(name="numpy", files=(sdist, wheel)), {})
    tags = harmless(page)
    assert ("a", {"href": url, "title": wheel.filename}) in tags.elements
    assert "upstream" in tags.text
    assert "sdist" in tags.text


def test_an_upstream_that_is_silent_is_told_of() -> None:
    project = Project(name="x", files=(), stale="2026-11-29T10:00:00Z")
    assert "What it has is from 2026-11-29." in harmless(project_page(SITE, project, {})).text
    project = Project(name="x", files=(), stale="never")
    assert "only our files are here." in harmless(project_page(SITE, project, {})).text


def test_our_versions_are_shown_however_old(content: Content) -> None:
    record = content.records("annoy")["annoy-1.0.2-cp311-cp311-macosx_11_0_arm64.whl"]
    versions = [f"{number}.0" for number in range(2, 60)]
    theirs = [File(filename=f"annoy-{one}.tar.gz", url="x", version=one) for one in versions]
    ours = File(filename=record.filename, url="x", version="1.0.2")
    project = Project(name="annoy", files=(ours, *theirs))
    page = Tags(project_page(SITE, project, {record.filename: record}))
    url = f"../../wheel/{record.filename}/"
    assert ("a", {"href": url, "title": record.filename}) in page.elements
    assert "38 older versions" in page.text
    assert "2.0: 1 file of another index" in page.text


def test_metadata_is_read_without_faith() -> None:
    about = about_of(
        b"Summary: UNKNOWN\nHome-page: javascript:alert(1)\nProject-URL: Docs, https://d.example\n"
        b"License: " + b"x" * 9000 + b"\nProject-URL: nonsense\n\xff\xfe\n"
    )
    assert about.summary == ""
    assert about.links == (("Docs", "https://d.example"),)
    assert len(about.licence) < 500
    assert about_of(b"\x00\xff") == about_of(b"")


def test_searching_finds_names_by_words() -> None:
    names = ("a-py", "numpy", "py", "python-ldap", "zope-interface")
    assert found_by("py", names) == ("py", "python-ldap", "a-py", "numpy")
    assert found_by("Zope.Interface", names) == ("zope-interface",)
    assert found_by("ldap PYTHON", names) == ("python-ldap",)
    assert found_by("", names) == names
    assert found_by("<script>", names) == ()


def test_pages_of_a_long_list() -> None:
    lines = tuple(Line(name=f"p{number}", version="1") for number in range(100))
    page = home_page(SITE, Listing(lines=lines, found=250, total=900, query="p", number=2))
    assert b'href="./?q=p&amp;page=1"' in page
    assert b'href="./?q=p&amp;page=3"' in page
    assert b"250 of 900 projects, page 2 of 3" in page


def test_a_private_index_says_how_to_get_in(content: Content) -> None:
    site = Site(assets=asset_names(), private=True)
    project = content.facts.project("annoy")
    assert project is not None
    said = Tags(project_page(site, project, {})).text
    assert "asks for a token" in said
    assert "orchestrate config pip https://this-index.invalid/." in said
    assert "asks for a token" not in Tags(project_page(SITE, project, {})).text


def test_pages_as_files(sample: Path) -> None:
    site = site_for_files()
    lines = [Line(name=f"p{number}", version="1.0") for number in range(MANY)]
    files = dict(common_files(site, lines, "https://w.example/x"))
    assert {"404.html", "audit/index.html", "index.html"} < files.keys()
    assert files["index.html"].count(b"data-name=") == MANY
    assert b"1.0" in files["index.html"]
    assert b'href="https://w.example/x/"' in files["404.html"]
    assert b"<form" not in files["audit/index.html"]
    assert b"orchestrate audit --lock uv.lock" in files["audit/index.html"]
    assert b'<form action="./" method="get" role="search" hidden>' in files["index.html"]
    assert not [path for path, page in files.items() if b"this-index.invalid" in page]
    many = dict(common_files(site, [*lines, Line(name="last", version="2.0")]))
    assert b"last</a>" in many["index.html"]
    assert b"2.0" not in many["index.html"]
    assert b"this-index.invalid" in many["index.html"]  # nobody said where it will be
    wheel = "annoy-1.0.2-cp311-cp311-manylinux_2_28_aarch64.whl"
    catalogue = Catalogue(sample)
    own = Content(catalogue, catalogue.records, site, sample)
    pages = dict(project_files(own, "annoy"))
    assert set(pages) == {
        "project/annoy/index.html",
        f"wheel/{wheel}/index.html",
        "wheel/annoy-1.0.2-cp311-cp311-macosx_11_0_arm64.whl/index.html",
    }
    assert b"zig c++" not in pages[f"wheel/{wheel}/index.html"]  # logs stay where they are


def test_the_newest_version_is_one_that_installers_take() -> None:
    def files(*versions: str, yanked: str | None = None) -> tuple[File, ...]:
        return tuple(File(filename=v, url="", version=v, yanked=yanked) for v in versions)

    def newest(*found: File) -> str:
        release = newest_of(releases_of(Project(name="x", files=found)))
        return release.version if release else ""

    assert newest(*files("1.0", "2.0rc1", "1.10")) == "1.10"
    assert newest(*files("1.0"), *files("2.0", yanked="")) == "1.0"
    assert newest(*files("2.0rc1")) == "2.0rc1"
    assert newest(*files("1.0", "not-a-version")) == "1.0"
    assert newest(*files("1.0", yanked="bad")) == "1.0"
    assert newest() == ""


@pytest.mark.parametrize(
    ("tag", "row", "columns"),
    [
        ("cp311-cp311-macosx_11_0_arm64", "macOS 11+ arm64", ["3.11"]),
        ("cp38-abi3-manylinux_2_17_i686.manylinux2014_i686", "Linux glibc 2.17+ i686", ["3.8+"]),
        ("cp313-cp313t-musllinux_1_2_aarch64", "Linux musl 1.2+ aarch64", ["3.13t"]),
        ("py2.py3-none-any", "any", ["any"]),
        ("py39-none-any", "any", ["3.9+"]),
        ("pp310-pypy310_pp73-win_amd64", "Windows x86_64", ["PyPy 3.10"]),
        ("cp39.cp310-none-linux_armv6l", "Linux armv6l", ["3.9", "3.10"]),
        ("cp39-cp39-macosx_10_9_universal2", "macOS 10.9+ universal2", ["3.9"]),
        ("weird-none-planet9", "planet9", ["weird"]),
    ],
)  # fmt: skip
def test_tags_in_words(tag: str, row: str, columns: list[str]) -> None:
    spot = place_of(f"x-1-{tag}.whl")
    assert spot.row.label == row
    assert [column.label for column in spot.columns] == columns


def test_sources_and_nonsense_have_a_place() -> None:
    assert place_of("x-1.tar.gz").row.label == "source"
    assert place_of("../../etc.whl").row.label == "source"
    assert systems_of("x-1-cp311-cp311-manylinux_2_28_aarch64.whl") == "Linux aarch64"
    assert systems_of("x-1.tar.gz") == ""
