"""The page of an audit in a real browser, as wide as a desktop and as a phone."""

from __future__ import annotations

import os
import shutil
from pathlib import Path  # noqa: TC003
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from sample_audit import AUDIT

from orchestrator.report.audit_page import audit_page

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

SIZES = {"desktop": (1280, 900), "phone": (390, 844)}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        missing = "no Chromium on PATH (Debian: apt install chromium)"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def url(tmp_path: Path) -> str:
    page = tmp_path / "audit.html"
    page.write_text(audit_page(AUDIT, "Made by a test."), encoding="utf-8")
    return page.as_uri()


@pytest.fixture
def page(browser: Browser, url: str) -> Iterator[Page]:
    context = browser.new_context()
    page = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(url)
    yield page
    context.close()
    assert asked == [url]  # it loads nothing else
    assert said == []


def shown(page: Page) -> list[str]:
    """Names of the packages that are to be seen, in their order."""
    rows = page.locator("tbody tr:visible th").all()
    return [row.get_attribute("data-sort") or "" for row in rows]


EVERY = ["psycopg2", "<script>alert('a|b')</script>", "gap", "app", "local"]


def test_filters(page: Page) -> None:
    assert shown(page) == EVERY
    page.get_by_label("Search").fill("LIBPQ pg_config")
    assert shown(page) == ["psycopg2"]
    assert page.get_by_role("status").inner_text() == "1 of 5 packages"
    page.get_by_label("Search").fill("")
    page.get_by_label("Group").select_option("ready")
    assert shown(page) == ["app", "local"]
    page.get_by_label("Answer").select_option("wheelhouse")
    assert shown(page) == ["local"]
    page.get_by_label("Group").select_option("attention")
    assert shown(page) == []


def test_sorts(page: Page) -> None:
    page.get_by_role("button", name="package").click()
    assert shown(page) == sorted(EVERY)
    page.get_by_role("button", name="package").click()
    assert shown(page) == sorted(EVERY, reverse=True)
    header = page.locator("th[aria-sort]")
    assert header.get_attribute("aria-sort") == "descending"
    page.get_by_role("button", name="3.11").click()
    assert shown(page)[-2:] == ["app", "local"]  # the worst first


def test_details_open(page: Page) -> None:
    row = page.locator("tr", has_text="psycopg2")
    evidence = row.get_by_text("setup.py: pg_config")
    assert not evidence.is_visible()
    row.get_by_text("details").click()
    assert evidence.is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_it_fits_and_can_be_read(browser: Browser, url: str, size: str, scheme: str) -> None:
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    page.goto(url)
    page.locator("summary").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") == width  # no sideways scrolling
    cells = page.locator("tbody td:visible, tbody th:visible").all()
    for cell in cells:
        box = cell.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    for place in ("body", ".mark.attention", ".mark.build", ".mark.ready", ".dim", "dt"):
        assert page.locator(place).first.evaluate(CONTRAST) >= 4.5, place
    context.close()


# WCAG 2.2, 1.4.3: contrast of a text with the first opaque background behind it.
CONTRAST = """element => {
  const numbers = text => text.match(/[\\d.]+/g).map(Number);
  const luminance = color => {
    const [r, g, b] = numbers(color).map(v => v / 255)
      .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  let behind = element;
  while (behind && numbers(getComputedStyle(behind).backgroundColor)[3] === 0)
    behind = behind.parentElement;
  const one = luminance(getComputedStyle(element).color);
  const other = luminance(getComputedStyle(behind ?? document.body).backgroundColor);
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}"""


def test_it_is_read_without_scripts(browser: Browser, url: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(url)
    assert shown(page) == EVERY
    assert not page.get_by_label("Search").is_visible()  # it would do nothing
    context.close()
