"""The pages as the running server answers with them."""

from __future__ import annotations

import asyncio
import functools
import gzip
import html
import os
import re
import subprocess
import threading
import time
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import brotli
import msgspec
import pytest
from index_server import Served, serving
from index_store import Store
from sample_index import HOSTILE, Builder
from test_ui_html import Tags, harmless
from upstream_server import running_upstream
from uv import find_uv_bin

from orchestrator.index.messages import Request
from orchestrator.index.settings import settings_path
from orchestrator.index.state import ProjectState, State
from orchestrator.index.ui.handlers import Pages
from tests.recorded_wheels import recorded_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from orchestrator.index.ui.content import Content

WHEEL = "annoy-1.0.2-cp311-cp311-manylinux_2_28_aarch64.whl"


@pytest.fixture(scope="module")
def index(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(sample, tmp_path_factory.mktemp("served")) as index:
        yield index


def test_pages_have_their_headers(index: Served) -> None:
    for path in ("/", "/project/numpy/", f"/wheel/{WHEEL}/", "/audit/"):
        reply = index.ask(path)
        assert reply.status == 200
        assert reply.headers["content-type"] == "text/html; charset=utf-8"
        assert "script-src 'self'" in reply.headers["content-security-policy"]
        assert "default-src 'none'" in reply.headers["content-security-policy"]
        assert "unsafe" not in reply.headers["content-security-policy"]
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["cache-control"] == "no-cache"
        harmless(reply.body)


def test_what_a_client_has_is_not_sent_again(index: Served) -> None:
    for path in ("/", "/project/numpy/", "/audit/"):
        reply = index.ask(path)
        again = index.ask(path, if_none_match=f'"x", {reply.headers["etag"]}')
        assert (again.status, again.body) == (304, b"")
        assert again.headers["etag"] == reply.headers["etag"]
        assert index.ask(path, if_none_match='"other"').status == 200


def test_pages_are_compressed_as_the_client_likes(index: Served) -> None:
    plain = index.ask("/project/numpy/")
    small = index.ask("/project/numpy/", accept_encoding="gzip")
    smaller = index.ask("/project/numpy/", accept_encoding="gzip, br")
    assert gzip.decompress(small.body) == brotli.decompress(smaller.body) == plain.body
    assert len({one.headers["etag"] for one in (plain, small, smaller)}) == 3
    assert len(smaller.body) < len(plain.body) / 8


def test_head_says_the_same_without_the_page(index: Served) -> None:
    reply = index.ask("/project/numpy/", "HEAD")
    assert (reply.status, reply.body) == (200, b"")
    assert reply.headers["etag"] == index.ask("/project/numpy/").headers["etag"]


def test_assets_may_be_kept_for_ever(index: Served) -> None:
    tags = Tags(index.ask("/").body)
    urls = [attrs["href"] or "" for tag, attrs in tags.elements if tag == "link"]
    urls += [attrs["src"] or "" for tag, attrs in tags.elements if tag == "script"]
    assert len(urls) == 3
    for url in urls:
        reply = index.ask(url.removeprefix("."))
        assert reply.status == 200
        assert "immutable" in reply.headers["cache-control"]
    assert index.ask("/assets/style.css").status == 404


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("/project/numpy", "numpy/"),
        ("/project/NumPy", "numpy/"),
        ("/project/Acme.Billing_Core/", "../acme-billing-core/"),
        (f"/wheel/{WHEEL}", f"{WHEEL}/"),
        ("/audit", "audit/"),
    ],
)
def test_names_lead_to_their_pages(index: Served, path: str, where: str) -> None:
    reply = index.ask(path)
    assert (reply.status, reply.headers["location"]) == (301, where)


