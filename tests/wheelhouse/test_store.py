import hashlib
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
import sample_wheels
from sample_wheels import CREATED, finding, step, verified

from orchestrator.errors import (
    DiskFullError,
    NotAWheelError,
    VerificationError,
    WheelhouseNotWritableError,
)
from orchestrator.files import sha256_of
from orchestrator.model import Finding, VerifiedWheel
from orchestrator.wheelhouse.store import Wheelhouse, open_wheelhouse

WHEEL = "tiny-1.0-cp311-cp311-macosx_11_0_arm64.whl"
FINGERPRINT = "ab" * 32


@pytest.fixture
def scratch(tmp_path: Path):
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
def store(tmp_path: Path):
    return open_wheelhouse(tmp_path / "house")


def publish(store: Wheelhouse, wheel: VerifiedWheel):
    return store.publish(wheel, seconds=4.75, created=CREATED)


def test_published_wheel_is_complete_and_recorded(store: Wheelhouse, scratch: Path) -> None:
    wheel = verified(scratch, findings=(finding("warning"),))
    published = publish(store, wheel)

    assert published.path == store.directory / WHEEL
    assert published.path.read_bytes() == wheel.repaired.path.read_bytes()
    assert not published.cached
    with zipfile.ZipFile(published.path) as archive:
        metadata = archive.read("tiny-1.0.dist-info/METADATA")
    assert (store.directory / f"{WHEEL}.metadata").read_bytes() == metadata
    (record_file,) = (store.directory / ".records").iterdir()
    record = json.loads(record_file.read_text())
    assert record_file.name == f"{WHEEL}.{FINGERPRINT[:16]}.json"
    assert record["sha256"] == sha256_of(published.path)
    assert record["metadata_sha256"] == hashlib.sha256(metadata).hexdigest()
    assert record["requires_python"] == ">=3.9"
    assert record["platform"] == "macosx_11_0_arm64"
    assert record["python"] == "3.11"
    assert record["patches"] == ["a.patch"]
    assert record["recipe_digest"] == "1" * 64
    assert record["build_requires"] == ["setuptools==75.0"]
    assert record["grafted"] == ["libz.1.dylib"]
    assert record["findings"][0]["severity"] == "warning"
    assert record["seconds"] == 4.75
    assert "/x/a.patch" not in record_file.read_text()


def test_published_files_have_the_modes_of_ordinary_files(store: Wheelhouse, scratch: Path) -> None:
    published = publish(store, verified(scratch))
    plain = scratch / "plain"
    plain.touch()
    expected = stat.S_IMODE(plain.stat().st_mode)
    for path in (published.path, store.directory / f"{WHEEL}.metadata"):
        assert stat.S_IMODE(path.stat().st_mode) == expected


def test_find_answers_by_fingerprint(store: Wheelhouse, scratch: Path) -> None:
    published = publish(store, verified(scratch))
    found = store.find(FINGERPRINT)
    assert found.cached
    assert found.record == published.record
    assert found.path == published.path
    assert store.find("cd" * 32) is None
    # Same beginning, other end.
    assert store.find(FINGERPRINT[:-1] + "0") is None


def test_a_step_adopts_the_wheel_whose_settled_fingerprint_is_its_own(
    store: Wheelhouse, scratch: Path
) -> None:
    published = publish(store, verified(scratch, settled="5" * 64))
    now = step(fingerprint="cd" * 32, settled="5" * 64)
    adopted = store.adopt(now)
    assert adopted.cached
    assert adopted.record.sha256 == published.record.sha256
    assert store.find("cd" * 32).record == adopted.record
    assert store.find(FINGERPRINT).record == published.record


def test_a_step_adopts_no_other_wheel(store: Wheelhouse, scratch: Path) -> None:
    publish(store, verified(scratch, fingerprint="0" * 64))
    publish(store, verified(scratch, name="other", settled="5" * 64))
    assert store.adopt(step()) is None
    assert store.adopt(step(settled="5" * 64)) is None


