"""Uploads with bytes that a bad line, or a bad mind, has changed."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from recorded_wheels import recorded_wheel
from upload_desk import Desk, form_of
from urllib3.filepost import encode_multipart_formdata

if TYPE_CHECKING:
    from collections.abc import Iterator

BINARIES = Path(__file__).parents[1] / "binaries"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path, policy="accept")
    yield desk
    desk.upload.close()


def mutated(content: bytes, rng: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(changed))
        kind = rng.randrange(3)
        if kind == 0:
            changed[at] = rng.choice((0, 1, 127, 255, rng.randrange(256)))
        elif kind == 1:
            del changed[at : at + rng.randint(1, 50)]
        else:
            changed[at:at] = rng.randbytes(rng.randint(1, 20))
    return bytes(changed)


@pytest.mark.parametrize("seed", range(3))
def test_changed_forms(desk: Desk, tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    body, content_type = encode_multipart_formdata(form_of(recorded_wheel(tmp_path)))
    for _ in range(60):
        status, text = desk.post(mutated(body, rng), content_type)
        assert status in {200, 400}, text
        if status == 200:
            desk.house.remove(text.split()[0])
    assert desk.half_done() == []
    assert desk.stored() == []


@pytest.mark.parametrize("binary", ["tiny.so", "universal.so"])
def test_changed_wheels(desk: Desk, tmp_path: Path, binary: str) -> None:
    rng = random.Random(binary)
    wheel = recorded_wheel(
        tmp_path, tag="cp311-cp311-macosx_11_0_arm64", code=(BINARIES / binary).read_bytes()
    )
    original = wheel.read_bytes()
    for _ in range(60):
        wheel.write_bytes(mutated(original, rng))
        status, text = desk.send(wheel)
        assert status in {200, 400}, text
        if status == 200:
            desk.house.remove(wheel.name)
    assert desk.half_done() == []
    assert desk.stored() == []
