"""The facts of tiny real ELF files (tests/binaries/rebuild) and of broken ones."""

import struct
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from orchestrator.binary.elf import Reference, read_elf
from orchestrator.binary.kind import BadBinaryError

BINARIES = Path(__file__).parents[1] / "binaries/linux"
TINY = (BINARIES / "tiny.so").read_bytes()
BAD = (BINARIES / "bad.so").read_bytes()


def test_facts_of_an_extension_module():
    elf = read_elf(TINY)
    assert (elf.bits, elf.machine, elf.filetype) == (64, "aarch64", "shared")
    assert elf.needed == ("libc.so.6",)
    assert elf.versions == {"libc.so.6": ("GLIBC_2.17",)}
    assert elf.exports == {"PyInit_tiny"}
    assert elf.executable_stack is False
    assert (elf.soname, elf.rpath, elf.runpath, elf.interpreter) == ("", (), (), "")
    assert (elf.text_relocations, elf.static_tls, elf.debug_info) == (False, False, False)
    assert {segment.alignment for segment in elf.segments} == {0x10000}


def test_imports_name_the_version_and_the_library_it_is_of():
    imports = {item.name: item for item in read_elf(TINY).imports}
    assert imports["PyModule_Create2"] == Reference(name="PyModule_Create2")
    assert imports["write"] == Reference(name="write", version="GLIBC_2.17", library="libc.so.6")
    assert read_elf((BINARIES / "musl.so").read_bytes()).imports[-1] == Reference(name="write")


def test_what_a_careless_link_leaves():
    elf = read_elf(BAD)
    assert elf.needed == ("liblocal.so.3", "libpython3.11.so.1.0", "libc.so.6")
    assert elf.versions["libc.so.6"] == ("GLIBC_2.17", "GLIBC_2.36")
    assert elf.runpath == ("/opt/build/lib",)
    assert elf.executable_stack is True
    assert elf.text_relocations
    assert elf.static_tls
    assert [segment.alignment for segment in elf.segments] == [0x1000] * 3
    assert [segment.executable for segment in elf.segments] == [False, True, False]


def test_library():
    assert read_elf((BINARIES / "libtiny.so.1").read_bytes()).soname == "libtiny.so.1"
    assert read_elf((BINARIES / "user.so").read_bytes()).runpath == ("$ORIGIN",)


def test_debug_information():
    assert read_elf((BINARIES / "lost.so").read_bytes()).debug_info


def test_this_machines_interpreter():
    """A program, with what only real toolchains write: a build id, an interpreter, weak imports."""
    executable = Path("/proc/self/exe")
    if not executable.exists():
        pytest.skip("not Linux")
    elf = read_elf(executable.read_bytes())
    assert elf.filetype == "executable"
    assert Path(elf.interpreter).is_absolute()
    assert any(item.weak for item in elf.imports)
    assert elf.versions[next(name for name in elf.needed if name.startswith("libc."))]


def test_object_file():
    relocatable = TINY[:16] + struct.pack("<H", 1) + TINY[18:]
    assert read_elf(relocatable).filetype == "object"


@pytest.mark.parametrize("data", [b"", b"text", TINY[:3], b"MZ" + TINY[2:]])
def test_other_files_are_refused(data: bytes):
    with pytest.raises(BadBinaryError, match="not an ELF"):
        read_elf(data)


@pytest.mark.parametrize("length", [20, 64, 400, 1000])
def test_cut_off(length: int):
    with pytest.raises(BadBinaryError, match=r"cut off|broken headers|can't be read"):
        read_elf(TINY[:length])


@given(st.integers(0, len(TINY)))
@settings(max_examples=200, deadline=None)
def test_truncated_files_raise_nothing_else(length: int):
    try:
        elf = read_elf(TINY[:length])
    except BadBinaryError:
        return
    # What is behind the last segment is for debuggers.
    assert all(item.offset + item.file_size <= length for item in elf.segments)


@given(
    st.sampled_from([TINY, BAD]),
    st.lists(st.tuples(st.integers(0, 4000), st.binary(min_size=1, max_size=8)), max_size=3),
)
@example(TINY, [(56, b"\xff\xff")])  # number of program headers
@example(TINY, [(4, b"\x07")])  # neither 32 nor 64 bits
@example(TINY, [(5, b"\x02")])  # big-endian
@settings(max_examples=500, deadline=2000)
def test_changed_bytes_raise_nothing_else(data: bytes, changes: list[tuple[int, bytes]]):
    changed = bytearray(data)
    for position, junk in changes:
        changed[position : position + len(junk)] = junk
    try:
        elf = read_elf(bytes(changed))
    except BadBinaryError:
        return
    assert elf.bits in {32, 64}
    assert all(isinstance(name, str) for name in (*elf.needed, *elf.exports))
