"""Mach-O files as their loader sees them: small ones of tests/binaries, whole and broken."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.binary.kind import BadBinaryError
from orchestrator.binary.macho_image import Image, read_image

BINARIES = Path(__file__).parents[1] / "binaries"


@pytest.fixture(scope="module")
def tiny() -> bytes:
    return (BINARIES / "tiny.so").read_bytes()


def test_a_module_is_read(tiny: bytes):
    image = read_image(tiny)
    assert image.filetype in {"bundle", "dylib"}
    assert any(path.endswith("libSystem.B.dylib") for path in image.libraries)
    text = image.segments[0]
    assert (text.name, text.executable, text.writable) == ("__TEXT", True, False)
    start = min(address for name, address in image.exports.items() if name.startswith("_PyInit"))
    assert text.address < start < text.address + text.size
    assert image.read(text.address, 4) == b"\xcf\xfa\xed\xfe"


def test_a_library_says_its_install_name():
    image = read_image((BINARIES / "libtiny.dylib").read_bytes())
    assert (image.filetype, image.install_name in image.libraries) == ("dylib", False)
    assert image.install_name


def test_of_a_universal_file_the_arm64_slice_is_read():
    assert read_image((BINARIES / "universal.so").read_bytes()).exports


def test_code_for_intel_macs_alone_is_refused():
    with pytest.raises(BadBinaryError, match="without arm64 code"):
        read_image((BINARIES / "intel.so").read_bytes())


def test_every_pointer_lies_in_a_segment_that_is_written(tiny: bytes):
    def check(image: Image) -> None:
        for fixup in (*image.rebases, *image.binds):
            (segment,) = (
                part
                for part in image.segments
                if part.address <= fixup.address < part.address + part.size
            )
            assert segment.writable

    check(read_image(tiny))
    check(read_image((BINARIES / "user.so").read_bytes()))


def with_segment(data: bytes, name: bytes, field: int, value: int) -> bytes:
    """The file with a field of LC_SEGMENT_64 changed: 0 is vmaddr, 1 vmsize, 2 fileoff …"""
    at = data.index(name.ljust(16, b"\0")) + 16 + 8 * field
    return data[:at] + struct.pack("<Q", value) + data[at + 8 :]


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        (0, 0, "overlaps|in no segment"),  # __DATA over __TEXT
        (1, 1 << 60, "large"),
        (0, 1 << 40, "large|in no segment"),
    ],
)
def test_segments_that_can_t_be_are_refused(tiny: bytes, field: int, value: int, says: str):
    names = [name for name in (b"__DATA", b"__DATA_CONST") if name.ljust(16, b"\0") in tiny]
    with pytest.raises(BadBinaryError, match=says):
        read_image(with_segment(tiny, names[0], field, value))


@pytest.mark.filterwarnings("ignore:.*is not a valid:RuntimeWarning")  # LIEF's own enums
@given(place=st.integers(0, 4095), byte=st.integers(0, 255))
def test_whatever_is_altered_is_read_or_refused(place: int, byte: int):
    data = bytearray((BINARIES / "tiny.so").read_bytes())
    data[place % len(data)] = byte
    try:
        image = read_image(bytes(data))
    except BadBinaryError:
        return
    for fixup in image.binds:
        assert image.start <= fixup.address <= image.end - 8
