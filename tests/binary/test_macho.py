"""The facts of tiny real Mach-O files (tests/binaries/rebuild) and of broken ones."""

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from orchestrator.binary.kind import BadBinaryError
from orchestrator.binary.macho import Import, read_macho
from orchestrator.binary.signature import check_signature

BINARIES = Path(__file__).parents[1] / "binaries"
TINY = (BINARIES / "tiny.so").read_bytes()


def test_facts_of_an_extension_module():
    (macho,) = read_macho(TINY)
    assert (macho.arch, macho.filetype, macho.platform) == ("arm64", "dylib", "macos")
    assert macho.minimum == (11, 0)
    assert macho.install_name == "tiny.so"
    assert [library.path for library in macho.libraries] == ["/usr/lib/libSystem.B.dylib"]
    assert macho.libraries[0].kind == "load"
    assert "_PyInit_tiny" in macho.exports
    assert "_PyModule_Create2" not in macho.exports
    assert macho.rpaths == ()
    assert len(macho.uuid) == 32


def test_imports_name_the_library_that_the_loader_asks():
    (macho,) = read_macho((BINARIES / "user.so").read_bytes())
    imports = {item.name: item for item in macho.imports}
    assert imports["_PyLong_FromLong"] == Import(name="_PyLong_FromLong", lookup="flat")
    assert imports["_tiny_answer"] == Import(
        name="_tiny_answer", lookup="library", library="@rpath/libtiny.dylib"
    )


def test_every_slice_of_a_fat_file_is_read():
    intel, arm = read_macho((BINARIES / "universal.so").read_bytes())
    assert (intel.arch, intel.signature) == ("x86_64", None)
    assert (arm,) == read_macho(TINY)


def test_repeated_rpaths_are_kept():
    (macho,) = read_macho((BINARIES / "bad.so").read_bytes())
    assert macho.rpaths == ("/tmp/build/lib", "/tmp/build/lib")


def test_signature_of_an_untouched_file_fits():
    (macho,) = read_macho(TINY)
    assert macho.signature is not None
    assert macho.signature.adhoc
    assert macho.signature.problems == ()


def test_signature_notices_one_changed_bit():
    code = TINY.index(b"\xfa\xde\x0c\xc0") - 1
    changed = TINY[:code] + bytes([TINY[code] ^ 1]) + TINY[code + 1 :]
    (macho,) = read_macho(changed)
    assert macho.signature is not None
    (problem,) = macho.signature.problems
    assert "1 of " in problem
    assert "page hashes are wrong" in problem


def test_signature_must_cover_all_that_precedes_it():
    offset = TINY.index(b"\xfa\xde\x0c\xc0")
    longer = TINY[:offset] + b"\0" * 16 + TINY[offset:]
    size = len(TINY) - offset
    assert "covers" in check_signature(longer, offset + 16, size).problems[0]


@pytest.mark.parametrize("data", [b"", b"text", TINY[:3]])
def test_other_files_are_refused(data: bytes):
    with pytest.raises(BadBinaryError):
        read_macho(data)


@given(st.integers(0, 4096), st.binary(min_size=1, max_size=8))
@example(16, b"\xff\xff\xff\xff")  # number of load commands
@settings(max_examples=300, deadline=None)
def test_broken_load_commands_raise_nothing_else(position: int, junk: bytes):
    data = TINY[:position] + junk + TINY[position + len(junk) :]
    try:
        slices = read_macho(data)
    except BadBinaryError:
        return
    assert all(isinstance(macho.arch, str) for macho in slices)


@given(st.integers(0, len(TINY)))
@settings(max_examples=100, deadline=None)
def test_truncated_files_raise_nothing_else(length: int):
    try:
        read_macho(TINY[:length])
    except BadBinaryError:
        return
    assert length > 4


@given(st.binary(max_size=200))
def test_any_bytes_can_be_a_signature(data: bytes):
    blob = b"\xfa\xde\x0c\xc0\0\0\0\x60\0\0\0\1\0\0\0\0\0\0\0\x14\xfa\xde\x0c\x02" + data
    assert check_signature(blob, 0, len(blob)).problems
