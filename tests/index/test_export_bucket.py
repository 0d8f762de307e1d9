"""The static export into a bucket, through a real server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import obstore
import pytest
from export_case import Case

from orchestrator.errors import NoBucketError, NotAnExportError
from orchestrator.index.places import Objects
from orchestrator.index.state import State
from orchestrator.wheelhouse.bucket import Bucket

if TYPE_CHECKING:
    from pathlib import Path

    from index_store import Store

WHEEL = "tiny-1.0-cp311-cp311-macosx_11_0_arm64.whl"
PAGE = "simple/tiny/index.json"


@pytest.fixture
def bucket(bucket_address: str) -> Bucket:
    return Bucket(bucket_address)


@pytest.fixture
def case(store: Store, tmp_path: Path, bucket: Bucket) -> Case:
    store.publish()
    return Case(store, tmp_path / "unused", Objects(bucket))


def content(bucket: Bucket, path: str) -> bytes:
    stored = bucket.read(path)
    assert stored
    return stored.content


def test_what_is_written_and_left_alone(case: Case, bucket: Bucket):
    done = case.export()
    assert (done.taken, done.pages) == (2, 6)
    (file,) = json.loads(content(bucket, PAGE))["files"]
    assert file["filename"] == WHEEL
    assert content(bucket, f"files/{WHEEL}") == (case.store.folder / WHEEL).read_bytes()
    done = case.export()
    assert (done.taken, done.pages, done.unchanged) == (0, 0, 8)
    case.store.decide(State(yanked={WHEEL: "broken"}))
    assert case.export().pages == 2
    assert json.loads(content(bucket, PAGE))["files"][0]["yanked"] == "broken"


def test_objects_have_the_headers_that_clients_need(case: Case, bucket: Bucket):
    case.export()
    pages = "no-cache"
    for path, kind, cache in [
        (PAGE, "application/vnd.pypi.simple.v1+json", pages),
        ("simple/tiny/index.html", "text/html; charset=utf-8", pages),
        (f"files/{WHEEL}", "application/octet-stream", "max-age=3600"),
        (f"files/{WHEEL}.metadata", "text/plain; charset=utf-8", "max-age=3600"),
    ]:
        sent = obstore.get(bucket._store, path).attributes
        assert (sent["Content-Type"], sent["Cache-Control"]) == (kind, cache)


def test_what_is_gone_is_deleted(case: Case, bucket: Bucket):
    case.store.publish("other")
    case.store.publish("tiny", "1.0", payload=b"built again", fingerprint="cd" * 32)
    case.export()
    (case.store.folder / WHEEL).unlink()
    done = case.export(grace=60)
    assert done.withdrawn == 2
    assert bucket.read(PAGE) is None
    case.now = case.now.replace(hour=2)
    assert case.export(grace=60).deleted == 2
    assert [path for path in bucket.sizes() if "tiny" in path] == []


def test_many_at_once(case: Case, bucket: Bucket):
    for number in range(40):
        case.store.publish("many", f"{number}.0", fingerprint=f"{number:064x}")
    assert case.export().taken == 82
    assert len(json.loads(content(bucket, "simple/many/index.json"))["files"]) == 40
    assert len(bucket.sizes()) == 82 + 6 + 2 + 1


def test_prefixes_with_other_things_are_refused(case: Case, bucket: Bucket):
    bucket.write("thesis.tex", b"years of work")
    with pytest.raises(NotAnExportError):
        case.export()
    assert list(bucket.sizes()) == ["thesis.tex"]


def test_a_bucket_that_is_not_there_is_named(case: Case, bucket_address: str):
    with pytest.raises(NoBucketError):
        case.export(place=Objects(Bucket("s3://nobody-made-this/index")))
