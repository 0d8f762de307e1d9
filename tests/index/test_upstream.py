"""Another index asked over HTTP, and merged with a wheelhouse."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING

import pytest
from upstream_server import UpstreamServer, running_upstream

from orchestrator.errors import BadIndexSettingsError, IndexUnreachableError
from orchestrator.index import merged, upstream
from orchestrator.index.catalogue import Catalogue
from orchestrator.index.merge import MergeRules
from orchestrator.index.merged import Merged
from orchestrator.index.settings import Settings, read_settings
from orchestrator.index.upstream import Upstream
from orchestrator.resolve.configuration import IndexConfiguration

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from index_store import Store

MAC = "cp311-cp311-macosx_11_0_arm64"


class Clock:
    """Seconds that a test sets."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server() -> Iterator[UpstreamServer]:
    with running_upstream() as found:
        found.add("tiny", "tiny-1.0.tar.gz", b"source")
        found.add("tiny", f"tiny-2.0-{MAC}.whl", b"theirs", b"Metadata-Version: 2.1\nName: tiny\n")
        yield found


def asking(server: UpstreamServer, folder: Path, clock: Clock) -> Upstream:
    return Upstream(server.url, IndexConfiguration(), folder / "pages", clock)


def both(
    server: UpstreamServer, store: Store, clock: Clock, rules: MergeRules, *, mirror: bool = False
) -> Merged:
    return Merged(
        Catalogue(store.folder),
        asking(server, store.folder, clock),
        Settings(upstream=server.url, mirror=mirror, rules=rules),
        store.folder / "mirror",
        clock,
    )


def wait_for_change(facts: Merged) -> frozenset[str]:
    for _ in range(200):
        if changed := facts.refresh():
            return changed
        time.sleep(0.02)
    return frozenset()


def test_a_page_is_asked_for_once_and_then_only_whether_it_changed(
    server: UpstreamServer, tmp_path: Path, clock: Clock
):
    other = asking(server, tmp_path, clock)
    first = other.ask("tiny")
    assert first.project
    assert [file.filename for file in first.project.files] == [
        "tiny-1.0.tar.gz",
        f"tiny-2.0-{MAC}.whl",
    ]
    wheel = first.project.files[1]
    assert (wheel.size, wheel.sha256) == (6, hashlib.sha256(b"theirs").hexdigest())
    assert len(wheel.metadata_sha256) == 64
    assert asking(server, tmp_path, clock).ask("tiny") == first
    assert server.asked == ["/simple/tiny/"]
    clock.now += upstream.FRESH_SECONDS + 1
    assert other.ask("tiny").project == first.project
    assert len(server.asked) == 2


def test_what_upstream_lacks_is_known_too(server: UpstreamServer, tmp_path: Path, clock: Clock):
    assert asking(server, tmp_path, clock).ask("other").project is None
    assert asking(server, tmp_path, clock).ask("other").project is None
    assert server.asked == ["/simple/other/"]


def test_while_it_is_down_what_it_said_last_counts_and_is_marked(
    server: UpstreamServer, tmp_path: Path, clock: Clock
):
    other = asking(server, tmp_path, clock)
    known = other.ask("tiny").project
    server.down = True
    clock.now += upstream.FRESH_SECONDS + 1
    theirs = other.ask("tiny")
    assert theirs.project == known
    assert theirs.stale.startswith("20")
    with pytest.raises(IndexUnreachableError):
        other.ask("never-asked-before")


def test_a_listed_name_is_upstream_s_and_ours(server: UpstreamServer, store: Store, clock: Clock):
    ours = store.publish("tiny", "1.0")
    store.publish("tiny", "2.0")
    page = both(server, store, clock, MergeRules(names=("tiny",))).project("tiny")
    assert page
    assert [(file.filename, file.url.startswith("http")) for file in page.files] == [
        (ours, False),
        ("tiny-1.0.tar.gz", True),
        (f"tiny-2.0-{MAC}.whl", True),
    ]
    assert page.files[2].sha256 == hashlib.sha256(b"theirs").hexdigest()
    assert page.tracks == (f"{server.url}tiny/",)


def test_nobody_hears_of_names_that_are_ours_alone(
    server: UpstreamServer, store: Store, clock: Clock
):
    store.publish("tiny", "1.0")
    store.publish("acme_core", "1.0")
    rules = MergeRules(names=("other",), private=("acme-*",), unlisted="proxy")
    facts = both(server, store, clock, rules)
    for name in ("tiny", "acme-core"):
        page = facts.project(name)
        assert page
        assert len(page.files) == 1
        assert not page.tracks
    assert facts.project("acme-secret") is None
    assert facts.elsewhere("acme-secret") == ""
    assert facts.bring("acme_secret-1.0-py3-none-any.whl") is None
    assert server.asked == []


