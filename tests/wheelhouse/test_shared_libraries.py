"""Native libraries of wheelhouses in an object store; every folder is another machine."""

from pathlib import Path

import msgspec
import pytest
from test_library_store import STEP, publish

from orchestrator.model import PublishedLibrary
from orchestrator.wheelhouse.bucket import Bucket
from orchestrator.wheelhouse.exchange import file_key
from orchestrator.wheelhouse.libraries import LibraryStore, find_made, libraries_in
from orchestrator.wheelhouse.shared_libraries import SharedLibraries
from orchestrator.wheelhouse.store import SHARED, Wheelhouse, open_wheelhouse

FINGERPRINT = STEP.fingerprint


class Machines:
    def __init__(self, folder: Path, address: str) -> None:
        self.folder = folder
        self.address = address

    def house(self, name: str) -> Wheelhouse:
        place = self.folder / name
        place.mkdir(exist_ok=True)
        (place / SHARED).write_text(f"{self.address}\n")
        return open_wheelhouse(place)

    def libraries(self, name: str) -> LibraryStore:
        return libraries_in(self.house(name))

    def publish(self, name: str, **changes: object) -> PublishedLibrary:
        scratch = self.folder / f"scratch-{name}"
        scratch.mkdir(exist_ok=True)
        return publish(self.libraries(name), scratch, msgspec.structs.replace(STEP, **changes))


@pytest.fixture
def machines(tmp_path: Path, bucket_address: str) -> Machines:
    return Machines(tmp_path, bucket_address)


def test_published_here_is_found_elsewhere(machines: Machines) -> None:
    assert isinstance(machines.libraries("here"), SharedLibraries)
    published = machines.publish("here")
    found = machines.libraries("elsewhere").find(FINGERPRINT)
    assert found
    assert found.cached
    assert found.record == published.record
    assert found.path.read_bytes() == published.path.read_bytes()
    assert find_made(machines.house("third"), STEP) is not None
    assert machines.libraries("elsewhere").find("cd" * 32) is None
    # It is no wheel, and no wheel is a library.
    assert machines.house("elsewhere").find(FINGERPRINT) is None


def test_what_did_not_reach_the_store_is_brought_there_later(
    machines: Machines, tmp_path: Path
) -> None:
    publish(LibraryStore(machines.house("here")), tmp_path)
    assert machines.libraries("elsewhere").find(FINGERPRINT) is None
    assert machines.libraries("here").find(FINGERPRINT)
    assert machines.libraries("elsewhere").find(FINGERPRINT)


def test_what_is_damaged_is_not_found_and_can_be_published_anew(machines: Machines) -> None:
    record = machines.publish("here").record
    Bucket(machines.address).write(file_key(record), b"damaged")
    assert machines.libraries("elsewhere").find(FINGERPRINT) is None
    machines.publish("elsewhere")
    assert machines.libraries("third").find(FINGERPRINT)


def test_adopted_elsewhere(machines: Machines) -> None:
    published = machines.publish("here")
    now = msgspec.structs.replace(STEP, fingerprint="cd" * 32)
    adopted = machines.libraries("elsewhere").adopt(now)
    assert adopted
    assert adopted.record.sha256 == published.record.sha256
    assert machines.libraries("third").find("cd" * 32)
    names = {record.fingerprint for record in machines.libraries("third").history("tiny")}
    assert names == {FINGERPRINT, "cd" * 32}