@pytest.mark.parametrize(
    "path",
    [
        "/nothing", "/project/", "/project/nothing/", "/project/numpy/more", "/project/..%2f..%2f/",
        "/project/%2e%2e/", "/wheel/x.whl/", "/wheel/../../etc/passwd", "/wheel/..%2f..%2fx.whl/",
        f"/wheel/{WHEEL}/more", "/wheel/numpy-1.26.4-cp39-cp39-macosx_11_0_arm64.whl/log.txt",
        "/assets/..%2fhandlers.py", "/wheel/risky_thing-3.0-cp39-cp39-macosx_11_0_arm64.whl/",
        "/project/%3Cscript%3E/", "/a/b/c/d/", "/project//", "/wheel/%00.whl/",
    ],
)  # fmt: skip
def test_what_is_not_there(index: Served, path: str) -> None:
    reply = index.ask(path)
    assert reply.status == 404
    assert b"Not found" in reply.body or b"There is nothing here" in reply.body
    assert b"<script>" not in reply.body


def test_searching_without_a_script(index: Served) -> None:
    reply = index.ask("/?" + urlencode({"q": "Acme_"}))
    assert "3 of 30 projects" in reply.text
    assert ">acme-app</a>" in reply.text
    assert ">numpy</a>" not in reply.text
    for query in ("page=99", "page=-1", "page=x", "q=%ff%00", "q=" + "x" * 1500, "&&&=", "q=a&q=b"):
        assert index.ask(f"/?{query}").status == 200, query
    assert b"<script>" not in index.ask("/?" + urlencode({"q": HOSTILE})).body


def test_examples_name_the_address_that_was_asked(index: Served) -> None:
    own = index.ask("/project/numpy/").text
    assert f"{index.url}simple/</span>" in own
    other = index.ask("/project/numpy/", host="wheels.example:8000").text
    assert "http://wheels.example:8000/simple/</span>" in other
    assert " --trusted-host wheels.example:8000</span>" in other
    assert " --trusted-host" not in own
    for host in ('x"><script>', "a b", "", "x" * 300):
        page = index.ask("/project/numpy/", host=host)
        assert b"<script>" not in page.body
        if page.status == 200:
            assert b"this-index.invalid" in page.body


def test_a_base_path(sample: Path, tmp_path: Path) -> None:
    with serving(sample, tmp_path, "--base-path", "/wheels") as index:
        page = index.ask("/project/numpy/").text
        assert f"{index.url}simple/</span>" in page
        assert index.url.endswith("/wheels/")


def test_a_public_url_is_what_examples_name(content: Content) -> None:
    pages = Pages(content, public_url="https://w.example/x/")
    request = Request(method="GET", path="/project/numpy/", headers={"host": "evil.example"})
    answer = asyncio.run(pages(request))
    assert b"https://w.example/x/simple/</span>" in answer.body
    assert b"evil.example" not in answer.body


def examples(index: Served, path: str) -> dict[str, str]:
    """What a page says to type or write, by tool."""
    block = re.compile(r'data-copy="(.*?) example"><pre><code>(.*?)</code>', re.DOTALL)
    blocks = block.findall(index.ask(path).text)
    return {tool: html.unescape(re.sub(r"<[^>]*>", "", code)) for tool, code in blocks}


def test_the_examples_install_it(tmp_path: Path) -> None:
    """As uv reads them; pip's would ask the usual index, too."""
    build = Builder(tmp_path / "wheelhouse")
    wheel = recorded_wheel(tmp_path, "acme_real").read_bytes()
    build.wheel("acme-real", "1.0", "3", "any", tag="py3-none-any", content=wheel)
    uv = find_uv_bin()
    environ = {name: value for name, value in os.environ.items() if not name.startswith("UV_")}
    environ["UV_CACHE_DIR"] = str(tmp_path / "cache")
    run = functools.partial(subprocess.run, check=True, capture_output=True, env=environ)
    with serving(build.folder, tmp_path) as index:
        said = examples(index, "/project/acme-real/")
        assert set(said) == {"pip", "uv", "pyproject.toml, for uv", "Dockerfile"}
        _, *command = said["uv"].split()
        run([uv, *command, "--no-deps", "--target", tmp_path / "target"])
        assert (tmp_path / "target" / "acme_real").is_dir()
        project = tmp_path / "project"
        project.mkdir()
        own = '[project]\nname = "x"\nversion = "0"\nrequires-python = ">=3.9"\n'
        text = said["pyproject.toml, for uv"].replace("[project]\n", own)
        (project / "pyproject.toml").write_text(text)
        run([uv, "lock", "--project", project])
        assert f"{index.url}simple" in (project / "uv.lock").read_text()


