import bz2
import gzip
import io
import lzma
import os
import stat
import subprocess
import tarfile
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.build import unpack as unpack_module
from orchestrator.build.archives import MAX_BYTES
from orchestrator.build.unpack import unpack
from orchestrator.errors import (
    ArchiveTooLargeError,
    DiskFullError,
    NotAnArchiveError,
    OrchestratorError,
    TruncatedArchiveError,
    UnsafeArchiveError,
)
from orchestrator.model import Source

SOURCE = Source(name="a", version="1", kind="file", location="/a")
MARCH_2021 = 1_615_000_000
Member = tuple[tarfile.TarInfo, bytes]


def member(name: str, content: bytes = b"", **facts: Any):
    info = tarfile.TarInfo(name)
    info.size = len(content)
    info.mtime = MARCH_2021
    for key, value in facts.items():
        setattr(info, key, value)
    return info, content


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE):
    return member(name, type=kind, linkname=target)


def make_tar(path: Path, *members: Member, mode: str = "w:gz"):
    with tarfile.open(path, mode) as tar:
        for info, content in members:
            tar.addfile(info, io.BytesIO(content))
    return path


GOOD = (
    member("a-1", type=tarfile.DIRTYPE, mode=0o755),
    member("a-1/setup.py", b"print()"),
    member("a-1/run", b"#!", mode=0o755),
    member("a-1/setuid", b"", mode=0o6777),
)


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz"])
def test_good_tars(tmp_path: Path, mode: str):
    # The kind is told from the content: no name here says it.
    tree = unpack(make_tar(tmp_path / "archive", *GOOD, mode=mode), tmp_path / "out", SOURCE)
    assert tree.path == tmp_path / "out" / "a-1"
    assert tree.source == SOURCE
    assert tree.released == (2021, 3, 6)
    setup = tree.path / "setup.py"
    assert setup.read_bytes() == b"print()"
    assert setup.stat().st_mtime == MARCH_2021
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tree.path.iterdir()}
    assert modes == {"setup.py": 0o644, "run": 0o755, "setuid": 0o755}


def test_good_zip_with_links_and_modes(tmp_path: Path):
    archive = tmp_path / "a-1.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        info = zipfile.ZipInfo("a-1/run", (2021, 3, 6, 1, 2, 4))
        info.external_attr = (stat.S_IFREG | 0o755) << 16
        file.writestr(info, b"#!")
        info = zipfile.ZipInfo("a-1/link", (1980, 0, 0, 0, 0, 0))
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        file.writestr(info, b"run")
        file.writestr(zipfile.ZipInfo("a-1/empty/"), b"")
    tree = unpack(archive, tmp_path / "out", SOURCE)
    assert tree.released == (2021, 3, 6)
    assert (tree.path / "link").readlink() == Path("run")
    assert os.access(tree.path / "run", os.X_OK)
    assert (tree.path / "empty").is_dir()


def test_links_inside_the_tree_are_kept(tmp_path: Path):
    archive = make_tar(
        tmp_path / "a",
        link("a-1/before", "deep/file"),
        member("a-1/deep/file", b"x"),
        link("a-1/deep/up", "../deep"),
        link("a-1/dangling", "nothing"),
        link("a-1/second", "a-1/deep/file", tarfile.LNKTYPE),
    )
    tree = unpack(archive, tmp_path / "out", SOURCE)
    assert (tree.path / "before").read_bytes() == b"x"
    assert (tree.path / "deep/up/file").read_bytes() == b"x"
    assert (tree.path / "second").read_bytes() == b"x"
    assert not (tree.path / "second").is_symlink()


def test_sparse_files(tmp_path: Path):
    """Made by the real tar, which writes holes as GNU's extension of the format."""
    (tmp_path / "a-1").mkdir()
    with (tmp_path / "a-1" / "holes").open("wb") as file:
        file.write(b"begin")
        file.seek(1 << 20)
        file.write(b"end")
    archive = tmp_path / "a.tar.gz"
    subprocess.run(["tar", "-C", tmp_path, "-czSf", archive, "a-1"], check=True)
    tree = unpack(archive, tmp_path / "out", SOURCE)
    assert (tree.path / "holes").read_bytes() == (tmp_path / "a-1" / "holes").read_bytes()


def test_no_single_top_folder(tmp_path: Path):
    archive = make_tar(tmp_path / "a", member("setup.py"), member("pkg/__init__.py"))
    assert unpack(archive, tmp_path / "out", SOURCE).path == tmp_path / "out"


