from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from orchestrator.model import (
    NO_PYTHON,
    BuildSettings,
    BuiltLibrary,
    LibraryBuild,
    PackedLibrary,
    Platform,
    PublishedLibrary,
    Source,
    Step,
    Target,
    ToolchainIdentity,
    VerifiedLibrary,
)
from orchestrator.wheelhouse.libraries import LibraryStore
from orchestrator.wheelhouse.store import Wheelhouse, open_wheelhouse

if TYPE_CHECKING:
    from pathlib import Path

CREATED = "2025-06-01T12:00:00Z"
STEP = Step(
    source=Source(name="tiny", version="1.2", kind="url", location="x", digest="sha256:00"),
    settings=BuildSettings(library=LibraryBuild(system="make")),
    target=Target(
        platform=Platform(os="linux", arch="aarch64", minimum=(2, 28), libc="glibc"),
        interpreter=NO_PYTHON,
    ),
    toolchain=ToolchainIdentity(name="zig", versions={}),
    python="",
    fingerprint="ab" * 32,
    kind="library",
    settled="77",
)


@pytest.fixture
def wheelhouse(tmp_path: Path) -> Wheelhouse:
    return open_wheelhouse(tmp_path / "wheelhouse")


@pytest.fixture
def store(wheelhouse: Wheelhouse) -> LibraryStore:
    return LibraryStore(wheelhouse)


def publish(store: LibraryStore, folder: Path, step: Step = STEP) -> PublishedLibrary:
    archive = folder / f"tiny-1.2-{step.target.platform.tag}-{step.fingerprint[:16]}.tar.gz"
    archive.write_bytes(step.fingerprint.encode())
    built = BuiltLibrary(step=step, prefix=folder)
    packed = PackedLibrary(built=built, path=archive, files=("lib/libtiny.so",))
    verified = VerifiedLibrary(packed=packed, findings=(), interface="1" * 64)
    return store.publish(verified, seconds=1.0, created=CREATED)


def test_it_is_found_by_its_fingerprint_alone(store: LibraryStore, tmp_path: Path):
    published = publish(store, tmp_path)
    found = store.find(STEP.fingerprint)
    assert found
    assert (found.record, found.path, found.cached) == (published.record, published.path, True)
    assert store.find(STEP.fingerprint[:-2] + "cd") is None
    assert [record.fingerprint for record in store.history("tiny")] == [STEP.fingerprint]
    assert store.history("tin") == ()


def test_installers_see_nothing_of_it(store: LibraryStore, wheelhouse: Wheelhouse, tmp_path: Path):
    publish(store, tmp_path)
    assert all(path.name.startswith(".") for path in wheelhouse.directory.iterdir())
    assert list((wheelhouse.directory / ".incoming").iterdir()) == []


def test_one_without_its_bytes_is_not_there(store: LibraryStore, tmp_path: Path):
    published = publish(store, tmp_path)
    published.path.write_bytes(b"x" * published.record.size)
    assert store.find(STEP.fingerprint) is None


def test_one_is_adopted_where_its_needs_changed_but_not_what_they_offer(
    store: LibraryStore, tmp_path: Path
):
    publish(store, tmp_path)
    new = msgspec.structs.replace(STEP, fingerprint="cd" * 32, parts={"format": "9"})
    assert store.find(new.fingerprint) is None
    adopted = store.adopt(new)
    assert adopted
    assert (adopted.record.fingerprint, adopted.record.parts) == (new.fingerprint, new.parts)
    assert store.find(new.fingerprint) == adopted
    assert store.find(STEP.fingerprint)
    assert store.adopt(msgspec.structs.replace(new, settled="88")) is None
    assert store.adopt(msgspec.structs.replace(new, settled="")) is None
