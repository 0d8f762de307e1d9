"""Wheelhouses in an object store, through a real server; every folder is another machine."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sample_wheels
from sample_wheels import CREATED, step, verified

from orchestrator.errors import (
    BadAddressError,
    BucketAccessError,
    BucketUnreachableError,
    NoBucketError,
)
from orchestrator.files import sha256_of
from orchestrator.model import ProofRun, PublishedWheel, Record, VerifiedWheel
from orchestrator.wheelhouse.bucket import Bucket
from orchestrator.wheelhouse.exchange import decoded
from orchestrator.wheelhouse.shared import SharedWheelhouse, local_half
from orchestrator.wheelhouse.store import (
    SHARED,
    Wheelhouse,
    find_wheelhouse,
    open_wheelhouse,
    wheel_names,
)

WHEEL = "tiny-1.0-cp311-cp311-macosx_11_0_arm64.whl"
FINGERPRINT = "ab" * 32


class Machines:
    """Machines that share one wheelhouse."""

    def __init__(self, folder: Path, address: str) -> None:
        self._folder = folder
        self.address = address
        self.bucket = Bucket(address)

    def house(self, machine: str) -> Path:
        """A local half, made as ``local_half`` makes it, but on a machine of its own."""
        folder = self._folder / machine
        folder.mkdir(exist_ok=True)
        (folder / SHARED).write_text(f"{self.address}\n")
        return folder

    def open(self, machine: str) -> Wheelhouse:
        return open_wheelhouse(self.house(machine))

    def wheel(self, machine: str, **fields: object) -> VerifiedWheel:
        folder = self._folder / f"scratch-{machine}"
        folder.mkdir(exist_ok=True)
        return verified(folder, **fields)

    def publish(self, machine: str, **fields: object) -> PublishedWheel:
        wheel = self.wheel(machine, **fields)
        return self.open(machine).publish(wheel, seconds=1.0, created=CREATED)

    def find(self, machine: str, fingerprint: str = FINGERPRINT) -> PublishedWheel | None:
        found = self.open(machine).find(fingerprint)
        if found:
            assert sha256_of(found.path) == found.record.sha256
            assert found.record.fingerprint == fingerprint
        return found


@pytest.fixture
def machines(tmp_path: Path, bucket_address: str) -> Machines:
    return Machines(tmp_path, bucket_address)


def run(host: str) -> ProofRun:
    return ProofRun(
        proof="emulated",
        host=host,
        python="3.11.2",
        imports=("tiny",),
        outcome="passed",
        seconds=1.0,
        created=CREATED,
    )


def test_published_here_is_found_elsewhere(machines: Machines) -> None:
    published = machines.publish("here")
    assert not published.cached
    found = machines.find("elsewhere")
    assert found
    assert found.cached
    assert found.path == machines.house("elsewhere") / WHEEL
    assert found.path.read_bytes() == published.path.read_bytes()
    assert found.record == published.record
    assert machines.open("elsewhere").list() == (found,)
    assert machines.find("elsewhere", "cd" * 32) is None


def test_what_is_here_is_not_fetched_again(machines: Machines) -> None:
    published = machines.publish("here")
    machines.bucket.write(f"files/{published.record.sha256}/{WHEEL}", b"damaged since then")
    assert machines.find("here")
    assert machines.find("elsewhere") is None


def test_of_two_builders_the_first_publishes(machines: Machines) -> None:
    first = machines.publish("one", payload=b"built first")
    second = machines.publish("two", payload=b"built at the same time")
    assert second.cached
    assert second.record == first.record
    for machine in ("one", "two", "three"):
        found = machines.find(machine)
        assert found
        assert found.path.read_bytes() == first.path.read_bytes()


def test_two_steps_may_make_wheels_of_one_name(machines: Machines) -> None:
    machines.publish("here", payload=b"of one recipe", fingerprint="1" * 64)
    machines.publish("here", payload=b"of another", fingerprint="2" * 64)
    one = machines.find("elsewhere", "1" * 64)
    two = machines.find("elsewhere", "2" * 64)
    assert one
    assert two
    assert one.record.sha256 != two.record.sha256


def test_names_with_all_that_names_may_have(machines: Machines) -> None:
    machines.publish("here", filename="Tiny_x-1!1.0+cpu.2-0-py3.cp39-none-any.whl")
    assert machines.find("elsewhere")


def test_what_did_not_reach_the_store_is_brought_there_later(machines: Machines) -> None:
    # As a builder leaves it that was killed between its two halves.
    wheel = machines.wheel("here")
    Wheelhouse(machines.open("here").directory).publish(wheel, seconds=1.0, created=CREATED)
    assert machines.find("elsewhere") is None
    assert machines.find("here")
    assert machines.find("elsewhere")


@pytest.mark.parametrize("victim", ["wheel", "metadata", "record"])
def test_what_is_damaged_is_not_found_and_can_be_published_anew(
    machines: Machines, victim: str
) -> None:
    record = machines.publish("here").record
    key = {
        "wheel": f"files/{record.sha256}/{WHEEL}",
        "metadata": f"files/{record.sha256}/{WHEEL}.metadata",
        "record": f"records/{FINGERPRINT}.json",
    }[victim]
    stored = machines.bucket.read(key)
    assert stored
    machines.bucket.write(key, b"x" * len(stored.content))
    assert machines.find("elsewhere") is None
    machines.publish("elsewhere")
    assert machines.find("third")


def test_a_step_adopts_a_wheel_that_another_machine_made(machines: Machines) -> None:
    published = machines.publish("here", settled="5" * 64)
    now = step(fingerprint="cd" * 32, settled="5" * 64)
    adopted = machines.open("elsewhere").adopt(now)
    assert adopted
    assert adopted.record.sha256 == published.record.sha256
    assert machines.find("third", "cd" * 32)
    assert machines.open("elsewhere").adopt(step(fingerprint="ef" * 32)) is None


def test_history_is_of_all_machines(machines: Machines) -> None:
    machines.publish("one", fingerprint="1" * 64)
    machines.publish("two", fingerprint="2" * 64)
    machines.publish("two", name="other", fingerprint="3" * 64)
    records = machines.open("three").history("tiny")
    assert {record.fingerprint for record in records} == {"1" * 64, "2" * 64}


def test_runs_of_all_machines_are_kept(machines: Machines) -> None:
    machines.publish("here")
    hosts = [f"host {number}" for number in range(4)]
    stores = {host: machines.open(host) for host in hosts}
    found = {host: stores[host].find(FINGERPRINT) for host in hosts}

    def add(host: str) -> None:
        wheel = found[host]
        assert wheel
        for number in range(3):
            stores[host].add_runs(wheel.record, (run(f"{host}, run {number}"),))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, hosts))
    last = machines.find("elsewhere")
    assert last
    assert len(last.record.runs) == 12
    assert last.record.proof == "emulated"


def test_wheels_of_all_machines_are_named_and_brought(machines: Machines) -> None:
    machines.publish("here", payload=b"old", fingerprint="1" * 64)
    machines.publish("here", name="other", fingerprint="2" * 64)
    newest = machines.wheel("here", payload=b"new", fingerprint="3" * 64)
    machines.open("here").publish(newest, seconds=1.0, created="2026-06-01T12:00:00Z")
    other = WHEEL.replace("tiny", "other")
    assert wheel_names(machines.house("elsewhere")) == (other, WHEEL)
    path = machines.open("elsewhere").bring(WHEEL)
    assert path == machines.house("elsewhere") / WHEEL
    assert sha256_of(path) == sha256_of(newest.repaired.path)
    assert not (machines.house("elsewhere") / other).exists()


def test_a_folder_that_says_so_is_a_local_half(machines: Machines) -> None:
    assert isinstance(find_wheelhouse(machines.house("here")), SharedWheelhouse)


def test_servers_without_conditions_will_do(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CONDITIONAL_PUT", "disabled")
    first = machines.publish("one", payload=b"first")
    second = machines.publish("two", payload=b"second")
    assert second.record == first.record
    machines.open("one").add_runs(first.record, (run("one"),))
    found = machines.find("three")
    assert found
    assert found.record.runs == (run("one"),)


def test_killed_publishers_leave_nothing_half_written(machines: Machines, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    for kill in range(8):
        process = subprocess.Popen(
            [sys.executable, sample_wheels.__file__, machines.house(f"m{kill % 2}"), scratch],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        process.stdout.readline()
        time.sleep(kill * 0.011)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    names = machines.bucket.names("records/")
    assert names
    for name in names:
        stored = machines.bucket.read(f"records/{name}")
        assert stored
        record = decoded(stored, Record)
        assert record
        assert machines.find("elsewhere", record.fingerprint)


# --- what is wrong ----------------------------------------------------------------------------


def test_a_bucket_that_is_not_there(machines: Machines) -> None:
    machines.address = "s3://no-such-bucket/wheels"
    with pytest.raises(NoBucketError, match="s3://no-such-bucket/wheels: there is no such bucket"):
        machines.open("here")


@pytest.mark.usefixtures("demanding")
def test_wrong_credentials(machines: Machines) -> None:
    with pytest.raises(BucketAccessError, match=r"access refused: GET http://127\S*/format: .*403"):
        machines.open("here")


def test_no_credentials(machines: Machines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    start = time.monotonic()
    with pytest.raises(BucketAccessError, match="no credentials"):
        machines.open("here")
    assert time.monotonic() - start < 10


def test_a_server_that_is_not_there(machines: Machines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    start = time.monotonic()
    with pytest.raises(BucketUnreachableError, match=r": GET http://127.0.0.1:9/\S+: HTTP error: "):
        machines.open("here")
    assert time.monotonic() - start < 10


def test_a_wheelhouse_of_another_format(machines: Machines) -> None:
    machines.bucket.write("format", b"orchestrator wheelhouse 2\n")
    with pytest.raises(BadAddressError, match="another orchestrator"):
        machines.open("here")


@pytest.mark.parametrize("address", ["s3://", "ftp://host/wheels", "https://host/wheels", "s3:/b"])
def test_addresses_that_are_none(address: str) -> None:
    with pytest.raises(BadAddressError):
        local_half(address)


def test_every_address_has_a_folder_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCHESTRATE_CACHE", str(tmp_path))
    folder = local_half("s3://bucket/a/b")
    assert folder.is_relative_to(tmp_path)
    assert (folder / SHARED).read_text() == "s3://bucket/a/b\n"
    assert local_half("s3://bucket/a/b/") == folder
    others = {local_half(f"{one}://bucket/a{two}b") for one in ("s3", "gs") for two in "/-"}
    assert len(others) == 4


def test_without_what_speaks_to_stores(tmp_path: Path) -> None:
    (tmp_path / SHARED).write_text("s3://bucket/wheels")
    code = (
        "import sys; sys.modules['obstore'] = None; sys.modules['obstore.store'] = None\n"
        "from pathlib import Path; from orchestrator.wheelhouse.store import open_wheelhouse\n"
        "from orchestrator.errors import OrchestratorError\n"
        "try: open_wheelhouse(Path(sys.argv[1]))\n"
        "except OrchestratorError as error: print(error.code, error.hint)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True
    )
    assert done.stdout == "WHL005 pip install 'orchestrator[s3]'\n"
