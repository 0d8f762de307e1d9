"""The questions of the conformance probe, standard by standard."""

from __future__ import annotations

import gzip
import json
import re
from datetime import datetime
from urllib.parse import urljoin, urlsplit

from tests.index.conformance import (
    BROWSER,
    HTML,
    JSON,
    PIP,
    UV,
    Index,
    Page,
    check,
    need,
    sha256,
    version_of,
)
from tests.index.probe_sample import (
    NAME,
    OLD,
    PROVEN,
    REASON,
    REQUIRES_PYTHON,
    STATUS,
    WHEELS,
    YANKED,
)

NEWEST = WHEELS[1]


@check("PEP 503", "page of all projects")
def _(index: Index) -> None:
    links = Page(index.get(Accept="text/html")).links
    need({NAME, OLD} <= links.keys(), f"lists {sorted(links)[:3]}")
    page = index.get(links[NAME]["href"] or "")
    need(Page(page).links.keys() == set(WHEELS), "its links lead elsewhere")


@check("PEP 503", "page of a project lists all its files")
def _(index: Index) -> None:
    need(set(index.html().links) == set(WHEELS), f"lists {sorted(index.html().links)}")


@check("PEP 503", "every link leads to the file")
def _(index: Index) -> None:
    for filename in WHEELS:
        reply = index.file(filename)
        need(reply.status == 200, f"status {reply.status}")
        need(reply.body == index.sample.content(filename), "other bytes")


@check("PEP 503", "so do those of local versions (1.0+own.1)")
def _(index: Index) -> None:
    page = index.page("probe-local", Accept="text/html")
    for filename in index.sample.of("probe-local"):
        need(filename in Page(page).links, f"lists {sorted(Page(page).links)}")
        reply = index.get(urljoin(page.url, Page(page).links[filename]["href"] or ""))
        need(reply.body == index.sample.content(filename), f"status {reply.status}")


@check("PEP 503", "links carry sha256")
def _(index: Index) -> None:
    for filename in WHEELS:
        wanted = f"#sha256={sha256(index.sample.content(filename))}"
        need((index.link(filename)["href"] or "").endswith(wanted), "no digest")


@check("PEP 503", "HTML 5, sent as text/html")
def _(index: Index) -> None:
    reply = index.page(Accept="text/html")
    need(reply.kind == "text/html", reply.kind)
    need(reply.body.lstrip()[:15].lower() == b"<!doctype html>", "no doctype")


@check("PEP 503", "a name without its slash is redirected")
def _(index: Index) -> None:
    _is_redirect(index, NAME)


@check("PEP 503", "_ and . in a name are redirected")
def _(index: Index) -> None:
    for name in ("probe_thing", "probe.thing", "probe-_thing"):
        _is_redirect(index, f"{name}/")


@check("PEP 503", "capitals in a name are redirected")
def _(index: Index) -> None:
    _is_redirect(index, "Probe-Thing/")


def _is_redirect(index: Index, path: str) -> None:
    reply = index.get(path)
    need(reply.status in {301, 302, 303, 307, 308}, f"status {reply.status}")
    url = reply.url
    for _ in range(3):  # one letter after the other is fine
        if reply.status not in {301, 302, 303, 307, 308}:
            break
        url = urljoin(reply.url, reply.headers["location"])
        reply = index.get(url)
    need(reply.status == 200, f"leads to {reply.status}")
    need(urlsplit(url).path.endswith(f"/{NAME}/"), f"leads to {urlsplit(url).path}")


@check("PEP 503", "unknown projects are 404")
def _(index: Index) -> None:
    reply = index.get("no-such-project-here/")
    need(reply.status == 404, f"status {reply.status}")


@check("PEP 629", "HTML says the version of the API")
def _(index: Index) -> None:
    need(version_of(index.html()) >= (1, 0), "no")


@check("PEP 691", "JSON of a project")
def _(index: Index) -> None:
    page = index.json()
    need(page["name"] == NAME, f"name {page['name']}")
    need(version_of(page) >= (1, 0), "no version")
    for filename in WHEELS:
        need("hashes" in index.json_file(filename), "no hashes")
        need("url" in index.json_file(filename), "no url")


@check("PEP 691", "JSON carries sha256")
def _(index: Index) -> None:
    for filename in WHEELS:
        digest = index.json_file(filename)["hashes"].get("sha256")
        need(digest == sha256(index.sample.content(filename)), f"{digest}")


@check("PEP 691", "JSON of all projects")
def _(index: Index) -> None:
    names = {project["name"] for project in index.get(Accept=JSON).json["projects"]}
    need({NAME, OLD} <= names, f"lists {sorted(names)[:3]}")


@check("PEP 691", "pip and uv get JSON, browsers HTML")
def _(index: Index) -> None:
    for accept, kind in ((PIP, JSON), (UV, JSON), (BROWSER, "text/html"), ("*/*", "text/html")):
        reply = index.page(Accept=accept)
        need(reply.kind == kind, f"{reply.kind} for {accept[:40]}")
    need(index.page().status == 200, "no page without Accept")