def test_history_is_of_one_project_newest_first(store: Wheelhouse, scratch: Path) -> None:
    for name, filename, created in (
        ("tiny", "Tiny-1.0-cp311-cp311-macosx_11_0_arm64.whl", "2025-06-01T12:00:00Z"),
        ("tiny", "tiny-1.0-cp312-cp312-macosx_11_0_arm64.whl", "2025-07-01T12:00:00Z"),
        ("tiny-too", "tiny_too-1.0-cp312-cp312-macosx_11_0_arm64.whl", CREATED),
    ):
        wheel = verified(scratch, name=name, filename=filename)
        store.publish(wheel, seconds=1.0, created=created)
    assert [record.created[5:7] for record in store.history("tiny")] == ["07", "06"]
    assert [record.name for record in store.history("tiny-too")] == ["tiny-too"]


@pytest.mark.parametrize("suffix", ["", ".metadata"])
def test_changed_or_missing_file_is_not_found(
    store: Wheelhouse, scratch: Path, suffix: str
) -> None:
    published = publish(store, verified(scratch))
    victim = published.path.with_name(published.path.name + suffix)
    content = victim.read_bytes()
    victim.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert store.find(FINGERPRINT) is None
    assert store.list() == ()
    victim.unlink()
    assert store.find(FINGERPRINT) is None


def test_damaged_record_is_as_good_as_none(store: Wheelhouse, scratch: Path) -> None:
    publish(store, verified(scratch))
    (record,) = (store.directory / ".records").iterdir()
    record.write_text('{"format": 1}')
    assert store.find(FINGERPRINT) is None
    assert store.list() == ()
    publish(store, verified(scratch))
    assert store.find(FINGERPRINT) is not None


def test_same_fingerprint_again(store: Wheelhouse, scratch: Path) -> None:
    publish(store, verified(scratch))
    publish(store, verified(scratch, payload=b"other bytes"))
    (published,) = store.list()
    assert published.record.sha256 == sha256_of(published.path)
    with zipfile.ZipFile(published.path) as archive:
        assert archive.read("tiny.so") == b"other bytes"


def test_same_name_other_bytes_replaces_wheel_and_record(store: Wheelhouse, scratch: Path) -> None:
    publish(store, verified(scratch, payload=b"old", fingerprint="0" * 64))
    publish(store, verified(scratch, payload=b"new", fingerprint="f" * 64))
    assert store.find("0" * 64) is None
    assert store.find("f" * 64).record.sha256 == sha256_of(store.directory / WHEEL)
    assert len(list((store.directory / ".records").iterdir())) == 1


def test_one_wheel_of_two_targets_is_found_for_both(store: Wheelhouse, scratch: Path) -> None:
    abi3 = "tiny-1.0-cp39-abi3-macosx_11_0_arm64.whl"
    publish(store, verified(scratch, filename=abi3, python=9, fingerprint="9" * 64))
    publish(store, verified(scratch, filename=abi3, python=13, fingerprint="d" * 64))
    assert store.find("9" * 64).record.python == "3.9"
    assert store.find("d" * 64).record.python == "3.13"
    assert len(store.list()) == 1


def test_list_is_sorted_and_ignores_what_no_record_vouches_for(
    store: Wheelhouse, scratch: Path
) -> None:
    for name in ("zeta", "alpha"):
        publish(store, verified(scratch, name=name, fingerprint=name.ljust(64, "0")))
    (store.directory / "foreign-1.0-py3-none-any.whl").write_bytes(b"not ours")
    assert [wheel.record.name for wheel in store.list()] == ["alpha", "zeta"]


def test_error_findings_are_refused(store: Wheelhouse, scratch: Path) -> None:
    with pytest.raises(VerificationError, match=WHEEL) as caught:
        publish(store, verified(scratch, findings=(finding("note"), finding("error"))))
    assert caught.value.details == ("MAC001 is x86_64 only",)
    assert not (store.directory / WHEEL).exists()


