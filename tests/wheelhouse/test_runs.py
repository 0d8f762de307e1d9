"""Runs of published wheels in their records, by whomever."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
from sample_wheels import CREATED, finding, verified

from orchestrator.model import Outcome, Proof, ProofRun, VerifiedWheel
from orchestrator.prove.verdict import Control, Refutation, judge
from orchestrator.wheelhouse.store import Wheelhouse, find_wheelhouse, open_wheelhouse


def run(
    *, proof: Proof = "emulated", host: str = "Linux x86_64", outcome: Outcome = "passed"
) -> ProofRun:
    return ProofRun(
        proof=proof,
        host=host,
        python="3.11.2",
        imports=("tiny",),
        outcome=outcome,
        seconds=1.0,
        created=CREATED,
    )


@pytest.fixture
def store(tmp_path: Path) -> Wheelhouse:
    return open_wheelhouse(tmp_path / "house")


def publish(store: Wheelhouse, wheel: VerifiedWheel) -> Path:
    return store.publish(wheel, seconds=4.75, created=CREATED).path


def test_runs_of_the_build_are_the_record_s(store: Wheelhouse, tmp_path: Path) -> None:
    wheel = msgspec.structs.replace(verified(tmp_path), runs=(run(),))
    record = store.record_of(publish(store, wheel))
    assert record
    assert record.proof == "emulated"
    assert record.runs == (run(),)


def test_later_runs_are_added_and_keep_who_made_the_earlier(
    store: Wheelhouse, tmp_path: Path
) -> None:
    wheel = msgspec.structs.replace(verified(tmp_path), runs=(run(),))
    before = store.record_of(publish(store, wheel))
    assert before
    mac = run(proof="executed", host="Darwin arm64")
    after = store.add_runs(before, (mac,))
    assert after.proof == "executed"
    assert [one.host for one in after.runs] == ["Linux x86_64", "Darwin arm64"]
    (listed,) = store.list()
    assert listed.record == after
    assert store.find(after.fingerprint) is not None


def test_a_run_that_fails_is_recorded_too(store: Wheelhouse, tmp_path: Path) -> None:
    record = store.record_of(publish(store, verified(tmp_path)))
    assert record
    after = store.add_runs(record, (run(), run(outcome="crashed")))
    assert after.proof == "structural"
    assert [one.outcome for one in after.runs] == ["passed", "crashed"]


def test_all_records_of_the_same_bytes_get_them(store: Wheelhouse, tmp_path: Path) -> None:
    for fingerprint in ("ab" * 32, "cd" * 32):
        path = publish(store, verified(tmp_path, fingerprint=fingerprint))
    record = store.record_of(path)
    assert record
    store.add_runs(record, (run(),))
    for fingerprint in ("ab" * 32, "cd" * 32):
        found = store.find(fingerprint)
        assert found
        assert found.record.proof == "emulated"


def test_other_bytes_have_no_record(store: Wheelhouse, tmp_path: Path) -> None:
    path = publish(store, verified(tmp_path))
    copy = tmp_path / "elsewhere" / path.name
    copy.parent.mkdir()
    copy.write_bytes(path.read_bytes())
    assert store.record_of(copy) is not None
    copy.write_bytes(path.read_bytes() + b"more")
    assert store.record_of(copy) is None


def test_several_may_add_at_once(store: Wheelhouse, tmp_path: Path) -> None:
    record = store.record_of(publish(store, verified(tmp_path)))
    assert record
    with ThreadPoolExecutor(8) as pool:
        hosts = [f"host {number}" for number in range(24)]
        list(pool.map(lambda host: store.add_runs(record, (run(host=host),)), hosts))
    (listed,) = store.list()
    assert {one.host for one in listed.record.runs} == set(hosts)


def test_a_wheel_that_failed_its_test_is_kept_with_all_that_is_known(
    store: Wheelhouse, tmp_path: Path
) -> None:
    path = verified(tmp_path).repaired.path
    official = Control(wheel="tiny==1.0", outcome="passed")
    refutation = Refutation(
        runs=(run(outcome="crashed"),),
        details=("Fatal Python error",),
        verdict=judge(official, Control(reason="not here"), emulated=True),
    )
    kept = store.reject(path, (finding("warning"),), refutation)
    content = kept.with_name(f"{path.name}.runs.json").read_bytes()
    assert msgspec.json.decode(content, type=Refutation) == refutation
    # Rejected anew for another reason, nothing of the old one stays.
    store.reject(path, (finding(),))
    assert not kept.with_name(f"{path.name}.runs.json").exists()


def test_other_folders_are_no_wheelhouse(tmp_path: Path, store: Wheelhouse) -> None:
    assert find_wheelhouse(tmp_path) is None
    assert find_wheelhouse(tmp_path / "absent") is None
    found = find_wheelhouse(store.directory)
    assert found
    assert found.directory == store.directory
    assert not (tmp_path / "absent").exists()
