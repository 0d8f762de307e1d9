"""Hostile uploads: refused with the right status, written down, and nothing of them stored."""

from __future__ import annotations

import struct
import zipfile
from typing import TYPE_CHECKING

import pytest
from recorded_wheels import recorded_wheel
from upload_desk import Desk, form_of
from urllib3.filepost import encode_multipart_formdata

from orchestrator.index.body import Pace
from orchestrator.index.messages import Request
from orchestrator.index.state import ProjectState, State, change_state

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.upload.close()


def refused(desk: Desk, got: tuple[int, str], status: int, *words: str) -> None:
    """Checks how an upload was refused, and that it left nothing but a line in the journal."""
    assert got[0] == status, got
    for word in words:
        assert word in got[1]
    assert desk.stored() == []
    assert desk.half_done() == []
    last = desk.entries()[-1]
    assert last["status"] == status
    assert last["event"].startswith("refused")
    assert last["peer"] == "192.0.2.1"


@pytest.mark.parametrize(
    "filename",
    [
        "../acme_app-1.0-py3-none-any.whl",
        "..%2facme_app-1.0-py3-none-any.whl",
        "/tmp/acme_app-1.0-py3-none-any.whl",
        "..\\acme_app-1.0-py3-none-any.whl",
        ".acme_app-1.0-py3-none-any.whl",
        "acme_app-1.0-py3-none-any.whl\x00.txt",
        "acme_app-1.0-py3-none-any.whl.metadata",
        "acme_äpp-1.0-py3-none-any.whl",
        "acme_app.whl",
        "acme_app-1.0-py3-none-any.exe",
        f"acme_{'a' * 300}-1.0-py3-none-any.whl",
        "state.json",
    ],
)
def test_file_names_that_lead_elsewhere(desk: Desk, tmp_path: Path, filename: str) -> None:
    refused(desk, desk.send(recorded_wheel(tmp_path), filename=filename), 400)


def test_too_long_is_not_read_to_its_end(tmp_path: Path) -> None:
    desk = Desk(tmp_path, limit=1000)
    wheel = recorded_wheel(tmp_path, code=bytes(range(256)) * 50)
    got = desk.send(wheel)
    refused(desk, got, 413, "1000 bytes")
    # More than the form may have, too.
    got = desk.post(
        b"", "multipart/form-data; boundary=x", headers={"content-length": str(1 << 40)}
    )
    refused(desk, got, 413)