def test_what_is_no_wheel_is_refused(store: Wheelhouse, scratch: Path) -> None:
    wheel = verified(scratch)
    wheel.repaired.path.write_bytes(b"PK but no zip")
    with pytest.raises(NotAWheelError, match=WHEEL):
        publish(store, wheel)
    with zipfile.ZipFile(wheel.repaired.path, "w") as archive:
        archive.writestr("deep/tiny-1.0.dist-info/METADATA", "")
    with pytest.raises(NotAWheelError, match="METADATA"):
        publish(store, wheel)
    assert store.list() == ()


def test_rejected_wheel_is_kept_with_its_findings(store: Wheelhouse, scratch: Path) -> None:
    path = verified(scratch).repaired.path
    findings = (finding(), finding("warning"))
    kept = store.reject(path, findings)
    assert kept == store.directory / ".rejected" / WHEEL
    assert kept.read_bytes() == path.read_bytes()
    content = kept.with_name(f"{WHEEL}.findings.json").read_bytes()
    assert msgspec.json.decode(content, type=tuple[Finding, ...]) == findings
    assert store.list() == ()


def test_logs_never_share_a_file(store: Wheelhouse) -> None:
    with ThreadPoolExecutor(8) as pool:
        paths = list(pool.map(store.new_log, [step()] * 24))
    assert len({*paths}) == 24
    assert {path.parent.name for path in paths} == {".logs"}
    assert all(path.name.startswith("tiny-1.0-cp311-macosx_11_0_arm64-") for path in paths)


def test_installers_take_the_folder(store: Wheelhouse, scratch: Path) -> None:
    wheel = verified(scratch, filename="tiny-1.0-py3-none-any.whl")
    publish(store, wheel)
    store.reject(verified(scratch, name="bad").repaired.path, (finding(),))
    command = [sys.executable, "-m", "pip", "install", "--no-index", "--find-links"]
    done = subprocess.run(
        [*command, store.directory, "--dry-run", "--target", scratch / "t", "tiny"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Would install tiny-1.0" in done.stdout, done.stderr
    rejected = subprocess.run(
        [*command, store.directory, "--dry-run", "--target", scratch / "t", "bad"],
        capture_output=True,
        check=False,
    )
    assert rejected.returncode != 0


def test_five_look_ups_are_quick(store: Wheelhouse, scratch: Path) -> None:
    def digest(number: int) -> str:
        return hashlib.sha256(b"%d" % number).hexdigest()

    payload = os.urandom(1_000_000)
    for number in range(150):
        name = f"package{number}"
        small = payload if number % 30 == 0 else b"x"
        publish(store, verified(scratch, name=name, payload=small, fingerprint=digest(number)))
    wanted = [digest(number) for number in range(0, 150, 30)]
    start = time.perf_counter()
    assert all(store.find(fingerprint) for fingerprint in wanted)
    assert time.perf_counter() - start < 0.4


# --- refusals of the system -----------------------------------------------------------------


def test_a_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "house").write_text("a file")
    with pytest.raises(WheelhouseNotWritableError, match="house"):
        open_wheelhouse(tmp_path / "house")


def bound_by_permissions(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs code so that permissions bind it, also where the tests run as root."""
    prefix: list[str] = []
    if os.geteuid() == 0:
        setpriv = shutil.which("setpriv")
        if not setpriv:
            pytest.skip("runs as root, and setpriv is not here to give up root's rights")
        rights = "-dac_override,-dac_read_search"
        prefix = [setpriv, "--inh-caps", rights, "--bounding-set", rights]
    return subprocess.run(
        [*prefix, sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


OPEN = """
import sys
from pathlib import Path
from orchestrator.errors import OrchestratorError
from orchestrator.wheelhouse.store import Wheelhouse, open_wheelhouse
try:
    open_wheelhouse(Path(sys.argv[1]))
except OrchestratorError as error:
    print(error.code, error.message)
"""


@pytest.mark.parametrize("made_before", [True, False])
def test_folder_without_write_permission(tmp_path: Path, made_before: bool) -> None:
    house = tmp_path / "house"
    if made_before:
        open_wheelhouse(house)
    else:
        house.mkdir()
    house.chmod(0o555)
    done = bound_by_permissions(OPEN, str(house))
    house.chmod(0o755)
    assert done.stdout.startswith("WHL002"), done.stderr
    assert f"wheelhouse {house}: can't be written: Permission denied" in done.stdout


@pytest.fixture
def tiny_disk(tmp_path: Path):
    """A file system of 256 KiB and 32 files; only root may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k,nr_inodes=32", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("can't mount a file system here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_full_disk_leaves_what_was_there(tiny_disk: Path, scratch: Path) -> None:
    store = open_wheelhouse(tiny_disk / "house")
    first = publish(store, verified(scratch, payload=b"small"))
    before = {path: path.read_bytes() for path in tiny_disk.rglob("*") if path.is_file()}
    big = verified(scratch, payload=os.urandom(400_000), fingerprint="f" * 64)
    with pytest.raises(DiskFullError, match="No space left"):
        publish(store, big)
    with pytest.raises(DiskFullError):
        store.reject(big.repaired.path, ())
    assert {path: path.read_bytes() for path in tiny_disk.rglob("*") if path.is_file()} == before
    assert store.find(FINGERPRINT).record == first.record


def test_full_disk_on_opening(tiny_disk: Path) -> None:
    def open_many() -> None:
        for number in range(10):  # more files than the disk has room for
            open_wheelhouse(tiny_disk / f"house{number}")

    with pytest.raises(DiskFullError):
        open_many()


def test_read_only_disk(tiny_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(tiny_disk)], check=True)
    with pytest.raises(WheelhouseNotWritableError, match="Read-only file system"):
        open_wheelhouse(tiny_disk / "house")


# --- killed and concurrent publishers ------------------------------------------------------


def publisher(house: Path, scratch: Path):
    scratch.mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, sample_wheels.__file__, house, scratch],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


