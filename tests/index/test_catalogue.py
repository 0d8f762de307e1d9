import hashlib
import shutil
import threading
from pathlib import Path

import pytest
from index_store import Store

from orchestrator.index.catalogue import Catalogue
from orchestrator.index.state import ProjectState, State, state_path


def only(catalogue: Catalogue, name: str = "tiny"):
    (file,) = catalogue.project(name).files
    return file


def test_a_published_wheel_is_offered_with_all_that_is_known(store: Store):
    filename = store.publish()
    catalogue = Catalogue(store.folder)
    assert catalogue.names() == ("tiny",)
    file = only(catalogue)
    content = (store.folder / filename).read_bytes()
    metadata = (store.folder / f"{filename}.metadata").read_bytes()
    assert file.filename == filename
    assert file.url == f"../../files/{filename}"
    assert (file.version, file.size) == ("1.0", len(content))
    assert file.sha256 == hashlib.sha256(content).hexdigest()
    assert file.metadata_sha256 == hashlib.sha256(metadata).hexdigest()
    assert (file.requires_python, file.uploaded) == (">=3.9", "2025-06-01T12:00:00Z")
    assert (file.yanked, file.provenance) == (None, "")
    assert catalogue.path(filename) == store.folder / filename
    assert catalogue.path(f"{filename}.metadata") == store.folder / f"{filename}.metadata"
    assert [record.filename for record in catalogue.records("tiny")] == [filename]


def test_names_are_normalized_and_versions_sorted_as_versions(store: Store):
    for version in ("1.10", "1.9", "1.9+local.1"):
        store.publish("My_Pkg.x", version)
    project = Catalogue(store.folder).project("my-pkg-x")
    assert [file.version for file in project.files] == ["1.9", "1.9+local.1", "1.10"]
    assert project.files[1].url.endswith(
        "/My_Pkg.x-1.9%2Blocal.1-cp311-cp311-macosx_11_0_arm64.whl"
    )


def test_what_no_record_vouches_for_is_not_offered(store: Store):
    filename = store.publish()
    other = "other-1.0-py3-none-any.whl"
    shutil.copy(store.folder / filename, store.folder / other)
    (store.folder / "broken-x-py3-none-any.whl").write_bytes(b"")
    catalogue = Catalogue(store.folder)
    assert catalogue.names() == ("tiny",)
    assert catalogue.project("other") is None
    for name in (
        other,
        "",
        ".",
        "..",
        "../x",
        ".lock",
        ".store",
        "x.whl",
        "tiny-1.0-py3-none-any.whl",
    ):
        assert catalogue.path(name) is None


@pytest.mark.parametrize("same_size", [False, True])
def test_a_killed_replacement_is_not_offered(store: Store, same_size: bool):
    filename = store.publish()
    store.publish(payload=b"PAYLOAD" if same_size else b"longer payload", fingerprint="cd" * 32)
    old = store.folder / filename
    # As if the first wheel were still there: the last of the three renames did not happen.
    store.publish(payload=b"payload", fingerprint="ef" * 32)
    kept = old.read_bytes()
    newer = "PAYLOAD" if same_size else "longer payload"
    store.publish(payload=newer.encode(), fingerprint="cd" * 32)
    old.unlink()
    with old.open("wb") as file:
        file.write(kept)
    for path in (store.folder / ".records").glob("*cdcd*.json"):
        path.touch()
    catalogue = Catalogue(store.folder)
    assert catalogue.project("tiny") is None
    assert catalogue.path(filename) is None


def test_metadata_that_is_not_the_wheels_is_not_offered(store: Store):
    filename = store.publish()
    (store.folder / f"{filename}.metadata").write_text("Metadata-Version: 2.1\n")
    catalogue = Catalogue(store.folder)
    assert only(catalogue).metadata_sha256 == ""
    assert catalogue.path(f"{filename}.metadata") is None
    assert catalogue.path(filename)