def test_cut_off(desk: Desk, tmp_path: Path) -> None:
    body, content_type = encode_multipart_formdata(form_of(recorded_wheel(tmp_path)))
    for length in (0, 10, len(body) // 2, len(body) - 10):
        refused(desk, desk.post(body[:length], content_type), 400, "cut off")


def test_wheel_that_was_cut_off_before(desk: Desk, tmp_path: Path) -> None:
    wheel = recorded_wheel(tmp_path)
    wheel.write_bytes(wheel.read_bytes()[:-30])
    refused(desk, desk.send(wheel), 400, "cut off")


def test_other_content_types(desk: Desk, tmp_path: Path) -> None:
    body, right = encode_multipart_formdata(form_of(recorded_wheel(tmp_path)))
    boundary = right.partition(";")[2]
    for wrong in ("", "application/json", "multipart/form-data", f"text/plain;{boundary}"):
        refused(desk, desk.post(body, wrong), 415)
    refused(desk, desk.post(b"rubbish" * 100, right), 400)
    refused(desk, desk.post(b"x", f"multipart/form-data; boundary={'b' * 300}"), 400)


def test_slow_client_is_not_waited_for(tmp_path: Path) -> None:
    body, content_type = encode_multipart_formdata(
        form_of(recorded_wheel(tmp_path, code=bytes(range(256)) * 1000))
    )
    desk = Desk(tmp_path, pace=Pace(idle=0.1))
    refused(desk, desk.post(body, content_type, seconds=1.0), 408, "slowly")
    (tmp_path / "b").mkdir()
    desk = Desk(tmp_path / "b", pace=Pace(idle=5.0, rate=10**9, grace=0.0))
    long = b"-" * 50_000
    refused(desk, desk.post(long, content_type, seconds=0.1), 408)


@pytest.mark.parametrize("field", ["sha256_digest", "blake2_256_digest", "md5_digest"])
def test_digest_of_something_else(desk: Desk, tmp_path: Path, field: str) -> None:
    refused(desk, desk.send(recorded_wheel(tmp_path), **{field: "0" * 64}), 400, field)


def test_no_digest(desk: Desk, tmp_path: Path) -> None:
    none = dict.fromkeys(("sha256_digest", "blake2_256_digest", "md5_digest"))
    refused(desk, desk.send(recorded_wheel(tmp_path), **none), 400, "digest")


def test_form_that_contradicts_the_file(desk: Desk, tmp_path: Path) -> None:
    wheel = recorded_wheel(tmp_path)
    refused(desk, desk.send(wheel, name="acme-other"), 400, "acme-other")
    refused(desk, desk.send(wheel, version="1.1"), 400)
    refused(desk, desk.send(wheel, filename=None), 400)
    refused(desk, desk.send(wheel, filetype="sdist"), 400, "sdist")
    refused(desk, desk.send(wheel, filename="acme_app-1.0.tar.gz"), 400, "sdist")


@pytest.mark.parametrize(
    ("action", "status"), [("submit", 410), ("doc_upload", 410), ("evil", 400), (None, 400)]
)
def test_other_actions(desk: Desk, tmp_path: Path, action: str | None, status: int) -> None:
    refused(desk, desk.send(recorded_wheel(tmp_path), action=action), status)


def test_wheel_whose_name_disagrees_with_its_metadata(desk: Desk, tmp_path: Path) -> None:
    said = "Metadata-Version: 2.1\nName: numpy\nVersion: 1.0\n"
    refused(desk, desk.send(recorded_wheel(tmp_path, metadata=said)), 400, "numpy")
    said = "Metadata-Version: 2.1\nName: acme-app\nVersion: 2.0\n"
    refused(desk, desk.send(recorded_wheel(tmp_path, metadata=said)), 400, "2.0")


def test_wheel_with_errors_by_policy(desk: Desk, tmp_path: Path) -> None:
    wheel = recorded_wheel(tmp_path)
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr("unrecorded.py", "")
    refused(desk, desk.send(wheel), 400, "WHL106", "unrecorded.py")
    (tmp_path / "b").mkdir()
    lenient = Desk(tmp_path / "b", policy="accept")
    assert lenient.send(wheel)[0] == 200
    (found,) = lenient.house.list()
    assert [finding.code for finding in found.record.findings] == ["WHL106"]
    lenient.upload.close()


def test_members_outside_of_the_folder(desk: Desk, tmp_path: Path) -> None:
    wheel = recorded_wheel(tmp_path)
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr("../../etc/passwd", "")
    refused(desk, desk.send(wheel), 400, "WHL104")


def test_not_a_wheel(desk: Desk, tmp_path: Path) -> None:
    wheel = tmp_path / "acme_app-1.0-py3-none-any.whl"
    for content in (b"", b"PK", b"#!/bin/sh\n" * 1000, b"PK\x03\x04" + bytes(1000)):
        wheel.write_bytes(content)
        refused(desk, desk.send(wheel), 400)
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("a.py", "")
    refused(desk, desk.send(wheel), 400, "dist-info")


def test_zip_bomb(desk: Desk, tmp_path: Path) -> None:
    wheel = recorded_wheel(tmp_path)
    with zipfile.ZipFile(wheel, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.bin", bytes(100 << 20))
    assert wheel.stat().st_size < 200_000
    refused(desk, desk.send(wheel), 400, "zip bomb")


def test_zip_bomb_that_says_it_is_none(desk: Desk, tmp_path: Path) -> None:
    wheel = recorded_wheel(tmp_path)
    with zipfile.ZipFile(wheel, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.bin", bytes(100 << 20))
    content = bytearray(wheel.read_bytes())
    for signature, at in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        where = content.rfind(signature)  # of the last file
        assert struct.unpack_from("<I", content, where + at) == (100 << 20,)
        struct.pack_into("<I", content, where + at, 10)
    wheel.write_bytes(content)
    refused(desk, desk.send(wheel), 400, "zip bomb")


def test_archive_with_two_readings(desk: Desk, tmp_path: Path) -> None:
    wheel = recorded_wheel(tmp_path)
    content = wheel.read_bytes()
    wheel.write_bytes(content + b"hidden")
    refused(desk, desk.send(wheel), 400)
    wheel.write_bytes(content + content)  # two archives
    refused(desk, desk.send(wheel), 400)


def test_archive_packed_in_a_way_that_wheels_are_not(desk: Desk, tmp_path: Path) -> None:
    wheel = recorded_wheel(tmp_path)
    with zipfile.ZipFile(wheel, "a", zipfile.ZIP_LZMA) as archive:
        archive.writestr("x.py", bytes(1000))
    refused(desk, desk.send(wheel), 400, "packed")


def test_token_without_the_scope(desk: Desk, tmp_path: Path) -> None:
    refused(desk, desk.send(recorded_wheel(tmp_path), desk.reader), 403)
    foreign = recorded_wheel(tmp_path, "numpy")
    refused(desk, desk.send(foreign, desk.uploader), 403, "numpy")


def test_token_guessing(desk: Desk, tmp_path: Path) -> None:
    wheel = recorded_wheel(tmp_path)
    known = desk.uploader.split("_")[1]  # identifiers are no secret
    guesses = [desk.send(wheel, f"orc_{known}_{'x' * 43}")[0] for _ in range(15)]
    assert guesses == [401] * 10 + [429] * 5
    assert desk.stored() == []
    assert [entry["event"] for entry in desk.entries()] == ["refused login"] * 10 + ["limited"]


def test_names_that_come_from_upstream(tmp_path: Path) -> None:
    desk = Desk(tmp_path, owned=lambda name: "it is merged." if name == "acme-app" else "")
    refused(desk, desk.send(recorded_wheel(tmp_path), desk.admin), 403, "it is merged")


@pytest.mark.parametrize("status", ["archived", "quarantined"])
def test_projects_that_are_closed(desk: Desk, tmp_path: Path, status: str) -> None:
    closed = State(projects={"acme-app": ProjectState(status=status)})  # type: ignore[arg-type]
    change_state(desk.house, lambda _: closed)
    refused(desk, desk.send(recorded_wheel(tmp_path)), 403, status)


def test_names_of_deleted_files(desk: Desk, tmp_path: Path) -> None:
    wheel = recorded_wheel(tmp_path)
    change_state(desk.house, lambda _: State(deleted={wheel.name: "0" * 64}))
    refused(desk, desk.send(wheel), 409, "deleted")


def test_many_fields(desk: Desk, tmp_path: Path) -> None:
    form = form_of(recorded_wheel(tmp_path))
    body, content_type = encode_multipart_formdata([("classifiers", "x")] * 6000 + form)
    refused(desk, desk.post(body, content_type), 413)
    body, content_type = encode_multipart_formdata([("description", "x" * (9 << 20)), *form])
    refused(desk, desk.post(body, content_type), 413)
    body, content_type = encode_multipart_formdata([*form, form[-1]])
    refused(desk, desk.post(body, content_type), 400, "more than one")


def test_other_methods(desk: Desk) -> None:
    assert desk.ask(desk.upload, Request(method="GET", path="/legacy/"))[0] == 405


def test_examiner_that_crashes_takes_nothing_with_it(desk: Desk, tmp_path: Path) -> None:
    from orchestrator.index.examiner import Examiner  # noqa: PLC0415

    dying = Examiner(command=("sh", "-c", "read line; exit 1"))
    wheel = recorded_wheel(tmp_path)
    assert "broke off" in dying.examine(wheel).problem
    hanging = Examiner(seconds=0.2, command=("sleep", "60"))
    assert "broke off" in hanging.examine(wheel).problem
    hanging.close()
    assert desk.send(wheel)[0] == 200