def test_the_finders_notes_are_no_folder_of_the_source(tmp_path: Path):
    archive = make_tar(tmp_path / "a", member("._a-1"), member("a-1/setup.py"))
    assert unpack(archive, tmp_path / "out", SOURCE).path.name == "a-1"


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ((0, 315_532_800), None),
        ((time.time() + 10 * 86_400,), None),
        ((1_580_601_600, 1_580_601_600), None),
        ((0, MARCH_2021, 4_000_000_000, 1), (2021, 3, 6)),
    ],
)
def test_the_release_date_ignores_times_that_mean_nothing(
    tmp_path: Path, times: tuple[float, ...], expected: tuple[int, int, int] | None
):
    files = [member(f"a/{number}", mtime=seconds) for number, seconds in enumerate(times)]
    tree = unpack(make_tar(tmp_path / "a", *files), tmp_path / "out", SOURCE)
    assert tree.released == expected
    # Wheels are zip files: they know no time before 1980.
    assert (tree.path / "0").stat().st_mtime > 315_532_800


HOSTILE = {
    "absolute": [member("/tmp/evil", b"x")],
    "parent": [member("../evil", b"x")],
    "hidden parent": [member("a/b/../../../evil", b"x")],
    "absolute link": [link("a/evil", "/etc/passwd")],
    "link out": [link("a/evil", "../../evil")],
    "write through a link": [link("a/out", "../.."), member("a/out/evil", b"x")],
    "link through a link": [link("a/here", "."), link("a/b", "here/../.."), link("a/b/evil", "x")],
    "link that turns later": [
        link("b", "c/.."),
        link("c", "."),
        link("b/evil", "x"),
    ],
    "link that turns last": [link("b", "c/.."), link("c", ".")],
    "hard link out": [link("a/evil", "../../etc/passwd", tarfile.LNKTYPE)],
    "hard link absolute": [link("a/evil", "/etc/passwd", tarfile.LNKTYPE)],
    "hard link to nothing": [link("a/evil", "a/nothing", tarfile.LNKTYPE)],
    "hard link to a link": [link("a/l", "../../x"), link("a/e", "a/l", tarfile.LNKTYPE)],
    "device": [member("a/evil", type=tarfile.CHRTYPE, devmajor=1, devminor=3)],
    "block device": [member("a/evil", type=tarfile.BLKTYPE)],
    "pipe": [member("a/evil", type=tarfile.FIFOTYPE)],
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_tars_leave_nothing(tmp_path: Path, name: str):
    place = tmp_path / "deep" / "er"
    place.mkdir(parents=True)
    archive = make_tar(place / "a.tar.gz", member("a/good", b"x"), *HOSTILE[name])
    with pytest.raises(UnsafeArchiveError, match=r"a\.tar\.gz: the entry"):
        unpack(archive, place / "out", SOURCE)
    assert [path.name for path in tmp_path.rglob("*")] == ["deep", "er", "a.tar.gz"]


@pytest.mark.parametrize(
    ("name", "mode", "content"),
    [
        ("../evil", stat.S_IFREG, b"x"),
        ("/tmp/evil", stat.S_IFREG, b"x"),
        ("a/link", stat.S_IFLNK, b"../../evil"),
        ("a/link", stat.S_IFLNK, b"/etc/passwd"),
        ("a/pipe", stat.S_IFIFO, b""),
    ],
)
def test_hostile_zips_leave_nothing(tmp_path: Path, name: str, mode: int, content: bytes):
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as file:
        info = zipfile.ZipInfo(name)
        info.external_attr = mode << 16
        file.writestr(info, content)
    with pytest.raises(UnsafeArchiveError):
        unpack(archive, tmp_path / "out", SOURCE)
    assert list(tmp_path.iterdir()) == [archive]


@pytest.mark.parametrize(
    "entries",
    [
        [member("a", b"x"), member("a/b", b"x")],
        [member("a/b", b"x"), member("a", b"x")],
        [member("a/b", b"x"), link("a", "x")],
        [member("a/" + "n" * 300, b"x")],
    ],
)
def test_entries_that_cannot_stand_side_by_side(tmp_path: Path, entries: list[Member]):
    archive = make_tar(tmp_path / "a.tar.gz", *entries)
    with pytest.raises(NotAnArchiveError, match="damaged"):
        unpack(archive, tmp_path / "out", SOURCE)
    assert list(tmp_path.iterdir()) == [archive]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b"hello", "neither a tar"),
        (b"\n<!DOCTYPE html>", "web page"),
        (gzip.compress(b"hello" * 400, mtime=0), "damaged"),
        (gzip.compress(b"", mtime=0), "damaged"),
        (b"BZh9" + bytes(40), "damaged"),
        (b"\xfd7zXZ\0" + bytes(40), "damaged"),
    ],
)
def test_no_archive(tmp_path: Path, content: bytes, why: str):
    (tmp_path / "a.tar.gz").write_bytes(content)
    with pytest.raises(NotAnArchiveError, match=why):
        unpack(tmp_path / "a.tar.gz", tmp_path / "out", SOURCE)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", ["w:gz", "w:bz2", "w:xz", "zip"])
@pytest.mark.parametrize("part", [0.3, 0.6, 0.95])
def test_truncated(tmp_path: Path, kind: str, part: float):
    archive = tmp_path / "a"
    noise = os.urandom(20_000)
    if kind == "zip":
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("a-1/noise", noise)
    else:
        make_tar(archive, member("a-1/noise", noise), mode=kind)
    whole = archive.read_bytes()
    archive.write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises(TruncatedArchiveError):
        unpack(archive, tmp_path / "out", SOURCE)
    assert not (tmp_path / "out").exists()


