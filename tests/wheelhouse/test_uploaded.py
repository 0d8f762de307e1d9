"""Wheels that were built elsewhere: taken in, never changed, deleted without a trace."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest
from recorded_wheels import recorded_wheel

from orchestrator.errors import FileConflictError, NotDeletableError
from orchestrator.files import sha256_of
from orchestrator.index.state import State, change_state, read_state
from orchestrator.model import UploadedWheel
from orchestrator.wheelhouse.record import read_metadata
from orchestrator.wheelhouse.store import Wheelhouse, open_wheelhouse

if TYPE_CHECKING:
    from pathlib import Path

CREATED = "2026-11-29T10:00:00Z"


@pytest.fixture
def house(tmp_path: Path) -> Wheelhouse:
    return open_wheelhouse(tmp_path / "house")


def upload(path: Path) -> UploadedWheel:
    return UploadedWheel(
        path=path,
        filename=path.name,
        name="acme-app",
        version="1.0",
        sha256=sha256_of(path),
        platform="any",
        python="3",
        metadata=read_metadata(path),
        requires_python=">=3.8",
        findings=(),
    )


def visible(house: Wheelhouse) -> list[str]:
    return sorted(
        path.relative_to(house.directory).as_posix()
        for path in house.directory.rglob("*")
        if path.is_file() and path.name != ".lock"
    )


def test_upload_is_published_with_metadata_and_record(house: Wheelhouse, tmp_path: Path) -> None:
    wheel = recorded_wheel(tmp_path)
    content = wheel.read_bytes()
    assert house.take_upload(upload(wheel), created=CREATED)

    assert not wheel.exists()  # moved, not copied
    published = house.directory / wheel.name
    assert published.read_bytes() == content
    (found,) = house.list()
    assert found.record.kind == "uploaded"
    assert found.record.created == CREATED
    assert found.record.size == len(content)
    assert found.record.requires_python == ">=3.8"
    assert house.record_of(published) == found.record


def test_same_bytes_again_change_nothing(house: Wheelhouse, tmp_path: Path) -> None:
    house.take_upload(upload(recorded_wheel(tmp_path)), created=CREATED)
    before = {name: (house.directory / name).stat().st_mtime_ns for name in visible(house)}
    assert not house.take_upload(upload(recorded_wheel(tmp_path)), created="2027-01-01T00:00:00Z")
    assert before == {name: (house.directory / name).stat().st_mtime_ns for name in visible(house)}


def test_other_bytes_under_one_name_are_refused(house: Wheelhouse, tmp_path: Path) -> None:
    house.take_upload(upload(recorded_wheel(tmp_path)), created=CREATED)
    before = visible(house)
    other = recorded_wheel(tmp_path, code=b"answer = 41\n")
    with pytest.raises(FileConflictError):
        house.take_upload(upload(other), created=CREATED)
    assert visible(house) == before
    assert house.list()[0].record.sha256 != sha256_of(other)


def test_wheel_without_record_gets_one(house: Wheelhouse, tmp_path: Path) -> None:
    wheel = recorded_wheel(tmp_path)
    (house.directory / wheel.name).write_bytes(wheel.read_bytes())
    assert house.list() == ()
    assert house.take_upload(upload(wheel), created=CREATED)
    assert len(house.list()) == 1


def test_removed_wheel_leaves_nothing(house: Wheelhouse, tmp_path: Path) -> None:
    wheel = recorded_wheel(tmp_path)
    digest = sha256_of(wheel)
    house.take_upload(upload(wheel), created=CREATED)
    (house.directory / f"{wheel.name}.provenance").touch()
    assert house.remove(wheel.name) == digest
    assert visible(house) == []
    assert house.remove(wheel.name) is None


@pytest.mark.parametrize("name", ["../outside.whl", "a/b.whl", ".lock", "", "..", "none.whl"])
def test_only_wheels_are_removed(house: Wheelhouse, name: str) -> None:
    (house.directory.parent / "outside.whl").touch()
    assert house.remove(name) is None
    assert (house.directory.parent / "outside.whl").exists()


def test_both_halves_take_an_upload(tmp_path: Path, bucket_address: str) -> None:
    houses = []
    for number in range(2):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / ".store").write_text(f"{bucket_address}\n")
        houses.append(open_wheelhouse(folder))
    wheel = recorded_wheel(tmp_path)
    name = wheel.name
    houses[0].take_upload(upload(wheel), created=CREATED)
    assert name in houses[1].filenames()
    assert houses[1].bring(name).is_file()
    with pytest.raises(FileConflictError):
        houses[1].take_upload(
            upload(recorded_wheel(tmp_path, code=b"answer = 0\n")), created=CREATED
        )
    with pytest.raises(NotDeletableError):
        houses[0].remove(name)


def test_decisions_are_kept_and_shown_whole(house: Wheelhouse) -> None:
    change_state(house, lambda state: State(yanked={**state.yanked, "a.whl": "broken"}))
    change_state(house, lambda state: State(yanked={**state.yanked, "b.whl": ""}))
    assert read_state(house.directory).yanked == {"a.whl": "broken", "b.whl": ""}
    path = house.directory / ".index" / "state.json"
    assert json.loads(path.read_text())["yanked"] == {"a.whl": "broken", "b.whl": ""}
    assert os.listdir(house.directory / ".incoming") == []  # noqa: PTH208