def test_provenance_is_linked_where_it_exists(store: Store):
    filename = store.publish()
    (store.folder / f"{filename}.provenance").write_text("{}")
    catalogue = Catalogue(store.folder)
    assert only(catalogue).provenance == f"../../files/{filename}.provenance"
    assert catalogue.path(f"{filename}.provenance")
    assert catalogue.path(f"{filename}.provenance.metadata") is None


def test_nothing_changed_is_told_without_looking_into_folders(store: Store):
    store.publish()
    store.settle()
    catalogue = Catalogue(store.folder)
    assert catalogue.refresh() == frozenset()
    assert catalogue.project("tiny") is catalogue.project("tiny")


def test_changes_are_told_by_name(store: Store):
    store.publish("stays")
    store.publish("goes")
    catalogue = Catalogue(store.folder)
    kept = catalogue.project("stays")
    first = store.publish("new")
    assert catalogue.refresh() == {"new"}
    assert catalogue.names() == ("goes", "new", "stays")
    assert catalogue.project("stays") is kept
    before = only(catalogue, "new").sha256
    store.publish("new", payload=b"other", fingerprint="cd" * 32)
    assert catalogue.refresh() == {"new"}
    assert only(catalogue, "new").sha256 != before
    for path in store.folder.glob("goes-*"):
        path.unlink()
    assert catalogue.refresh() == {"goes"}
    assert catalogue.project("goes") is None
    assert catalogue.names() == ("new", "stays")
    assert catalogue.path(first)


def test_a_wheel_replaced_at_once_is_seen(store: Store):
    store.publish()
    catalogue = Catalogue(store.folder)
    for number in range(30):
        store.publish(payload=b"%03d" % number)  # one size, one record, one moment
        assert catalogue.refresh() == {"tiny"}
        content = (store.folder / only(catalogue).filename).read_bytes()
        assert only(catalogue).sha256 == hashlib.sha256(content).hexdigest()


def test_decisions_of_operators_count_at_once(store: Store):
    filename = store.publish()
    store.publish("other")
    catalogue = Catalogue(store.folder)
    assert only(catalogue).yanked is None
    store.decide(
        State(
            yanked={filename: "crashes"},
            projects={"other": ProjectState(status="archived", reason="old", tracks=("u",))},
        )
    )
    assert catalogue.refresh() >= {"tiny", "other"}
    assert only(catalogue).yanked == "crashes"
    other = catalogue.project("other")
    assert (other.status, other.reason, other.tracks) == ("archived", "old", ("u",))
    store.decide(State(projects={"other": ProjectState(status="quarantined")}))
    assert catalogue.refresh() >= {"tiny", "other"}
    assert only(catalogue).yanked is None
    assert catalogue.project("other").files == ()
    assert catalogue.path(filename.replace("tiny", "other")) is None
    assert catalogue.records("other")


def test_decisions_that_cannot_be_read_leave_what_was_decided(store: Store):
    filename = store.publish()
    store.decide(State(yanked={filename: "crashes"}))
    catalogue = Catalogue(store.folder)
    state_path(store.folder).write_text("{")
    catalogue.refresh()
    assert "state.json" in catalogue.problem
    assert only(catalogue).yanked == "crashes"


def test_an_empty_folder_has_no_projects(tmp_path: Path):
    catalogue = Catalogue(tmp_path)
    assert catalogue.names() == ()
    assert catalogue.refresh() == frozenset()


def test_pages_are_right_while_another_process_publishes(store: Store):
    store.publish()
    catalogue = Catalogue(store.folder)
    done = threading.Event()

    def publish() -> None:
        for number in range(60):
            store.publish(payload=b"%02d" % number, version=f"1.{number % 9}")
        done.set()

    thread = threading.Thread(target=publish)
    thread.start()
    while not done.is_set():
        catalogue.refresh()
        catalogue.project("tiny")
    thread.join()
    catalogue.refresh()
    for file in catalogue.project("tiny").files:
        content = catalogue.path(file.filename).read_bytes()
        assert hashlib.sha256(content).hexdigest() == file.sha256
