import base64
import csv
import hashlib
import io
import stat
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.errors import NotAWheelError
from orchestrator.repair.canonical import canonical_zip

INFO = "tiny-1.0.dist-info"
FILES = {
    "tiny/__init__.py": b"",
    "tiny/core.so": bytes(range(256)) * 40,
    "tiny/_vendor/x-1.0.dist-info/WHEEL": b"not ours",
    "zeta.py": b"z = 1\n",
    'odd, "name".txt': "Umlaut ä".encode(),
    "ünicode.py": b"u = 1\n",
    f"{INFO}/METADATA": b"Name: tiny\n",
    f"{INFO}/WHEEL": b"Wheel-Version: 1.0\n",
    f"{INFO}/RECORD": b"all,wrong,0\n",
}
EPOCH = 1_700_000_000


def write(
    path: Path,
    files: dict[str, bytes],
    *,
    order: list[str] | None = None,
    date: tuple[int, int, int, int, int, int] = (2024, 5, 6, 7, 8, 10),
    compression: int = zipfile.ZIP_STORED,
    mode: int = 0o640,
    folders: bool = False,
) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        if folders:
            archive.mkdir("tiny")
        for name in order or files:
            info = zipfile.ZipInfo(name, date)
            info.compress_type = compression
            executable = 0o111 if name.endswith(".so") else 0
            info.external_attr = (stat.S_IFREG | mode | executable) << 16
            archive.writestr(info, files[name])
    return path


def canonical(source: Path, epoch: int = EPOCH) -> Path:
    destination = source.with_name("canonical.whl")
    canonical_zip(source, destination, epoch)
    return destination


def test_content_stays_and_record_is_right(tmp_path: Path) -> None:
    with zipfile.ZipFile(canonical(write(tmp_path / "a.whl", FILES, folders=True))) as archive:
        assert archive.testzip() is None
        content = {name: archive.read(name) for name in archive.namelist()}
    record = content.pop(f"{INFO}/RECORD").decode()
    assert content == {name: data for name, data in FILES.items() if name != f"{INFO}/RECORD"}
    rows = list(csv.reader(io.StringIO(record)))
    assert rows.pop() == [f"{INFO}/RECORD", "", ""]
    assert [row[0] for row in rows] == list(content)
    for name, digest, size in rows:
        encoded = base64.urlsafe_b64encode(hashlib.sha256(content[name]).digest())
        assert digest == f"sha256={encoded.decode().rstrip('=')}"
        assert int(size) == len(content[name])


def test_order_modes_and_times(tmp_path: Path) -> None:
    with zipfile.ZipFile(canonical(write(tmp_path / "a.whl", FILES, folders=True))) as archive:
        entries = archive.infolist()
    names = [entry.filename for entry in entries]
    assert names[-3:] == [f"{INFO}/METADATA", f"{INFO}/WHEEL", f"{INFO}/RECORD"]
    assert names[:-3] == sorted(names[:-3])
    assert {entry.date_time for entry in entries} == {(2023, 11, 14, 22, 13, 20)}
    modes = {entry.filename: entry.external_attr >> 16 for entry in entries}
    assert modes.pop("tiny/core.so") == stat.S_IFREG | 0o755
    assert set(modes.values()) == {stat.S_IFREG | 0o644}
    assert {entry.compress_type for entry in entries} == {zipfile.ZIP_DEFLATED}


@pytest.mark.parametrize(("epoch", "year"), [(-5, 1980), (0, 1980), (EPOCH, 2023), (2**40, 2107)])
def test_times_stay_in_what_a_zip_can_say(tmp_path: Path, epoch: int, year: int) -> None:
    with zipfile.ZipFile(canonical(write(tmp_path / "a.whl", FILES), epoch)) as archive:
        assert archive.infolist()[0].date_time[0] == year


dates = st.tuples(
    st.integers(1980, 2107),
    st.integers(1, 12),
    st.integers(1, 28),
    st.integers(0, 23),
    st.integers(0, 59),
    st.integers(0, 29).map(lambda half: 2 * half),
)
names = st.text(st.characters(codec="utf-8", exclude_characters="\0/\\:"), min_size=1, max_size=8)


