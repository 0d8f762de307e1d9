"""Repair of Linux wheels, with real ELF files, auditwheel and patchelf."""

from __future__ import annotations

import ctypes
import platform
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from orchestrator.binary.wheelfile import WheelFacts, read_wheel
from orchestrator.errors import PlatformTooOldError, RepairError
from orchestrator.repair.repair import repair_file
from orchestrator.targets.tags import parse_platform
from tests.cli.command_line import CommandLine
from tests.repair.linux_wheels import (
    INFO,
    NEWER,
    SUFFIX,
    Linked,
    compile_shared,
    write_wheel,
)

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.binary.elf import Elf

pytestmark = [
    pytest.mark.toolchain,
    pytest.mark.skipif(sys.platform == "darwin", reason="auditwheel and zig are for Linux"),
    pytest.mark.xdist_group("repair-linux"),  # compiled once
]

MANYLINUX = parse_platform("manylinux_2_28_aarch64")
EXTENSION = f"demo/ext{SUFFIX}"


@pytest.fixture(scope="module")
def arm(tmp_path_factory: pytest.TempPathFactory) -> Linked:
    return Linked(tmp_path_factory.mktemp("arm"), "aarch64-linux-gnu.2.17")


@pytest.fixture(scope="module")
def intel(tmp_path_factory: pytest.TempPathFactory) -> Linked:
    return Linked(tmp_path_factory.mktemp("intel"), "x86_64-linux-gnu.2.17")


@pytest.fixture(scope="module")
def musl(tmp_path_factory: pytest.TempPathFactory) -> Linked:
    return Linked(tmp_path_factory.mktemp("musl"), "aarch64-linux-musl")


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    output = tmp_path_factory.mktemp("newer") / "newer.so"
    return compile_shared(NEWER, output, "aarch64-linux-gnu.2.36").read_bytes()


def built(folder: Path, linked: Linked, arch: str = "aarch64", tag: str = "") -> Path:
    """A wheel as a backend leaves it."""
    suffix = SUFFIX.replace("aarch64", arch)
    tag = tag or f"cp311-cp311-linux_{arch}"
    return write_wheel(folder / "dist", tag, {f"demo/ext{suffix}": linked.extension.read_bytes()})


def elf(facts: WheelFacts, part: str) -> Elf:
    """The only ELF file whose name holds ``part``."""
    (found,) = [member.elf for member in facts.members if part in member.name and member.elf]
    return found


def run_paths(found: Elf) -> tuple[str, ...]:
    return (*found.rpath, *found.runpath)


def test_libraries_are_copied_in_and_the_tag_is_the_one_asked_for(arm: Linked, tmp_path: Path):
    path, grafted = repair_file(
        built(tmp_path, arm), tmp_path / "out", [arm.libraries], platform=MANYLINUX
    )
    assert path.name == "demo-1.0-cp311-cp311-manylinux_2_28_aarch64.whl"
    assert list((tmp_path / "out").iterdir()) == [path]
    facts = read_wheel(path)
    assert facts.declared_tags == facts.tags == {"cp311-cp311-manylinux_2_28_aarch64"}
    assert [name.partition("-")[0] for name in grafted] == [
        "demo.libs/libbase",
        "demo.libs/libgreet",
        "demo.libs/libother",
    ]
    names = {name.rpartition("/")[2] for name in grafted}
    extension = elf(facts, EXTENSION)
    assert {name for name in extension.needed if name != "libc.so.6"} < names
    assert run_paths(extension) == ("$ORIGIN/../inside", "$ORIGIN/../demo.libs")
    assert elf(facts, "libgreet").needed[0] in names
    assert {
        member.name: member.sha256 for member in facts.members if "RECORD" not in member.name
    } == {entry.path: entry.sha256 for entry in facts.record or () if "RECORD" not in entry.path}


@pytest.mark.skipif(platform.machine() != "x86_64", reason="runs x86_64 code")
def test_a_native_wheel_loads_what_was_copied_in(intel: Linked, tmp_path: Path):
    wheel = built(tmp_path, intel, "x86_64")
    asked = parse_platform("manylinux_2_17_x86_64")
    path, _ = repair_file(wheel, tmp_path / "out", [intel.libraries], platform=asked)
    assert path.name.endswith("-manylinux_2_17_x86_64.whl")
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "installed")
    (extension,) = (tmp_path / "installed" / "demo").iterdir()
    assert ctypes.CDLL(str(extension)).answer() == 42


