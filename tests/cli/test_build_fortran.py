"""Fortran for Linux aarch64: GCC's cross compiler, and its library in the wheel."""

import os
import zipfile
from pathlib import Path

import pytest
from command_line import PROJECTS, CommandLine

pytestmark = [pytest.mark.toolchain, pytest.mark.network]
PROJECT = PROJECTS / "fortran-meson"


def with_fortran(command_line: CommandLine, folder: Path) -> CommandLine:
    command_line.env["PATH"] = os.pathsep.join((command_line.env["PATH"], str(folder)))
    return command_line


def test_without_a_compiler(command_line: CommandLine):
    outcome = command_line.build(PROJECT, "--platform", "linux")
    assert outcome.status == 3, outcome.out
    assert outcome.problem["code"] == "TCH003"
    assert "Fortran" in outcome.problem["message"]
    assert "gfortran-aarch64-linux-gnu" in outcome.problem["hint"]


def test_its_library_is_newer_than_the_platform(command_line: CommandLine, debian_fortran: Path):
    with_fortran(command_line, debian_fortran)
    outcome = command_line.build(PROJECT, "--platform", "linux")
    assert outcome.problem["code"] == "RPR002"
    assert "--platform manylinux_2_3" in outcome.problem["hint"]
    assert command_line.published() == []


@pytest.mark.emulator
def test_its_library_is_in_the_wheel(command_line: CommandLine, debian_fortran: Path):
    with_fortran(command_line, debian_fortran)
    newest = "manylinux_2_36_aarch64"  # what the emulated Python's system has
    outcome = command_line.build(PROJECT, "--platform", newest, "--python", "3.11")
    assert outcome.status == 0, outcome.out + outcome.err
    (wheel,) = outcome.summary["wheels"]
    with zipfile.ZipFile(wheel["path"]) as archive:
        names = archive.namelist()
    assert any(name.startswith("fortran_meson.libs/libgfortran-") for name in names)
    assert wheel["proof"] == "emulated"