@check("PEP 691", "HTML by its own type")
def _(index: Index) -> None:
    need(index.page(Accept=HTML).kind == HTML, index.page(Accept=HTML).kind)


@check("PEP 691", "latest+json")
def _(index: Index) -> None:
    latest = index.page(Accept="application/vnd.pypi.simple.latest+json")
    need(latest.kind == JSON, latest.kind)


@check("PEP 691", "quality values decide")
def _(index: Index) -> None:
    less = index.page(Accept=f"{JSON};q=0.1, text/html")
    need(less.kind == "text/html", less.kind)
    more = index.page(Accept=f"{JSON};q=0.9, text/html;q=0.5")
    need(more.kind == JSON, more.kind)


@check("PEP 691", "?format= decides")
def _(index: Index) -> None:
    for asked in (JSON, JSON.replace("+", "%2B")):
        reply = index.get(f"{NAME}/?format={asked}", Accept="text/html")
        need(reply.kind == JSON, f"{reply.status} {reply.kind}")


@check("PEP 691", "caches are told (Vary: Accept)")
def _(index: Index) -> None:
    vary = re.split(r"\s*,\s*", index.page(Accept=JSON).headers.get("vary", "").lower())
    need("accept" in vary, f"Vary: {', '.join(vary)}")


@check("PEP 658", "metadata beside the wheel")
def _(index: Index) -> None:
    for filename in WHEELS:
        reply = index.file(filename, ".metadata")
        need(reply.status == 200, f"status {reply.status}")
        need(reply.body == index.sample.metadata(filename), "other bytes")


@check("PEP 714", "HTML announces it, with its digest")
def _(index: Index) -> None:
    for filename in WHEELS:
        link, wanted = index.link(filename), f"sha256={sha256(index.sample.metadata(filename))}"
        need(link.get("data-core-metadata") == wanted, f"{link.get('data-core-metadata')}")


@check("PEP 714", "JSON announces it, with its digest")
def _(index: Index) -> None:
    for filename in WHEELS:
        said = index.json_file(filename).get("core-metadata")
        need(said == {"sha256": sha256(index.sample.metadata(filename))}, f"{said}")


@check("PEP 700", "sizes, versions, upload times")
def _(index: Index) -> None:
    page = index.json()
    need(version_of(page) >= (1, 1), f"version {page['meta']['api-version']}")
    need(page.get("versions") == ["1.0", "1.1", "2.0"], f"versions {page.get('versions')}")
    for filename in WHEELS:
        file = index.json_file(filename)
        need(file.get("size") == len(index.sample.content(filename)), f"size {file.get('size')}")
        uploaded = file.get("upload-time", "")
        need(uploaded.endswith("Z"), f"upload-time {uploaded!r}")
        datetime.fromisoformat(uploaded)


@check("Requires-Python", "HTML")
def _(index: Index) -> None:
    for filename in WHEELS:
        said = index.link(filename).get("data-requires-python")
        need(said == REQUIRES_PYTHON, f"{said}")


@check("Requires-Python", "JSON")
def _(index: Index) -> None:
    for filename in WHEELS:
        said = index.json_file(filename).get("requires-python")
        need(said == REQUIRES_PYTHON, f"{said}")


@check("PEP 592", "yanked files, and why: HTML")
def _(index: Index) -> None:
    said = index.link(YANKED).get("data-yanked")
    need(said == REASON, f"{said}")
    need("data-yanked" not in index.link(NEWEST), "says it of others")


@check("PEP 592", "yanked files, and why: JSON")
def _(index: Index) -> None:
    need(
        index.json_file(YANKED).get("yanked") == REASON, f"{index.json_file(YANKED).get('yanked')}"
    )
    need(not index.json_file(NEWEST).get("yanked", False), "says it of others")


@check("PEP 708", "what a project tracks")
def _(index: Index) -> None:
    page = index.json(OLD)
    need(version_of(page) >= (1, 2), f"version {page['meta']['api-version']}")
    need(page["meta"].get("tracks") == list(STATUS.tracks), f"{page['meta'].get('tracks')}")
    need(index.html(OLD).metas.get("pypi:tracks") == STATUS.tracks[0], "not in HTML")


@check("PEP 740", "a link to provenance that leads there")
def _(index: Index) -> None:
    link = index.json_file(PROVEN).get("provenance") or ""
    need(link.startswith("http"), f"{link!r}")
    need(index.link(PROVEN).get("data-provenance") == link, "not in HTML")
    reply = index.get(link)
    need(reply.status == 200, f"leads to {reply.status}")
    need("attestation_bundles" in json.loads(reply.body), "is none")
    need(not index.json_file(NEWEST).get("provenance"), "says it of others")