def test_the_log_of_a_build(index: Served) -> None:
    reply = index.ask(f"/wheel/{WHEEL}/log.txt")
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert "[0/400] zig c++" in reply.text
    assert "hunter2" not in reply.text
    assert "\x1b" not in reply.text


def multipart(**fields: str) -> tuple[bytes, str]:
    """A form as browsers send it; ``file`` is one."""
    parts = []
    for name, value in fields.items():
        filename = '; filename="uv.lock"' if name == "file" else ""
        said = f'content-disposition: form-data; name="{name}"{filename}'
        parts.append(f"--x\r\n{said}\r\n\r\n{value}\r\n")
    return "".join((*parts, "--x--\r\n")).encode(), "multipart/form-data; boundary=x"


LINUX = {"platform": "manylinux_2_28_aarch64", "python": "3.11"}


def test_a_lock_is_answered(index: Served) -> None:
    body, kind = multipart(text="annoy==1.0.2\nnumpy==9\nrequests==2\n", file="", **LINUX)
    reply = index.ask("/audit/", "POST", body, content_type=kind)
    said = harmless(reply.body).text
    assert reply.status == 200
    assert reply.headers["cache-control"] == "no-store"
    assert "has a wheel: 1" in said
    assert "another version only: 1" in said
    assert "not in this index: 1" in said
    assert f'href="../wheel/{WHEEL}/"' in reply.text
    form = urlencode({"text": "annoy==1.0.2", **LINUX}).encode()
    reply = index.ask("/audit/", "POST", form, content_type="application/x-www-form-urlencoded")
    assert "has a wheel: 1" in Tags(reply.body).text


def test_an_uploaded_lock_counts_more_than_a_pasted_one(index: Served) -> None:
    body, kind = multipart(text="numpy==9", file="annoy==1.0.2", **LINUX)
    reply = index.ask("/audit/", "POST", body, content_type=kind)
    assert "1 package of a requirements.txt" in reply.text
    assert "has a wheel: 1" in reply.text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "nothing in it"),
        ({"text": "what is this?"}, "neither a requirement nor TOML"),
        ({"text": "[tool]\nx=1"}, "none of the locks"),
        ({"text": "annoy==1", "platform": HOSTILE, "python": "2.7"}, "1 package"),
    ],
)
def test_what_is_no_lock_is_explained(index: Served, fields: dict[str, str], words: str) -> None:
    body, kind = multipart(**fields)
    reply = index.ask("/audit/", "POST", body, content_type=kind)
    assert reply.status == (200 if words == "1 package" else 422)
    assert words in harmless(reply.body).text


def test_what_is_no_form_is_refused(index: Served) -> None:
    kind = "multipart/form-data; boundary=x"
    for body, content_type in (
        (b"{}", "application/json"),
        (b"nonsense", kind),
        (b"", "multipart/form-data"),
        (b"x" * 100, ""),
        (b"\x00\x01", "application/octet-stream"),
    ):
        reply = index.ask("/audit/", "POST", body, content_type=content_type)
        assert reply.status in {400, 422}, content_type
    large = urlencode({"text": "x" * 5_000_000}).encode()
    reply = index.ask("/audit/", "POST", large, content_type="application/x-www-form-urlencoded")
    assert reply.status == 413
    assert index.ask("/audit/", "PUT").status == 405
    assert index.ask("/", "POST", b"x").status == 405


