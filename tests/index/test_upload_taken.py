"""Uploads that are taken in."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from recorded_wheels import recorded_wheel
from upload_desk import Desk

from orchestrator.files import sha256_of
from orchestrator.index.catalogue import Catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.upload.close()


def test_upload_is_listed_and_written_down(desk: Desk, tmp_path: Path) -> None:
    wheel = recorded_wheel(tmp_path)
    status, text = desk.send(wheel)
    assert status == 200, text
    project = Catalogue(desk.folder).project("acme-app")
    assert project
    (file,) = project.files
    assert file.filename == wheel.name
    assert file.sha256 == sha256_of(wheel)
    assert file.requires_python == ">=3.8"
    assert file.metadata_sha256
    assert file.uploaded.endswith("Z")
    assert (desk.folder / wheel.name).stat().st_mode & 0o777 == 0o644
    (entry,) = desk.entries()
    assert entry["event"] == "upload"
    assert entry["subject"] == wheel.name
    assert entry["sha256"] == file.sha256
    assert entry["who"].endswith(" ci")
    assert desk.half_done() == []


def test_same_file_twice_is_fine_and_changed_bytes_are_a_conflict(
    desk: Desk, tmp_path: Path
) -> None:
    wheel = recorded_wheel(tmp_path)
    digest = sha256_of(wheel)
    assert desk.send(wheel)[0] == 200
    stored = desk.stored()
    assert "already" in desk.send(wheel)[1]
    recorded_wheel(tmp_path, code=b"answer = 41\n")
    status, text = desk.send(wheel)
    assert status == 409, text
    assert desk.stored() == stored
    assert sha256_of(desk.folder / wheel.name) == digest
    assert [entry["event"] for entry in desk.entries()] == ["upload", "upload", "refused upload"]


@pytest.mark.parametrize(
    "tag",
    [
        "py2.py3-none-any",
        "cp311-cp311-win_amd64",
        "cp312-cp312-macosx_10_9_x86_64",
        "cp39-abi3-manylinux_2_17_x86_64",
        "py3-none-manylinux_2_28_riscv64",
    ],
)
def test_wheels_for_other_platforms_are_taken(desk: Desk, tmp_path: Path, tag: str) -> None:
    wheel = recorded_wheel(tmp_path, tag=tag)
    status, text = desk.send(wheel)
    assert (status, text) == (200, f"{wheel.name} is published.\n")


def test_names_are_compared_normalized(desk: Desk, tmp_path: Path) -> None:
    wheel = recorded_wheel(tmp_path, "Acme.App", metadata="Name: ACME_app\nVersion: 1.0.0\n")
    status, text = desk.send(wheel, name="acme--app", version="1.0.0")
    assert status == 200, text
    assert Catalogue(desk.folder).names() == ("acme-app",)


def test_one_digest_is_enough(desk: Desk, tmp_path: Path) -> None:
    none = dict.fromkeys(("sha256_digest", "blake2_256_digest"))
    assert desk.send(recorded_wheel(tmp_path), **none)[0] == 200


def test_large_file_in_many_pieces(desk: Desk, tmp_path: Path) -> None:
    wheel = recorded_wheel(tmp_path, code=os.urandom(5 << 20))
    assert desk.send(wheel)[0] == 200
    assert sha256_of(desk.folder / wheel.name) == sha256_of(wheel)


def test_what_a_killed_server_left_is_removed_and_what_another_holds_is_not(
    desk: Desk, tmp_path: Path
) -> None:
    import fcntl  # noqa: PLC0415

    uploads = desk.folder / ".index" / "uploads"
    for name in ("left", "held"):
        (uploads / name).mkdir()
        (uploads / name / "content").write_bytes(b"half")
    held = os.open(uploads / "held", os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "house").symlink_to(desk.folder)
    other = Desk(tmp_path / "b")
    assert [path.name for path in other.half_done()] == ["held"]
    os.close(held)


def test_uploads_at_once_by_two_servers(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "house").symlink_to(desk.folder)
    other = Desk(tmp_path / "b")
    wheels = []
    for number in range(2):
        (tmp_path / str(number)).mkdir()
        code = f"answer = {number}\n".encode()
        wheels.append(recorded_wheel(tmp_path / str(number), code=code))
    with ThreadPoolExecutor(8) as pool:
        sent = [
            pool.submit(where.send, wheel)
            for _ in range(4)
            for where, wheel in zip((desk, other), wheels, strict=True)
        ]
    statuses = sorted(future.result()[0] for future in sent)
    assert statuses == [200] * 4 + [409] * 4
    assert len(desk.house.list()) == 1
    other.upload.close()
