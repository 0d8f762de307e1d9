"""The pages in a real browser: of the running server, and of a static export behind nginx."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from index_server import Served, serving
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from sample_index import LONG
from web_servers import nginx

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Open = Callable[..., Page]

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

WIDTHS = (1280, 390)
NUMPY = "numpy-2.2.6-cp311-cp311-manylinux_2_28_aarch64.whl"
ANNOY = "annoy-1.0.2-cp311-cp311-manylinux_2_28_aarch64.whl"
PSYCOPG2 = "psycopg2-2.9.10-cp311-cp311-macosx_11_0_arm64.whl"
PAGES = {
    "home": "",
    "search": "?q=py",
    "project": "project/numpy/",
    "many versions": "project/many-versions/",
    "redirect": "project/tensorflow/",
    "uploaded": "project/acme-app/",
    "yanked, long name": f"project/{LONG}/",
    "deprecated": "project/old-thing/",
    "quarantined": "project/risky-thing/",
    "wheel": f"wheel/{NUMPY}/",
    "wheel with findings": f"wheel/{PSYCOPG2}/",
    "wheel with log": f"wheel/{ANNOY}/",
    "uploaded wheel": "wheel/acme_app-1.0-py3-none-any.whl/",
    "audit": "audit/",
}
LOCK = f"""annoy==1.0.2
numpy==2.2.6
numpy-financial==1.0
psycopg2==2.9.10
acme-app
tensorflow==2.10.0
{LONG}==2024.10.31.post1
lxml==9
tool @ git+https://x:y@git.example/{"very-long-" * 20}t.git@abc
-r other.txt
gevent==1.14.0 --hash=sha256:00
"""


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


@pytest.fixture(scope="module")
def server(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(sample, tmp_path_factory.mktemp("served"), "--base-path", "/wheels") as index:
        yield index


@pytest.fixture(scope="module")
def export(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("export")
    command = [sys.executable, "-m", "orchestrator.cli", "export", folder / "site"]
    subprocess.run([*command, "--wheelhouse", sample], check=True, capture_output=True)
    with nginx(folder / "site", folder / "nginx") as (url, _):
        yield url


@pytest.fixture
def opened(browser: Browser) -> Iterator[Open]:
    """Opens pages, and sees to it that they ask nobody else and complain of nothing."""
    contexts: list[BrowserContext] = []
    said: list[str] = []
    asked: list[str] = []
    places: list[str] = []

    def open_page(
        url: str,
        *,
        width: int = 1280,
        script: bool = True,
        scheme: Literal["light", "dark"] = "light",
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            java_script_enabled=script,
            permissions=["clipboard-read", "clipboard-write"],
        )
        contexts.append(context)
        places.append("/".join(url.split("/")[:3]))
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert said == []
    assert [url for url in asked if not url.startswith(tuple(places))] == []
    assert asked


def names(page: Page) -> list[str]:
    """Of the projects that are to be seen."""
    rows = page.locator("tbody tr:visible th").all()
    return [row.get_attribute("data-name") or "" for row in rows]


def fits(page: Page, width: int) -> None:
    """Nothing is wider than the window, and the window not narrower than it was made."""
    assert page.evaluate("document.documentElement.scrollWidth") == width
    wide = page.evaluate(
        """width => [...document.querySelectorAll("main *")]
          .filter(one => !one.closest(".wide, pre") && one.getClientRects().length)
          .filter(one => one.getBoundingClientRect().right > width + 0.5)
          .map(one => one.outerHTML.slice(0, 100))""",
        width,
    )
    assert wide == []


def accessible(page: Page) -> None:
    """axe finds nothing serious, and nothing critical."""
    found = Axe().run(page).response["violations"]
    worst = [
        (one["id"], one["impact"], one["nodes"][0]["html"][:200], one["nodes"][0]["failureSummary"])
        for one in found
        if one["impact"] in {"serious", "critical"}
    ]
    assert worst == []


@pytest.mark.parametrize("name", PAGES)
def test_pages_fit_and_can_be_used_by_everybody(opened: Open, server: Served, name: str) -> None:
    page = opened(server.url + PAGES[name], scheme="dark")
    accessible(page)
    for width in WIDTHS:
        page = opened(server.url + PAGES[name], width=width)
        for summary in page.locator("summary").all():
            summary.click()
        fits(page, width)
        accessible(page)
        assert page.title().endswith("Wheel index")
        assert page.locator("h1").count() == 1


@pytest.mark.parametrize("name", [name for name in PAGES if name != "search"])
def test_pages_of_an_export_do_too(opened: Open, export: str, name: str) -> None:
    for width in WIDTHS:
        page = opened(export + PAGES[name], width=width)
        fits(page, width)
        accessible(page)


@pytest.mark.parametrize("name", ["home", "project", "wheel with log", "audit"])
def test_pages_are_read_without_scripts(opened: Open, server: Served, name: str) -> None:
    page = opened(server.url + PAGES[name], script=False)
    assert page.locator("button:has-text('Copy')").count() == 0  # it would do nothing
    fits(page, 1280)
    if name == "project":
        command = f"pip install --extra-index-url {server.url}simple/ numpy==2.2.6"
        assert command in page.inner_text("main")


def test_searching_with_a_script(opened: Open, server: Served) -> None:
    page = opened(server.url)
    page.keyboard.press("/")
    expect(page.get_by_label("Search")).to_be_focused()
    page.keyboard.type("PY_")
    assert names(page) == []
    page.get_by_label("Search").fill("acme Billing")
    assert names(page) == ["acme-billing-core"]
    assert page.get_by_role("status").first.inner_text() == "1 of 30 projects"
    page.get_by_label("Search").fill("")
    assert len(names(page)) == 30


def test_searching_without_a_script(opened: Open, server: Served) -> None:
    page = opened(server.url, script=False)
    page.get_by_label("Search").fill("snappy")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{server.url}?q=snappy")
    assert names(page) == ["python-snappy"]
    page.get_by_role("link", name="python-snappy").click()
    assert page.url == f"{server.url}project/python-snappy/"


def test_searching_an_export(opened: Open, export: str) -> None:
    page = opened(export)
    page.get_by_label("Search").fill("snappy")
    page.keyboard.press("Enter")
    assert names(page) == ["python-snappy"]
    assert page.url == export
    page = opened(export, script=False)
    assert not page.get_by_label("Search").is_visible()  # it would do nothing
    assert len(names(page)) == 30


def test_examples_are_copied(opened: Open, server: Served) -> None:
    page = opened(f"{server.url}project/numpy/")
    page.get_by_role("button", name="Copy pip example").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"pip install --extra-index-url {server.url}simple/ numpy==2.2.6"
    expect(page.get_by_role("button", name="Copy pip example")).to_have_text("Copied")
    expect(page.locator("p.skip[role=status]")).to_have_text("Copied pip example")
    page.get_by_role("button", name="Copy pyproject.toml, for uv example").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert f'url = "{server.url}simple/"\nexplicit = true\n' in copied


def test_copying_without_a_clipboard(opened: Open, server: Served) -> None:
    """As on a page that came without TLS from another machine."""
    page = opened(f"{server.url}wheel/{NUMPY}/")
    page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.get_by_role("button", name="Copy digest").click()
    expect(page.get_by_role("button", name="Copy digest")).to_have_text("Copied")
    page.goto(f"{server.url}audit/")
    page.get_by_label("Or its text").focus()
    page.keyboard.press("Control+V")
    assert len(page.get_by_label("Or its text").input_value()) == 64


def test_an_export_knows_its_address_by_the_script(opened: Open, export: str) -> None:
    page = opened(f"{export}project/numpy/")
    assert f"pip install --extra-index-url {export}simple/ numpy==2.2.6" in page.inner_text("main")
    page = opened(f"{export}wheel/{ANNOY}/")
    assert f"{export}files/{ANNOY}" in page.inner_text("main")
    assert page.get_by_text("Build log").count() == 0


def test_the_keyboard_reaches_everything(opened: Open, server: Served) -> None:
    page = opened(f"{server.url}project/tensorflow/")
    reached = []
    for _ in range(20):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                """() => { const one = document.activeElement, box = one.getBoundingClientRect();
                  const style = getComputedStyle(one);
                  return [one.getAttribute("aria-label") || one.textContent.trim(), box.left >= 0,
                          style.outlineStyle !== "none"]; }"""
            )
        )
    words = [name for name, _, _ in reached]
    assert words[0] == "Skip to content"
    for name in ("Check a lock file", "Projects", "Copy pip example", "redirect"):
        assert name in words, name
    assert all(shown and marked for _, shown, marked in reached[:12])
    page.goto(f"{server.url}project/tensorflow/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_the_way_from_the_list_to_a_wheel(opened: Open, server: Served) -> None:
    page = opened(server.url)
    page.get_by_role("link", name="psycopg2").click()
    page.locator(f"a[title='{PSYCOPG2}']").click()
    assert page.url == f"{server.url}wheel/{PSYCOPG2}/"
    assert "Segmentation fault" in page.inner_text("main")
    assert page.title() == f"{PSYCOPG2} · Wheel index"  # nobody's reason became a script
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == PSYCOPG2
    page.get_by_role("link", name="psycopg2", exact=True).click()
    assert page.url == f"{server.url}project/psycopg2/"


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("width", WIDTHS)
def test_a_lock_is_pasted(opened: Open, server: Served, width: int, *, script: bool) -> None:
    page = opened(f"{server.url}audit/", width=width, script=script)
    page.get_by_label("Or its text").fill(LOCK)
    page.get_by_label("Platform").select_option("manylinux_2_28_aarch64")
    page.get_by_label("Python").select_option("3.11")
    page.get_by_role("button", name="Check").click()
    assert "10 packages of a requirements.txt" in page.inner_text("main")
    row = page.locator("tr", has_text="annoy")
    assert "wheel" in row.inner_text()
    assert page.get_by_label("Python").input_value() == "3.11"
    assert "x:y" not in page.locator("table").inner_text()
    fits(page, width)
    if script:
        accessible(page)
    row.get_by_role("link", name=ANNOY).click()
    assert page.url == f"{server.url}wheel/{ANNOY}/"


def test_a_lock_is_uploaded(opened: Open, server: Served, tmp_path: Path) -> None:
    lock = tmp_path / "requirements.txt"
    lock.write_text("\ufeffannoy==1.0.2\n", encoding="utf-8")
    page = opened(f"{server.url}audit/")
    page.get_by_label("Lock file").set_input_files(lock)
    page.get_by_label("Platform").select_option("macosx_12_0_arm64")
    page.get_by_label("Python").select_option("3.11")
    page.get_by_role("button", name="Check").click()
    assert "has a wheel: 1" in page.inner_text("main")


def test_what_is_no_lock_is_explained(browser: Browser, server: Served) -> None:
    page = browser.new_page()
    page.goto(f"{server.url}audit/")
    page.get_by_label("Or its text").fill("what is <script>?")
    page.get_by_role("button", name="Check").click()
    assert "neither a requirement nor TOML" in page.inner_text(".notice")
    accessible(page)
    page.close()


def test_what_is_not_there(browser: Browser, server: Served) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.goto(f"{server.url}project/nothing/")
    assert page.locator("h1").inner_text() == "Not found"
    assert page.evaluate("getComputedStyle(document.body).margin") == "0px"  # the style was found
    fits(page, 390)
    accessible(page)
    page.get_by_role("link", name="All projects").click()
    assert page.url == server.url
    page.close()