@settings(max_examples=40, deadline=None)
@given(
    data=st.data(),
    extra=st.dictionaries(names.map("pkg/{}".format), st.binary(max_size=80), max_size=5),
    date=dates,
    mode=st.sampled_from([0o600, 0o640, 0o644, 0o666]),
    compression=st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2]),
)
def test_same_content_same_bytes(
    tmp_path_factory: pytest.TempPathFactory,
    data: st.DataObject,
    extra: dict[str, bytes],
    date: tuple[int, int, int, int, int, int],
    mode: int,
    compression: int,
) -> None:
    folder = tmp_path_factory.mktemp("wheel")
    files = FILES | extra
    order = data.draw(st.permutations(list(files)))
    one = canonical(write(folder / "one.whl", files)).read_bytes()
    other_source = write(
        folder / "other.whl",
        files,
        order=order,
        date=date,
        mode=mode,
        compression=compression,
        folders=True,
    )
    assert canonical(other_source).read_bytes() == one
    with zipfile.ZipFile(folder / "canonical.whl") as archive:
        assert {name: archive.read(name) for name in extra} == extra


def test_canonical_of_canonical_is_itself(tmp_path: Path) -> None:
    once = canonical(write(tmp_path / "a.whl", FILES))
    twice = tmp_path / "twice.whl"
    canonical_zip(once, twice, EPOCH)
    assert twice.read_bytes() == once.read_bytes()


def test_other_content_other_bytes(tmp_path: Path) -> None:
    one = canonical(write(tmp_path / "a.whl", FILES)).read_bytes()
    assert canonical(write(tmp_path / "a.whl", FILES | {"zeta.py": b"z"})).read_bytes() != one


def test_signatures_of_the_old_record_are_left_out(tmp_path: Path) -> None:
    files = FILES | {f"{INFO}/RECORD.jws": b"{}", f"{INFO}/RECORD.p7s": b"0"}
    with zipfile.ZipFile(canonical(write(tmp_path / "a.whl", files))) as archive:
        assert archive.namelist()[-1] == f"{INFO}/RECORD"
        assert not [name for name in archive.namelist() if name.endswith(("jws", "p7s"))]


def test_last_of_two_entries_of_a_name_counts(tmp_path: Path) -> None:
    source = write(tmp_path / "a.whl", FILES)
    with zipfile.ZipFile(source, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("zeta.py", b"z = 2\n")
    with zipfile.ZipFile(canonical(source)) as archive:
        assert archive.namelist().count("zeta.py") == 1
        assert archive.read("zeta.py") == b"z = 2\n"


def damaged(path: Path) -> None:
    content = bytearray(path.read_bytes())
    place = content.index(bytes(range(256)))
    content[place] ^= 0xFF
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def no_zip(path: Path) -> None:
    path.write_bytes(b"<html>not found</html>")


@pytest.mark.parametrize("harm", [damaged, cut, no_zip])
def test_damaged_wheels_are_refused_and_leave_nothing(tmp_path: Path, harm: object) -> None:
    assert callable(harm)
    source = write(tmp_path / "a.whl", FILES)
    harm(source)
    with pytest.raises(NotAWheelError, match=r"a\.whl: not a zip file, or a damaged one"):
        canonical(source)
    assert [path.name for path in tmp_path.iterdir()] == ["a.whl"]


@pytest.mark.parametrize("count", [0, 2])
def test_a_wheel_has_one_dist_info(tmp_path: Path, count: int) -> None:
    files = {f"x{i}-1.dist-info/WHEEL": b"" for i in range(count)} | {"a.py": b""}
    with pytest.raises(NotAWheelError, match=rf"{count} \.dist-info/WHEEL"):
        canonical(write(tmp_path / "a.whl", files))
    assert not (tmp_path / "canonical.whl").exists()


def test_big_members_are_streamed(tmp_path: Path) -> None:
    size = 64 << 20
    files = FILES | {"big.bin": bytes(size)}
    source = write(tmp_path / "big.whl", files, compression=zipfile.ZIP_DEFLATED)
    del files
    tracemalloc.start()
    canonical(source)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < size / 4
