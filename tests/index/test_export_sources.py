"""What is exported of wheelhouses that are merged with an upstream, or lie in an object store."""

from __future__ import annotations

import json
import stat
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from export_case import START
from upstream_server import running_upstream
from web_servers import caddy, nginx

from orchestrator.errors import IndexUnreachableError, NoWheelhouseError
from orchestrator.index.export import Exporter
from orchestrator.index.manifest import Exported, unmarked
from orchestrator.index.places import Folder
from orchestrator.index.settings import settings_path
from orchestrator.index.site_pages import site_pages
from orchestrator.index.snippets import snippets
from orchestrator.index.sources import quiet, whole_facts
from orchestrator.index.ui.frame import POLICY
from orchestrator.wheelhouse.shared import local_half
from orchestrator.wheelhouse.store import open_wheelhouse
from tests.wheelhouse.sample_wheels import CREATED, verified

if TYPE_CHECKING:
    from pathlib import Path

    from index_store import Store

WHEEL = "tiny-1.0-cp311-cp311-macosx_11_0_arm64.whl"


def export(wheelhouse: Path, folder: Path, upstream: str = "") -> Exported:
    """As the command does it."""
    facts = whole_facts(wheelhouse, upstream)
    return Exporter(
        facts,
        Folder(folder),
        makers=(lambda: site_pages(facts), unmarked("_server", lambda: snippets(str(folder)))),
        quiet=lambda: quiet(wheelhouse),
        now=START,
    ).run()


def page(folder: Path, name: str) -> dict[str, Any]:
    content = (folder / "simple" / name / "index.json").read_bytes()
    found: dict[str, Any] = json.loads(content)
    return found


def listed(store: Store, text: str = "") -> None:
    path = settings_path(store.folder)
    path.parent.mkdir(exist_ok=True)
    path.write_text(f'{text}[merge]\nnames = ["tiny", "absent"]\nprivate = ["acme-*"]\n')


def test_listed_names_have_upstreams_files_too(store: Store, tmp_path: Path):
    store.publish("tiny", "2.0")
    store.publish("secret")
    listed(store)
    with running_upstream() as upstream:
        digest = upstream.add("tiny", "tiny-1.0.tar.gz", b"source")
        upstream.add("secret", "secret-9.0.tar.gz", b"a stranger's")
        export(store.folder, tmp_path / "e", upstream.url)
        theirs, ours = page(tmp_path / "e", "tiny")["files"]
        assert theirs["hashes"] == {"sha256": digest}
        assert theirs["url"].startswith(upstream.url.removesuffix("/simple/"))
        assert ours["url"].startswith("../../files/")
        assert page(tmp_path / "e", "secret")["versions"] == ["1.0"]
        assert not [path for path in upstream.asked if "secret" in path]
        assert not (tmp_path / "e" / "files" / "tiny-1.0.tar.gz").exists()
        assert export(store.folder, tmp_path / "e", upstream.url).pages == 0


def test_mirrored_files_are_exported(store: Store, tmp_path: Path):
    store.publish("tiny", "2.0")
    with running_upstream() as upstream:
        listed(store, f'[upstream]\nurl = "{upstream.url}"\nmirror = true\n')
        upstream.add("tiny", "tiny-1.0-py3-none-any.whl", b"wheel", b"metadata")
        export(store.folder, tmp_path / "e")
        theirs = page(tmp_path / "e", "tiny")["files"][0]
        assert theirs["url"] == "../../files/tiny-1.0-py3-none-any.whl"
        files = tmp_path / "e" / "files"
        assert (files / "tiny-1.0-py3-none-any.whl").read_bytes() == b"wheel"
        assert (files / "tiny-1.0-py3-none-any.whl.metadata").read_bytes() == b"metadata"


def test_where_upstream_is_down_the_export_stays_as_it_is(store: Store, tmp_path: Path):
    store.publish("tiny", "2.0")
    listed(store)
    with running_upstream() as upstream:
        upstream.add("tiny", "tiny-1.0.tar.gz", b"source")
        upstream.add("absent", "absent-1.0.tar.gz", b"source")
        export(store.folder, tmp_path / "e", upstream.url)
        upstream.down = True
        export(store.folder, tmp_path / "e", upstream.url)
        assert len(page(tmp_path / "e", "tiny")["files"]) == 2
        assert page(tmp_path / "e", "absent")["versions"]


def test_an_upstream_that_never_answered(store: Store, tmp_path: Path):
    store.publish("tiny", "2.0")
    listed(store)
    with running_upstream() as upstream:
        upstream.down = True
        with pytest.raises(IndexUnreachableError):
            export(store.folder, tmp_path / "e", upstream.url)
        assert not (tmp_path / "e").exists()


def test_a_wheelhouse_in_an_object_store(
    tmp_path: Path, bucket_address: str, monkeypatch: pytest.MonkeyPatch
):
    """What another machine has published is brought here first."""
    for machine in ("one", "two"):
        monkeypatch.setenv("ORCHESTRATE_CACHE", str(tmp_path / machine))
        folder = local_half(bucket_address)
        if machine == "one":
            wheel = verified(tmp_path)
            open_wheelhouse(folder).publish(wheel, seconds=1.0, created=CREATED)
    done = export(folder, tmp_path / "e")
    assert (done.projects, done.taken) == (1, 2)
    assert (tmp_path / "e" / "files" / WHEEL).is_file()


def test_a_folder_that_is_not_there(tmp_path: Path):
    with pytest.raises(NoWheelhouseError):
        whole_facts(tmp_path / "nowhere")


def test_web_servers_can_read_what_only_the_owner_could(store: Store, tmp_path: Path):
    store.publish()
    (store.folder / WHEEL).chmod(0o600)
    export(store.folder, tmp_path / "e")
    mode = (tmp_path / "e" / "files" / WHEEL).stat().st_mode
    assert mode & stat.S_IROTH
    assert (store.folder / WHEEL).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("server", [nginx, caddy])
def test_pages_for_people_behind_web_servers(store: Store, tmp_path: Path, server: Any):
    store.publish()
    export(store.folder, tmp_path / "e")
    with server(tmp_path / "e", tmp_path / "server") as (url, _):
        for path in ("", "project/tiny/", f"wheel/{WHEEL}/", "audit/"):
            with urllib.request.urlopen(f"{url}{path}", timeout=9) as answer:  # noqa: S310
                assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
                assert answer.headers["Content-Security-Policy"] == POLICY
                assert answer.headers["Cache-Control"] == "no-cache"
        for asset in (tmp_path / "e" / "assets").iterdir():
            with urllib.request.urlopen(f"{url}assets/{asset.name}", timeout=9) as answer:  # noqa: S310
                assert "immutable" in answer.headers["Cache-Control"]
                assert answer.headers["Content-Type"].partition(";")[0] in {
                    "text/css",
                    "text/javascript",
                    "image/svg+xml",
                }
        for own in (".export.json", ".export.lock", "_server/nginx.conf", "_server/Caddyfile"):
            with pytest.raises(urllib.error.HTTPError, match="404"):
                urllib.request.urlopen(f"{url}{own}", timeout=9)  # noqa: S310
        with pytest.raises(urllib.error.HTTPError) as missing:
            urllib.request.urlopen(f"{url}project/none/", timeout=9)  # noqa: S310
        assert missing.value.code == 404
        assert missing.value.read() == (tmp_path / "e" / "404.html").read_bytes()
