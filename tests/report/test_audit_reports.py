import io
import re
from html.parser import HTMLParser

import msgspec
import pytest
from rich.console import Console
from sample_audit import AUDIT, TARGETS, on

from orchestrator.audit.answers import Audit
from orchestrator.report.audit_markdown import audit_markdown
from orchestrator.report.audit_page import audit_page
from orchestrator.report.audit_table import print_audit
from orchestrator.report.audit_words import (
    columns,
    common,
    heading_of,
    needs_of,
    pulled_in_by,
    summary,
    ways_of,
)

FOUR = on(
    "cp311-macosx_11_0_arm64",
    "cp313t-macosx_14_0_arm64",
    "cp311-manylinux_2_28_aarch64",
    "cp313-musllinux_1_2_x86_64",
)


def table(audit: Audit, width: int = 80) -> str:
    stream = io.StringIO()
    print_audit(audit, Console(file=stream, width=width))
    return stream.getvalue()


@pytest.mark.parametrize("audit", [AUDIT, FOUR, on(TARGETS[0])])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_every_line_fits_and_every_package_is_there(audit: Audit, width: int):
    text = table(audit, width)
    assert max(map(len, text.splitlines())) <= width
    assert all(package.name[:12] in text for package in audit.packages)  # long ones are folded


def test_the_worst_comes_last():
    titles = re.findall(r"^(Ready|Will build|Needs attention) \((\d)\)", table(AUDIT), re.MULTILINE)
    assert titles == [("Ready", "2"), ("Will build", "1"), ("Needs attention", "2")]
    assert table(AUDIT).rstrip().endswith("5 packages: 2 ready, 1 to build, 2 need attention")


def test_a_row_has_what_one_wants_to_know():
    text = table(AUDIT)
    assert re.search(r"^gap 1\.1 / 1\.0 +only 0\.9 +wheel", text, re.MULTILINE)
    assert re.search(
        r"^psycopg2 1\.0 +sdist +sdist +C; libpq; swig \(for app\)", text, re.MULTILINE
    )
    assert "→ take 0.9 (3.11)\n" in re.sub(r" +\n", "\n", text)
    assert "From the wheelhouse: local" in text
    assert "Note: environment.yml" in text


def test_columns_say_what_differs():
    assert [heading_of(one, columns(AUDIT)) for one in columns(AUDIT)] == ["3.11", "3.13"]
    assert common(columns(AUDIT)) == "macOS 11 arm64"
    headings = [heading_of(one, columns(FOUR)) for one in columns(FOUR)]
    assert headings[1:3] == ["macOS 14\narm64\n3.13t", "glibc 2.28\naarch64\n3.11"]
    assert common(columns(FOUR)) == ""


def test_words():
    psycopg2 = AUDIT.packages[3]
    assert needs_of(psycopg2) == "C; libpq; swig"
    assert ways_of(psycopg2) == ("take 0.9 (3.11)", "to build it, a recipe with libpq")
    assert pulled_in_by(AUDIT.packages[0]) == ""
    assert pulled_in_by(psycopg2) == "for app"
    one = msgspec.structs.replace(AUDIT, packages=AUDIT.packages[3:4])
    assert summary(one) == "1 package: 0 ready, 0 to build, 1 needs attention"


def test_markdown_is_one_table_a_group():
    text = audit_markdown(AUDIT)
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == [
        "Needs attention (2)",
        "Will build (1)",
        "Ready (2)",
    ]
    rows = [line for line in text.splitlines() if line.startswith("|")]
    bars = {len(re.findall(r"(?<!\\)\|", row)) for row in rows}
    assert bars == {8}
    assert "<script>" not in text.replace("\\<", "")


class _Page(HTMLParser):
    """Counts what a page is made of; complains where tags don't close."""

    void = frozenset({"meta", "input", "br", "link", "img"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in {"p", "li", "option"} and self.open[-1] != tag:
            return
        assert self.open.pop() == tag


@pytest.mark.parametrize("audit", [AUDIT, FOUR])
def test_the_page_is_well_formed_and_needs_nothing_else(audit: Audit):
    text = audit_page(audit, "Made by a test & more.")
    page = _Page(text)
    fetching = [
        (tag, attributes)
        for tag, attributes in page.tags
        if {"src", "href", "srcset", "action"} & set(attributes) or tag in {"link", "iframe"}
    ]
    assert fetching == []
    assert not re.search(r"https?:|@import|url\(", text)
    assert "Made by a test &amp; more." in text


def test_the_page_holds_every_package_and_no_markup_of_theirs():
    text = audit_page(AUDIT, "")
    page = _Page(text)
    rows = [attributes for tag, attributes in page.tags if tag == "tr" and attributes]
    assert [row["data-group"] for row in rows] == [
        *["attention"] * 2,
        "build",
        *["ready"] * 2,
    ]
    assert sum(tag == "script" for tag, _ in page.tags) == 1
    assert "setup.py: pg_config" in text  # the evidence
    assert "$" not in re.sub(r"<script>.*", "", text, flags=re.DOTALL)
