"""An upload that the disk has no room for."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest
from recorded_wheels import recorded_wheel
from upload_desk import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(place)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("can't mount a file system here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_what_was_there_stays_and_nothing_is_added(small_disk: Path, tmp_path: Path) -> None:
    desk = Desk(small_disk)
    wheels = [
        recorded_wheel(tmp_path, version=f"1.{number}", code=os.urandom(1_200_000))
        for number in range(3)
    ]
    assert [desk.send(wheel)[0] for wheel in wheels] == [200, 200, 507]
    assert desk.half_done() == []
    assert [found.record.version for found in desk.house.list()] == ["1.0", "1.1"]
    assert not any(wheels[2].name in name for name in desk.stored())
    assert desk.entries()[-1]["status"] == 507
    desk.house.remove(wheels[0].name)
    assert desk.send(wheels[2])[0] == 200
    desk.upload.close()