def test_altered_content_is_seen(tmp_path: Path):
    archive = make_tar(tmp_path / "a", member("a-1/noise", os.urandom(20_000)))
    content = bytearray(archive.read_bytes())
    content[-8] ^= 1  # of the checksum at the end
    archive.write_bytes(content)
    with pytest.raises(NotAnArchiveError):
        unpack(archive, tmp_path / "out", SOURCE)


def test_encrypted_zip(tmp_path: Path):
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a/b", b"x")
    content = bytearray(archive.read_bytes())
    for header in (content.index(b"PK\x03\x04") + 6, content.index(b"PK\x01\x02") + 8):
        content[header] |= 1
    archive.write_bytes(content)
    with pytest.raises(NotAnArchiveError, match="encrypted"):
        unpack(archive, tmp_path / "out", SOURCE)


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz", "zip"])
def test_bombs(tmp_path: Path, kind: str):
    archive = tmp_path / "bomb"
    size = 70 << 20
    if kind == "zip":
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("a/zeros", bytes(size))
    else:
        make_tar(archive, member("a/zeros", bytes(size)), mode=f"w:{kind}")
    assert archive.stat().st_size < size / 250
    with pytest.raises(ArchiveTooLargeError, match="64 MiB"):
        unpack(archive, tmp_path / "out", SOURCE)
    assert list(tmp_path.iterdir()) == [archive]


def compressed(path: Path, header: bytes, padding: int = 0):
    with lzma.open(path, "wb", preset=0) as file:
        file.write(header)
        for _ in range(padding):
            file.write(bytes(1 << 20))


def test_a_header_that_claims_gigabytes(tmp_path: Path):
    """It asks tarfile to read its extended header into memory at once."""
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.XHDTYPE, MAX_BYTES
    compressed(tmp_path / "a", header.tobuf())
    with pytest.raises(ArchiveTooLargeError):
        unpack(tmp_path / "a", tmp_path / "out", SOURCE)


def test_zeros_behind_the_end(tmp_path: Path):
    compressed(tmp_path / "a", member("a/b")[0].tobuf() + bytes(1024), padding=70)
    with pytest.raises(ArchiveTooLargeError):
        unpack(tmp_path / "a", tmp_path / "out", SOURCE)


def test_hard_links_count_as_what_they_copy(tmp_path: Path):
    big = member("a/big", bytes(10 << 20))
    links = [link(f"a/{number}", "a/big", tarfile.LNKTYPE) for number in range(10)]
    with pytest.raises(ArchiveTooLargeError):
        unpack(make_tar(tmp_path / "a", big, *links), tmp_path / "out", SOURCE)
    assert not (tmp_path / "out").exists()


def test_too_many_entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(unpack_module, "MAX_ENTRIES", 10)
    archive = make_tar(tmp_path / "a", *(member(f"a/{number}") for number in range(11)))
    with pytest.raises(ArchiveTooLargeError, match="more than 10 entries"):
        unpack(archive, tmp_path / "out", SOURCE)


def test_full_disk(tmp_path: Path):
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "none", small], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a small disk can't be mounted here")
    try:
        archive = make_tar(tmp_path / "a", member("a-1/noise", os.urandom(200_000)))
        with pytest.raises(DiskFullError, match="small/out"):
            unpack(archive, small / "out", SOURCE)
        assert not list(small.iterdir())
    finally:
        subprocess.run(["umount", small], check=True)


@given(data=st.data())
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_damage_is_one_clear_error_or_none(tmp_path: Path, data: st.DataObject):
    """Bytes of a tar and of a zip are changed at random; whatever happens stays in the folder."""
    buffer = io.BytesIO()
    if data.draw(st.booleans()):
        with tarfile.open(fileobj=buffer, mode="w") as tar:
            for info, content in (*GOOD, link("a-1/l", "run"), link("a-1/h", "a-1/run", b"1")):
                tar.addfile(info, io.BytesIO(content))
    else:
        with zipfile.ZipFile(buffer, "w") as file:
            file.writestr("a-1/setup.py", b"print()")
    content = bytearray(buffer.getvalue())
    is_tar = content[:2] != b"PK"
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, min(len(content), 4000) - 1))] = data.draw(
            st.integers(0, 255)
        )
    place = tmp_path / "place"
    place.mkdir(exist_ok=True)
    archive = tmp_path / "archive"
    archive.write_bytes(bz2.compress(content) if is_tar else content)
    try:
        unpack(archive, place / "out", SOURCE)
    except OrchestratorError:
        assert not (place / "out").exists()
    else:
        for path in (place / "out").rglob("*"):
            assert path.resolve().is_relative_to(place / "out")
        subprocess.run(["rm", "-r", place / "out"], check=True)
    assert not list(place.iterdir())