@check("PEP 792", "status of a project")
def _(index: Index) -> None:
    said = index.json(OLD).get("project-status")
    need(said == {"status": STATUS.status, "reason": STATUS.reason}, f"{said}")
    need(version_of(index.json(OLD)) >= (1, 4), f"version {index.json(OLD)['meta']['api-version']}")
    metas = index.html(OLD).metas
    need(metas.get("pypi:project-status") == STATUS.status, "not in HTML")
    need(metas.get("pypi:project-status-reason") == STATUS.reason, "no reason in HTML")


@check("HTTP", "304 for a page that a client has")
def _(index: Index) -> None:
    tags = set()
    for accept in (PIP, "text/html"):
        etag = index.page(Accept=accept).headers.get("etag", "")
        need(etag, "no ETag")
        tags.add(etag)
        reply = index.page(Accept=accept, If_None_Match=etag)
        need((reply.status, reply.body) == (304, b""), f"status {reply.status}")
        need(index.page(Accept=accept, If_None_Match='"other"').status == 200, "of whatever ETag")
    need(len(tags) in {1, 2}, "no")


@check("HTTP", "304 for a file that a client has")
def _(index: Index) -> None:
    headers = index.file(NEWEST).headers
    need("etag" in headers or "last-modified" in headers, "no ETag")
    known = (
        {"If_None_Match": headers["etag"]}
        if "etag" in headers
        else {"If_Modified_Since": headers["last-modified"]}
    )
    reply = index.file(NEWEST, **known)
    need((reply.status, reply.body) == (304, b""), f"status {reply.status}")


@check("HTTP", "Cache-Control: pages are revalidated, files kept")
def _(index: Index) -> None:
    page = index.page(Accept=PIP).headers.get("cache-control", "")
    need(page, "nothing said of pages")
    age = re.search(r"max-age=(\d+)", page)
    need("no-cache" in page or (age and int(age[1]) <= 600), f"pages: {page}")
    file = index.file(NEWEST).headers.get("cache-control", "")
    age = re.search(r"max-age=(\d+)", file)
    need(age and int(age[1]) >= 60, f"files: {file or 'nothing said'}")


@check("HTTP", "HEAD")
def _(index: Index) -> None:
    page = index.get(f"{NAME}/", "HEAD", Accept=JSON)
    need((page.status, page.body) == (200, b""), f"page: status {page.status}")
    file = index.file(NEWEST, "", "HEAD")
    need((file.status, file.body) == (200, b""), f"file: status {file.status}")
    size = str(len(index.sample.content(NEWEST)))
    need(file.headers.get("content-length") == size, f"length {file.headers.get('content-length')}")


@check("HTTP", "ranges of files")
def _(index: Index) -> None:
    content = index.sample.content(NEWEST)
    for asked, wanted in (
        ("bytes=0-99", content[:100]),
        ("bytes=100-", content[100:]),
        ("bytes=-50", content[-50:]),
    ):
        reply = index.file(NEWEST, Range=asked)
        need(reply.status == 206, f"status {reply.status}")
        need(reply.body == wanted, f"other bytes for {asked}")
    need(index.file(NEWEST, Range=f"bytes={len(content)}-").status == 416, "beyond: not 416")


@check("HTTP", "If-Range: no parts of a file that has changed")
def _(index: Index) -> None:
    content = index.sample.content(NEWEST)
    need(index.file(NEWEST, Range="bytes=0-99").status == 206, "no ranges")
    changed = index.file(NEWEST, Range="bytes=0-99", If_Range='"other"')
    need((changed.status, changed.body) == (200, content), "If-Range is not heeded")


@check("HTTP", "gzip")
def _(index: Index) -> None:
    plain = index.page("probe-many", Accept=PIP)
    packed = index.page("probe-many", Accept=PIP, Accept_Encoding="gzip")
    need(packed.headers.get("content-encoding") == "gzip", "no")
    need(gzip.decompress(packed.body) == plain.body, "other bytes")
    vary = packed.headers.get("vary", "").lower()
    need("accept-encoding" in vary, f"Vary: {vary}")
    need("content-encoding" not in plain.headers, "unasked")
    etag = packed.headers.get("etag", "")
    if etag:
        again = index.page("probe-many", Accept=PIP, Accept_Encoding="gzip", If_None_Match=etag)
        need(again.status == 304, f"its own ETag: {again.status}")


@check("HTTP", "brotli or zstd")
def _(index: Index) -> None:
    packed = index.page("probe-many", Accept=PIP, Accept_Encoding="br, zstd")
    need(packed.headers.get("content-encoding") in {"br", "zstd"}, "no")


@check("HTTP", "paths lead nowhere else")
def _(index: Index) -> None:
    base = index.address(NEWEST).rpartition("/")[0]
    for path in (
        "/../../../../../../etc/passwd",
        "/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "/..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
        "/.lock",
        "/../.records/",
    ):
        reply = index.get(
            f"{index.simple[: index.simple.index('/', 8)]}{urlsplit(base).path}{path}"
        )
        need(b"root:" not in reply.body, "gives away files of the machine")
        need(reply.status in {400, 403, 404, 301, 302, 303, 307, 308}, f"status {reply.status}")
