import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.binary.kind import BadBinaryError
from orchestrator.binary.load_commands import read_linkage
from orchestrator.binary.macho import read_macho

BINARIES = Path(__file__).parents[1] / "binaries"
TINY = (BINARIES / "tiny.so").read_bytes()
UNIVERSAL = (BINARIES / "universal.so").read_bytes()


@pytest.mark.parametrize("path", sorted(BINARIES.glob("*.*")), ids=lambda path: path.name)
def test_it_says_what_the_full_reader_says(path: Path):
    data = path.read_bytes()
    for quick, full in zip(read_linkage(data), read_macho(data), strict=True):
        assert quick.arch == full.arch
        assert quick.install_name == full.install_name
        assert quick.libraries == tuple(library.path for library in full.libraries)
        assert quick.rpaths == full.rpaths


def test_other_files_are_refused():
    with pytest.raises(BadBinaryError, match="not a Mach-O"):
        read_linkage((BINARIES / "linux" / "tiny.so").read_bytes())


@given(st.integers(min_value=8, max_value=len(TINY) - 1))
def test_a_file_that_was_cut_off_is_refused(length: int):
    with pytest.raises(BadBinaryError):
        read_linkage(TINY[:length])


def test_a_universal_file_that_was_cut_off_is_refused():
    with pytest.raises(BadBinaryError, match="cut off"):
        read_linkage(UNIVERSAL[:80_000])


def test_a_command_of_no_size_does_not_hang():
    data = bytearray(TINY)
    struct.pack_into("<I", data, 36, 0)
    with pytest.raises(BadBinaryError, match="broken"):
        read_linkage(bytes(data))


@given(st.integers(0, 4000), st.binary(min_size=1, max_size=16))
def test_damaged_headers_are_read_or_refused(offset: int, noise: bytes):
    for whole in (TINY, UNIVERSAL):
        data = whole[:offset] + noise + whole[offset + len(noise) :]
        try:
            read_linkage(data)
        except BadBinaryError:
            continue
