import json
from html.parser import HTMLParser

import pytest
from pypi_simple import ProjectPage

from orchestrator.index.facts import File, Project
from orchestrator.index.pages import project_html, project_json, root_html, root_json

DIGEST = "5e" * 32
WHEEL = File(
    filename="my_pkg-1.0+cpu-py3-none-any.whl",
    url="../../files/my_pkg-1.0%2Bcpu-py3-none-any.whl",
    version="1.0+cpu",
    sha256=DIGEST,
    size=7,
    uploaded="2025-06-01T12:00:00Z",
    requires_python=">=3.9,<4",
    metadata_sha256="6f" * 32,
    yanked='says "no" & <goes>',
    provenance="../../files/my_pkg-1.0%2Bcpu-py3-none-any.whl.provenance",
)
BARE = File(filename="my_pkg-2.0.tar.gz", url="x/my_pkg-2.0.tar.gz", version="2.0", size=0)
PROJECT = Project(name="my-pkg", files=(WHEEL, BARE))


class _Page(HTMLParser):
    """Everything that a page says, attribute by attribute."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.metas: list[tuple[str, str]] = []
        self.links: list[dict[str, str | None]] = []
        self.texts: list[str] = []
        self.feed(content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag == "meta" and "name" in said:
            self.metas.append((said["name"] or "", said["content"] or ""))
        if tag == "a":
            self.links.append(dict(attrs))
            self.texts.append("")

    def handle_data(self, data: str) -> None:
        if self.texts and data.strip():
            self.texts[-1] += data


def test_a_project_in_json_says_all_that_is_known():
    page = json.loads(project_json(PROJECT))
    assert page == {
        "meta": {"api-version": "1.4"},
        "name": "my-pkg",
        "project-status": {"status": "active"},
        "versions": ["1.0+cpu", "2.0"],
        "files": [
            {
                "filename": WHEEL.filename,
                "url": WHEEL.url,
                "hashes": {"sha256": DIGEST},
                "requires-python": ">=3.9,<4",
                "size": 7,
                "upload-time": "2025-06-01T12:00:00Z",
                "core-metadata": {"sha256": "6f" * 32},
                "dist-info-metadata": {"sha256": "6f" * 32},
                "yanked": 'says "no" & <goes>',
            },
            {
                "filename": BARE.filename,
                "url": BARE.url,
                "hashes": {},
                "size": 0,
                "core-metadata": False,
                "dist-info-metadata": False,
                "yanked": False,
            },
        ],
    }


def test_a_project_in_html_says_the_same():
    page = _Page(project_html(PROJECT))
    assert page.metas == [
        ("pypi:repository-version", "1.4"),
        ("pypi:project-status", "active"),
    ]
    assert page.texts == [WHEEL.filename, BARE.filename]
    assert page.links == [
        {
            "href": f"{WHEEL.url}#sha256={DIGEST}",
            "data-requires-python": ">=3.9,<4",
            "data-core-metadata": f"sha256={'6f' * 32}",
            "data-dist-info-metadata": f"sha256={'6f' * 32}",
            "data-yanked": 'says "no" & <goes>',
        },
        {"href": BARE.url},
    ]


def test_what_operators_decided_is_said():
    project = Project(
        name="a",
        files=(),
        status="archived",
        reason="use <b>",
        tracks=("https://up.example/a/",),
        alternates=("https://other.example/a/", "https://third.example/a/"),
        stale="2026-01-01T00:00:00Z",
    )
    page = json.loads(project_json(project))
    assert page["meta"] == {"api-version": "1.4", "tracks": ["https://up.example/a/"]}
    assert page["project-status"] == {"status": "archived", "reason": "use <b>"}
    assert page["alternate-locations"] == list(project.alternates)
    assert page["_stale"] == "2026-01-01T00:00:00Z"
    assert page["files"] == page["versions"] == []
    assert _Page(project_html(project)).metas[1:] == [
        ("pypi:project-status", "archived"),
        ("pypi:project-status-reason", "use <b>"),
        ("pypi:tracks", "https://up.example/a/"),
        ("pypi:alternate-locations", "https://other.example/a/"),
        ("pypi:alternate-locations", "https://third.example/a/"),
    ]


@pytest.mark.parametrize(("reason", "said"), [("", True), ("broken", "broken")])
def test_yanked_files_say_why(reason: str, said: str | bool):
    project = Project(name="a", files=(File(filename="a", url="a", version="1", yanked=reason),))
    assert json.loads(project_json(project))["files"][0]["yanked"] == said
    assert _Page(project_html(project)).links[0]["data-yanked"] == reason


def test_metadata_of_an_unknown_digest_is_said_to_be_there():
    file = File(filename="a", url="a", version="1", metadata_sha256="true")
    project = Project(name="a", files=(file,))
    assert json.loads(project_json(project))["files"][0]["core-metadata"] is True
    assert _Page(project_html(project)).links[0]["data-core-metadata"] == "true"


def test_without_all_sizes_it_is_the_version_that_does_not_demand_them():
    project = Project(name="a", files=(WHEEL, File(filename="a", url="a", version="1")))
    assert json.loads(project_json(project))["meta"]["api-version"] == "1.0"
    assert _Page(project_html(project)).metas[0] == ("pypi:repository-version", "1.0")


def test_links_to_provenance_are_whole_where_the_address_is_known():
    base = "https://wheels.example/team/simple/my-pkg/"
    whole = "https://wheels.example/team/files/my_pkg-1.0%2Bcpu-py3-none-any.whl.provenance"
    page = json.loads(project_json(PROJECT, base))
    assert page["files"][0]["provenance"] == whole
    assert "provenance" not in page["files"][1]
    assert _Page(project_html(PROJECT, base)).links[0]["data-provenance"] == whole


def test_the_root_lists_all_names():
    assert json.loads(root_json(("a", "b-c"))) == {
        "meta": {"api-version": "1.4"},
        "projects": [{"name": "a"}, {"name": "b-c"}],
    }
    page = _Page(root_html(("a", "b-c")))
    assert [link["href"] for link in page.links] == ["a/", "b-c/"]
    assert page.texts == ["a", "b-c"]


def test_a_reader_of_the_standard_understands_both_forms():
    base = "https://wheels.example/simple/my-pkg/"
    read = ProjectPage.from_json_data(json.loads(project_json(PROJECT, base)), base)
    assert read.repository_version == "1.4"
    (wheel, sdist) = read.packages
    assert (wheel.version, sdist.version) == ("1.0+cpu", "2.0")
    assert wheel.digests == {"sha256": DIGEST}
    assert wheel.metadata_digests == {"sha256": "6f" * 32}
    assert wheel.is_yanked
    assert read.packages[0].provenance_url == f"https://wheels.example/{WHEEL.provenance[6:]}"
    html = ProjectPage.from_html("my-pkg", project_html(PROJECT).decode())
    assert [item.filename for item in html.packages] == [WHEEL.filename, BARE.filename]
    assert html.packages[0].requires_python == ">=3.9,<4"
