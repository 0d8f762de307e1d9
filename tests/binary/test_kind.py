from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.binary.kind import FileKind, kind_of

BINARIES = Path(__file__).parents[1] / "binaries"


def archive(*members: tuple[str, bytes]) -> bytes:
    """A Unix archive with Apple's long names."""
    data = b"!<arch>\n"
    for name, content in members:
        body = name.encode() + content
        header = f"{f'#1/{len(name)}':<16}{0:<12}{0:<6}{0:<6}{644:<8}{len(body):<10}`\n"
        data += header.encode() + body + b"\n" * (len(body) % 2)
    return data


def test_macho_slices_name_their_machines():
    assert kind_of((BINARIES / "tiny.so").read_bytes()) == FileKind(
        format="macho", machines=("arm64",)
    )
    assert kind_of((BINARIES / "universal.so").read_bytes()) == FileKind(
        format="fat", machines=("x86_64", "arm64")
    )


@pytest.mark.skipif(not Path("/proc/self/exe").exists(), reason="needs Linux")
def test_this_interpreter_is_what_its_kernel_runs():
    kind = kind_of(Path("/proc/self/exe").read_bytes()[:4096])
    assert kind.format == "elf"
    assert kind.machines[0] in {"x86_64", "aarch64"}


def test_pe_is_found_behind_its_dos_header():
    data = b"MZ" + b"\0" * 58 + (64).to_bytes(4, "little") + b"PE\0\0" + b"\x64\xaa" + b"\0" * 18
    assert kind_of(data) == FileKind(format="pe", machines=("arm64",))
    assert kind_of(b"MZ is how this text starts").format == "other"


def test_archive_is_judged_by_its_first_object():
    elf = b"\x7fELF\x02\x01" + b"\0" * 12 + b"\x3e\0" + b"\0" * 60
    macho = (BINARIES / "tiny.so").read_bytes()[:64]
    symbols = ("__.SYMDEF", b"\0" * 9)
    assert kind_of(archive(symbols, ("a.o", elf))) == FileKind(
        format="ar", machines=("x86_64",), objects="elf"
    )
    assert kind_of(archive(symbols, ("a.o", macho))).objects == "macho"
    assert kind_of(archive(symbols)).objects == "other"


def test_java_class_is_not_a_fat_file():
    assert kind_of(b"\xca\xfe\xba\xbe\0\0\0\x3d" + b"\0" * 100).format == "other"


@given(
    st.binary(max_size=200),
    st.sampled_from([b"", b"MZ", b"\x7fELF", b"!<arch>\n", b"\xca\xfe\xba\xbe"]),
)
def test_any_bytes_are_of_some_kind(data: bytes, start: bytes):
    assert kind_of(start + data).format in {"macho", "fat", "elf", "pe", "ar", "other"}