def test_audits_do_not_hold_up_pages(index: Served) -> None:
    versions = "".join(f"[[package]]\nname='a'\nversion='{number}'\n" for number in range(9000))
    wants = ",".join(f"{{name='a', version='{number}'}}" for number in range(9000))
    lock = f"version=1\n{versions}[[package]]\nname='b'\nversion='1'\ndependencies=[{wants}]\n"
    body, kind = multipart(text=lock)
    post = functools.partial(index.ask, "/audit/", "POST", body, content_type=kind)
    audit = threading.Thread(target=post)
    audit.start()
    time.sleep(0.5)
    times = []
    for _ in range(50):
        began = time.perf_counter()
        assert index.ask("/project/numpy/").status == 200
        times.append(time.perf_counter() - began)
    assert sorted(times)[45] < 0.2
    audit.join()


def test_what_changes_is_shown_within_a_second(tmp_path: Path) -> None:
    store = Store(tmp_path)
    filename = store.publish("tiny")
    with serving(store.folder, tmp_path) as index:
        assert index.ask("/project/other/").status == 404
        assert "1 project<" in index.ask("/").text
        assert "yanked" not in index.ask(f"/wheel/{filename}/").text
        other = store.publish("other")
        assert other in index.eventually("/project/other/", 200).text
        assert index.eventually(f"/wheel/{other}/", 200)
        assert "2 projects<" in index.ask("/").text
        state = State(yanked={filename: "bad"}, projects={"other": ProjectState(status="archived")})
        store.decide(state)
        time.sleep(1)
        assert "Yanked" in index.ask(f"/wheel/{filename}/").text
        assert "archived" in index.ask("/project/other/").text
        assert "archived" in index.ask("/").text


def test_an_upstream_is_shown_as_what_it_is(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.publish("tiny", "1.0")
    with running_upstream() as upstream:
        upstream.add("tiny", "tiny-2.0-py3-none-any.whl", b"theirs")
        settings_path(store.folder).parent.mkdir(exist_ok=True)
        settings_path(store.folder).write_text(
            f'[upstream]\nurl = "{upstream.url}"\n[merge]\nnames = ["tiny", "theirs"]\n'
        )
        with serving(store.folder, tmp_path) as index:
            assert upstream.asked == []
            assert "tiny" in index.ask("/").text
            assert upstream.asked == []  # a list asks nobody
            page = harmless(index.ask("/project/tiny/").body)
            assert "upstream" in page.text
            assert "structural" in page.text
            assert "pip install --index-url" in page.text
            asked = len(upstream.asked)
            body, kind = multipart(text="tiny==2.0\nsecret-name==1\n", **LINUX)
            reply = index.ask("/audit/", "POST", body, content_type=kind)
            assert "has a wheel: 1" in Tags(reply.body).text
            assert "passed on to another index: 1" in Tags(reply.body).text
            assert len(upstream.asked) == asked
            assert not [path for path in upstream.asked if "secret" in path]
            upstream.down = True
            assert index.ask("/project/theirs/").status == 503


def test_a_hundred_projects_make_a_page(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for number in range(3):
        store.publish(f"p{number}")
    record = next((store.folder / ".records").iterdir())
    for number in range(3, 230):  # as many copies of a wheel under other names
        name = f"p{number}-1.0-cp311-cp311-macosx_11_0_arm64.whl"
        original = record.name.rpartition(".whl")[0] + ".whl"
        said = msgspec.json.decode(record.read_bytes()) | {"name": f"p{number}", "filename": name}
        copy = store.folder / ".records" / f"{name}.{'ab' * 8}.json"
        copy.write_bytes(msgspec.json.encode(said))
        (store.folder / name).write_bytes((store.folder / original).read_bytes())
    with serving(store.folder, tmp_path) as index:
        first = index.ask("/").text
        assert "230 projects, page 1 of 3" in first
        assert first.count("data-name=") == 100
        last = index.ask("/?page=3").text
        assert last.count("data-name=") == 30
        assert 'rel="prev"' in last
        assert 'rel="next"' not in last