def complete(wheel: Path) -> bool:
    with zipfile.ZipFile(wheel) as archive:
        return archive.testzip() is None


def test_killed_publishers_leave_whole_wheels(tmp_path: Path, scratch: Path) -> None:
    house = tmp_path / "house"
    vouched = 0
    for kill in range(25):
        process = publisher(house, scratch)
        process.stdout.readline()
        time.sleep(kill * 0.0011)
        process.send_signal(signal.SIGKILL)
        _, errors = process.communicate()
        assert errors == b""
        assert complete(house / WHEEL)
        store = open_wheelhouse(house)
        for published in store.list():
            assert published.record.sha256 == sha256_of(published.path)
            assert store.find(published.record.fingerprint) == published
            vouched += 1
    assert vouched > 0
    publish(store, verified(scratch))
    assert store.find(FINGERPRINT).record.filename == WHEEL
    assert list((house / ".incoming").iterdir()) == []
    assert {path.name for path in house.glob("*") if path.is_file()} == {
        ".lock",
        WHEEL,
        f"{WHEEL}.metadata",
    }


def test_publishers_at_the_same_time(tmp_path: Path) -> None:
    house = tmp_path / "house"
    processes = [publisher(house, tmp_path / f"scratch{number}") for number in range(3)]
    for process in processes:
        process.stdout.readline()
    store = open_wheelhouse(house)
    end = time.monotonic() + 1
    while time.monotonic() < end:
        assert complete(house / WHEEL)
    for process in processes:
        assert process.poll() is None
        process.kill()
        assert process.communicate()[1] == b""
    wheel = verified(tmp_path)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: publish(store, wheel), range(8)))
    assert store.find(FINGERPRINT).record.sha256 == sha256_of(house / WHEEL)


def test_opening_twice_keeps_what_is_there(store: Wheelhouse, scratch: Path) -> None:
    publish(store, verified(scratch))
    assert open_wheelhouse(Path(store.directory)).find(FINGERPRINT) is not None