def test_the_same_bytes_twice(arm: Linked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    wheel, found = built(tmp_path, arm), set()
    for seed in ("1", "2", "3"):  # auditwheel goes through sets
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        path, _ = repair_file(wheel, tmp_path / seed, [arm.libraries], platform=MANYLINUX)
        found.add(path.read_bytes())
    assert len(found) == 1


def test_a_missing_library_is_named_and_nothing_is_left(arm: Linked, tmp_path: Path):
    folder = tmp_path / "libraries"
    folder.mkdir()
    (folder / "libother.so").symlink_to(arm.libraries / "libother.so")
    with pytest.raises(RepairError) as caught:
        repair_file(built(tmp_path, arm), tmp_path / "out", [folder], platform=MANYLINUX)
    assert f"needs libgreet.so.1 ({EXTENSION})" in caught.value.message
    assert list((tmp_path / "out").iterdir()) == []


def test_a_library_for_another_machine_is_not_taken(arm: Linked, intel: Linked, tmp_path: Path):
    with pytest.raises(RepairError, match="needs lib"):
        repair_file(built(tmp_path, arm), tmp_path / "out", [intel.libraries], platform=MANYLINUX)


def test_the_first_folder_wins(arm: Linked, intel: Linked, tmp_path: Path):
    roots = [intel.libraries, arm.libraries, tmp_path]
    (tmp_path / "libother.so").write_bytes((arm.libraries / "libother.so").read_bytes() + b"\0")
    one, _ = repair_file(built(tmp_path, arm), tmp_path / "one", roots, platform=MANYLINUX)
    two, _ = repair_file(
        built(tmp_path, arm), tmp_path / "two", [arm.libraries], platform=MANYLINUX
    )
    assert one.read_bytes() == two.read_bytes()


def test_a_symbol_newer_than_the_platform(newer: bytes, tmp_path: Path):
    wheel = write_wheel(tmp_path / "dist", "cp311-cp311-linux_aarch64", {EXTENSION: newer})
    with pytest.raises(PlatformTooOldError) as caught:
        repair_file(wheel, tmp_path / "out", [], platform=MANYLINUX)
    assert "manylinux_2_28_aarch64: auditwheel finds manylinux_2_34_aarch64" in caught.value.message
    assert caught.value.details == (f"{EXTENSION}: libc.so.6 GLIBC_2.34: close_range",)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_wheel_may_not_be_older_than_its_own_tag_says(newer: bytes, tmp_path: Path):
    tag = "cp311-cp311-manylinux_2_17_aarch64.manylinux2014_aarch64"
    wheel = write_wheel(tmp_path / "dist", tag, {EXTENSION: newer})
    with pytest.raises(PlatformTooOldError, match="those of manylinux_2_17_aarch64"):
        repair_file(wheel, tmp_path / "out", [])


def test_a_wheel_that_promises_nothing_gets_the_oldest_tag_that_fits(
    arm: Linked, newer: bytes, tmp_path: Path
):
    path, _ = repair_file(built(tmp_path, arm), tmp_path / "out", [arm.libraries])
    assert path.name == "demo-1.0-cp311-cp311-manylinux_2_17_aarch64.whl"
    wheel = write_wheel(tmp_path / "dist", "cp311-cp311-linux_aarch64", {EXTENSION: newer})
    path, _ = repair_file(wheel, tmp_path / "out", [])
    assert path.name == "demo-1.0-cp311-cp311-manylinux_2_34_aarch64.whl"


def test_a_tag_that_fits_is_kept(arm: Linked, tmp_path: Path):
    tag = "cp311-cp311-manylinux_2_17_aarch64.manylinux2014_aarch64"
    path, _ = repair_file(built(tmp_path, arm, tag=tag), tmp_path / "out", [arm.libraries])
    assert read_wheel(path).declared_tags == read_wheel(path).tags
    assert sorted(read_wheel(path).tags) == [
        "cp311-cp311-manylinux2014_aarch64",
        "cp311-cp311-manylinux_2_17_aarch64",
    ]


@pytest.mark.parametrize("asked", ["musllinux_1_2_aarch64", ""])
def test_musl(musl: Linked, tmp_path: Path, asked: str):
    wheel = write_wheel(
        tmp_path / "dist",
        "cp311-abi3-linux_aarch64",
        {"demo/ext.abi3.so": musl.extension.read_bytes()},
    )
    path, grafted = repair_file(
        wheel,
        tmp_path / "out",
        [musl.libraries],
        platform=parse_platform(asked) if asked else None,
    )
    assert path.name == "demo-1.0-cp311-abi3-musllinux_1_2_aarch64.whl"
    assert len(grafted) == 3
    facts = read_wheel(path)
    assert "libc.musl-aarch64.so.1" in elf(facts, "ext.abi3.so").needed
    assert elf(facts, "libother").needed == ("libc.musl-aarch64.so.1",)
    assert not any("libc.so" in m.elf.needed for m in facts.members if m.elf)


def test_run_paths_of_the_build_machine_go(arm: Linked, tmp_path: Path):
    wheel = write_wheel(
        tmp_path / "dist", "cp311-cp311-linux_aarch64", {EXTENSION: arm.alone.read_bytes()}
    )
    assert run_paths(elf(read_wheel(wheel), EXTENSION))[0].startswith("/somewhere")
    path, grafted = repair_file(wheel, tmp_path / "out", [], platform=MANYLINUX)
    assert grafted == ()
    found = elf(read_wheel(path), EXTENSION)
    assert (found.rpath, found.runpath) == ((), ("$ORIGIN/../inside",))
    with zipfile.ZipFile(path) as archive:
        assert b"/somewhere" not in archive.read(EXTENSION)


def test_a_file_without_need_of_repair_is_not_touched(newer: bytes, tmp_path: Path):
    wheel = write_wheel(tmp_path / "dist", "cp311-cp311-linux_aarch64", {EXTENSION: newer})
    path, _ = repair_file(wheel, tmp_path / "out", [])
    with zipfile.ZipFile(path) as archive:
        assert archive.read(EXTENSION) == newer
        assert archive.getinfo(EXTENSION).external_attr >> 16 == 0o100755


def test_nothing_but_code_of_another_machine_is_left_to_verification(intel: Linked, tmp_path: Path):
    path, _ = repair_file(
        built(tmp_path, intel, "x86_64", "cp311-cp311-linux_aarch64"),
        tmp_path / "out",
        [],
        platform=MANYLINUX,
    )
    assert path.name.endswith("-manylinux_2_28_aarch64.whl")
    assert elf(read_wheel(path), "ext").machine == "x86_64"


@pytest.mark.parametrize("platform_tag", ["any", "linux_aarch64"])
def test_a_wheel_without_binaries(tmp_path: Path, platform_tag: str):
    wheel = write_wheel(tmp_path / "dist", f"py3-none-{platform_tag}", {"demo.py": b"x = 1\n"})
    path, grafted = repair_file(wheel, tmp_path / "out", [], platform=MANYLINUX)
    expected = platform_tag if platform_tag == "any" else MANYLINUX.tag
    assert (path.name, grafted) == (f"demo-1.0-py3-none-{expected}.whl", ())
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist()[0] == "demo.py"
        assert archive.read(f"{INFO}/WHEEL").decode().endswith(f"Tag: py3-none-{expected}\n")


def test_settings_for_auditwheel_and_a_bare_path_do_not_count(
    arm: Linked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for name in ("PLAT", "ZIP_COMPRESSION_LEVEL", "PATCHER", "LD_LIBRARY_PATH"):
        monkeypatch.setenv(f"AUDITWHEEL_{name}", "nonsense")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    monkeypatch.setenv("PATH", "/nowhere")
    _, grafted = repair_file(built(tmp_path, arm), tmp_path / "out", [arm.libraries])
    assert len(grafted) == 3


def test_the_command(arm: Linked, tmp_path: Path):
    command_line = CommandLine(tmp_path, tmp_path / "cache")
    wheel = built(tmp_path, arm)
    done = command_line.run("repair", wheel, "--library-dir", arm.libraries, "--json")
    assert done.status == 0, done.err
    (event,) = done.events
    assert event["path"] == "repaired/demo-1.0-cp311-cp311-manylinux_2_17_aarch64.whl"
    assert len(event["grafted"]) == 3
    failed = command_line.run("repair", wheel, "-o", "again")
    assert failed.status == 1
    assert "RPR001" in failed.err
    assert list((tmp_path / "again").iterdir()) == []