def test_all_that_was_built_from_an_index_can_be_listed_at_once(
    server: UpstreamServer, store: Store, clock: Clock
):
    store.publish("tiny", "1.0")
    page = both(server, store, clock, MergeRules(built=True)).project("tiny")
    assert page
    assert len(page.files) == 3


@pytest.mark.parametrize(
    ("unlisted", "files", "elsewhere"),
    [("redirect", 0, True), ("proxy", 2, False), ("404", 0, False)],
)
def test_a_name_that_only_upstream_has(
    server: UpstreamServer, store: Store, clock: Clock, unlisted: str, files: int, elsewhere: bool
):
    facts = both(server, store, clock, MergeRules(unlisted=unlisted))  # type: ignore[arg-type]
    page = facts.project("tiny")
    assert len(page.files if page else ()) == files
    assert facts.elsewhere("tiny") == (f"{server.url}tiny/" if elsewhere else "")


def test_ours_is_served_while_upstream_never_answered(
    server: UpstreamServer, store: Store, clock: Clock
):
    store.publish("tiny", "1.0")
    server.down = True
    facts = both(server, store, clock, MergeRules(names=("tiny", "other")))
    page = facts.project("tiny")
    assert page
    assert (len(page.files), page.stale) == (1, "never")
    with pytest.raises(IndexUnreachableError):
        facts.project("other")


def test_an_old_page_is_renewed_behind_its_reader_s_back(
    server: UpstreamServer, store: Store, clock: Clock
):
    store.publish("tiny", "1.0")
    facts = both(server, store, clock, MergeRules(names=("tiny",)))
    facts.refresh()
    before = facts.project("tiny")
    server.add("tiny", "tiny-3.0.tar.gz", b"newer")
    assert facts.project("tiny") == before
    clock.now += merged.FRESH_SECONDS + 1
    assert facts.project("tiny") == before
    assert wait_for_change(facts) == {"tiny"}
    after = facts.project("tiny")
    assert after
    assert after.files[-1].filename == "tiny-3.0.tar.gz"
    facts.close()


def test_a_mirror_serves_upstream_s_files_from_here(
    server: UpstreamServer, store: Store, clock: Clock
):
    store.publish("tiny", "1.0")
    facts = both(server, store, clock, MergeRules(names=("tiny",)), mirror=True)
    name = f"tiny-2.0-{MAC}.whl"
    page = facts.project("tiny")
    assert page
    assert all(file.url.startswith("../../files/") for file in page.files)
    assert facts.path(name) is None
    brought = facts.bring(name)
    assert brought
    assert brought.read_bytes() == b"theirs"
    assert facts.bring(f"{name}.metadata") == brought.with_name(f"{name}.metadata")
    server.down = True
    assert facts.path(name) == brought
    assert facts.bring("tiny-9.9.tar.gz") is None


def test_a_file_that_is_not_what_the_page_says_is_not_kept(
    server: UpstreamServer, store: Store, clock: Clock
):
    facts = both(server, store, clock, MergeRules(names=("tiny",)), mirror=True)
    assert facts.project("tiny")
    server.add("tiny", "tiny-1.0.tar.gz", b"altered")
    with pytest.raises(IndexUnreachableError, match="its page says"):
        facts.bring("tiny-1.0.tar.gz")
    assert facts.path("tiny-1.0.tar.gz") is None


def test_settings_are_read(tmp_path: Path):
    path = tmp_path / "index.toml"
    assert read_settings(path) == Settings()
    path.write_text(
        '[upstream]\nurl = "default"\nmirror = true\n'
        '[merge]\nnames = ["Annoy", "zope.*"]\nprivate = ["ACME_*"]\nunlisted = "404"\n'
    )
    assert read_settings(path) == Settings(
        upstream="default",
        mirror=True,
        rules=MergeRules(names=("annoy", "zope-*"), private=("acme-*",), unlisted="404"),
    )
    path.write_text('[upstream]\nurl = "default"\n[merge]\nnames = "built"\n')
    assert read_settings(path).rules == MergeRules(built=True)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[merge", "index.toml"),
        ('[merge]\nnames = "all"\n', "names"),
        ('[merge]\nname = ["annoy"]\n', "name"),
        ('[merge]\nnames = ["annoy"]\n', "upstream.url"),
        ('[merge]\nunlisted = "never"\n', "unlisted"),
    ],
)
def test_settings_that_say_nothing_sensible_are_refused(tmp_path: Path, text: str, says: str):
    path = tmp_path / "index.toml"
    path.write_text(text)
    with pytest.raises(BadIndexSettingsError, match=says):
        read_settings(path)
