"""Every standard, asked of the running server and of the export behind real web servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import tests.index.conformance_checks  # noqa: F401 (it fills CHECKS)
from tests.index.conformance import CHECKS, Check, Index, outcome
from tests.index.index_server import serving
from tests.index.probe_place import ProbePlace
from tests.index.web_servers import caddy, free_port, nginx

if TYPE_CHECKING:
    from collections.abc import Iterator

KNOWN_GAPS = {
    ("nginx", "PEP 503: capitals in a name are redirected"),
    ("nginx", "HTTP: brotli or zstd"),
    ("caddy", "PEP 503: capitals in a name are redirected"),
}
"""What these web servers can't do, or not without modules. Clients normalize names themselves."""


@pytest.fixture(scope="module", params=["serve", "serve-below", "nginx", "caddy"])
def index(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Index]:
    place = ProbePlace(tmp_path_factory.mktemp(request.param))
    port = free_port()
    if request.param.startswith("serve"):
        below = "/team/wheels" if request.param == "serve-below" else ""
        options = ("--port", str(port), "--public-url", f"http://127.0.0.1:{port}{below}")
        options += ("--base-path", below) if below else ()
        with serving(place.store.directory, place.folder, *options) as served:
            yield Index(f"{served.url}simple/", place.sample)
    else:
        web_server = {"nginx": nginx, "caddy": caddy}[request.param]
        with web_server(place.export(port), place.folder / "server", port) as (url, _):
            yield Index(f"{url}simple/", place.sample)


@pytest.mark.parametrize("asked", CHECKS, ids=lambda asked: asked.name)
def test_standards_are_kept(index: Index, asked: Check, request: pytest.FixtureRequest):
    server = request.node.callspec.params["index"]
    lack = outcome(index, asked)
    if (server, asked.name) in KNOWN_GAPS:
        assert lack, "this can be taken out of the known gaps"
    else:
        assert lack == ""
