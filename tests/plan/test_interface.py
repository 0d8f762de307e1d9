from __future__ import annotations

import msgspec
import pytest

from orchestrator.binary.elf import Elf
from orchestrator.binary.kind import FileKind
from orchestrator.binary.macho import MachO
from orchestrator.binary.member import Member, member_of
from orchestrator.plan.interface import interface_digest

ELF = Elf(
    bits=64,
    machine="aarch64",
    filetype="shared",
    versions={"libc.so.6": ("GLIBC_2.17",)},
    soname="libtiny.so.1",
    exports=frozenset({"a", "b"}),
    defined_versions=frozenset({"TINY_1"}),
)
MACHO = MachO(
    arch="arm64",
    filetype="dylib",
    install_name="@rpath/libtiny.1.dylib",
    compatibility_version=(1, 0, 0),
    exports=frozenset({"_a", "_b"}),
)


def shared(elf: Elf = ELF, content: bytes = b"1") -> Member:
    member = member_of("lib/libtiny.so.1", content)
    return msgspec.structs.replace(member, elf=elf, kind=FileKind(format="elf"))


def dylib(macho: MachO = MACHO, content: bytes = b"1") -> Member:
    member = member_of("lib/libtiny.1.dylib", content)
    return msgspec.structs.replace(member, slices=(macho,), kind=FileKind(format="macho"))


HEADER = member_of("include/tiny.h", b"int a(void);")


def test_other_code_behind_the_same_symbols_is_the_same_interface():
    elf = msgspec.structs.replace(ELF, build_id="99", needed=("libm.so.6",))
    assert interface_digest([shared()]) == interface_digest([shared(elf, b"2")])
    macho = msgspec.structs.replace(MACHO, uuid="99", current_version=(1, 2, 3))
    assert interface_digest([dylib()]) == interface_digest([dylib(macho, b"2")])


@pytest.mark.parametrize(
    "change",
    [
        {"soname": "libtiny.so.2"},
        {"exports": frozenset({"a"})},
        {"defined_versions": frozenset({"TINY_1", "TINY_2"})},
    ],
)
def test_what_the_loader_looks_for_counts_on_linux(change: dict[str, object]):
    elf = msgspec.structs.replace(ELF, **change)
    assert interface_digest([shared(elf)]) != interface_digest([shared()])


@pytest.mark.parametrize(
    "change",
    [
        {"install_name": "@rpath/libtiny.2.dylib"},
        {"exports": frozenset({"_a", "_b", "_c"})},
        {"compatibility_version": (1, 1, 0)},
    ],
)
def test_what_the_loader_looks_for_counts_on_macos(change: dict[str, object]):
    macho = msgspec.structs.replace(MACHO, **change)
    assert interface_digest([dylib(macho)]) != interface_digest([dylib()])


@pytest.mark.parametrize(
    "name",
    [
        "include/tiny.h",
        "include/Eigen/Core",
        "lib/libtiny.a",
        "lib/pkgconfig/tiny.pc",
        "lib/cmake/tiny/tinyTargets.cmake",
        "bin/tiny-config",
        "numpy/__init__.pxd",
    ],
)
def test_whatever_a_build_reads_counts_with_its_content(name: str):
    one, other = member_of(name, b"1"), member_of(name, b"2")
    assert interface_digest([shared(), one]) != interface_digest([shared(), other])
    assert interface_digest([shared(), one]) != interface_digest([shared()])
    assert interface_digest([shared(), one]) == interface_digest([one, shared()])


@pytest.mark.parametrize("name", ["LICENSE", "share/tiny/data.bin", "tiny/__init__.py"])
def test_what_no_build_reads_does_not_count(name: str):
    assert interface_digest([HEADER, member_of(name, b"1")]) == interface_digest([HEADER])


def test_a_renamed_header_is_another_interface():
    renamed = msgspec.structs.replace(HEADER, name="include/tiny2.h")
    assert interface_digest([renamed]) != interface_digest([HEADER])
