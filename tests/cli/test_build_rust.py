"""Rust for Linux aarch64: built with a toolchain that has the target's standard library."""

import os
import shutil
import zipfile
from pathlib import Path

import pytest
from command_line import PROJECTS, CommandLine

from orchestrator.binary.elf import Elf, read_elf

pytestmark = [pytest.mark.toolchain, pytest.mark.network]


def with_rust(command_line: CommandLine, folder: Path) -> CommandLine:
    """Behind all others on PATH: a rustup without the target's library must not be in the way."""
    command_line.env["PATH"] = os.pathsep.join((command_line.env["PATH"], str(folder)))
    return command_line


def built(command_line: CommandLine, project: str, *options: str) -> Path:
    outcome = command_line.build(PROJECTS / project, "--platform", "linux", *options)
    assert outcome.status == 0, outcome.out + outcome.err
    (wheel,) = outcome.summary["wheels"]
    notes = command_line.record(wheel["filename"])["notes"]
    assert any(note.startswith("rustc 1.") for note in notes)
    return Path(wheel["path"])


def libraries(wheel: Path) -> dict[str, Elf]:
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if name.endswith(".so")]
        return {name: read_elf(archive.read(name)) for name in names}


def test_without_a_library_for_the_target(command_line: CommandLine, tmp_path: Path):
    rustc = tmp_path / "bin" / "rustc"
    rustc.parent.mkdir()
    for program in (rustc, rustc.with_name("cargo")):
        program.write_text(f"#!/bin/sh\necho {tmp_path}/nowhere\n")
        program.chmod(0o755)
    others = command_line.env["PATH"].split(os.pathsep)
    without = [folder for folder in others if not shutil.which("rustc", path=folder)]
    command_line.env["PATH"] = os.pathsep.join((str(rustc.parent), *without))
    message = command_line.refused(
        PROJECTS / "rust-setuptools", "--platform", "linux", code="TCH003", status=3
    )
    assert f"{rustc} has no standard library for aarch64-unknown-linux-gnu" in message


@pytest.mark.emulator
def test_setuptools_rust(command_line: CommandLine, debian_rust: Path):
    wheel = built(with_rust(command_line, debian_rust), "rust-setuptools", "--python", "3.11")
    assert wheel.name == "rust_setuptools-1.0-cp311-cp311-manylinux_2_28_aarch64.whl"
    ((name, library),) = libraries(wheel).items()
    assert name == "rust_setuptools/_triple.cpython-311-aarch64-linux-gnu.so"
    assert library.machine == "aarch64"
    assert "PyInit__triple" in library.exports
    assert not library.debug_info
    assert command_line.record(wheel.name)["proof"] == "emulated"


def test_the_same_bytes_in_another_place(command_line: CommandLine, debian_rust: Path):
    with_rust(command_line, debian_rust)
    wheels = []
    for place in ("one", "another"):
        temporary = command_line.folder / place
        temporary.mkdir()
        command_line.env["TMPDIR"] = str(temporary)
        command_line.wheelhouse = command_line.folder / f"wheelhouse-{place}"
        wheels.append(built(command_line, "rust-setuptools").read_bytes())
    assert wheels[0] == wheels[1]


def test_maturin(command_line: CommandLine, debian_rust: Path):
    wheel = built(with_rust(command_line, debian_rust), "rust-maturin", "--python", "3.11")
    assert wheel.name == "rust_maturin-1.0-py3-none-manylinux_2_28_aarch64.whl"
    ((name, library),) = libraries(wheel).items()
    assert name == "rust_maturin/librust_maturin.so"
    assert library.machine == "aarch64"
    assert "triple" in library.exports


def test_no_rust_for_musl(command_line: CommandLine, debian_rust: Path):
    message = with_rust(command_line, debian_rust).refused(
        PROJECTS / "rust-setuptools", "--platform", "musllinux_1_2_aarch64",
        code="TCH003", status=3,
    )  # fmt: skip
    assert "aarch64-unknown-linux-musl" in message
