"""The projects of tests/projects, built for Linux from end to end as a user builds them."""

from __future__ import annotations

import sys
import zipfile
from typing import TYPE_CHECKING

import pytest
from command_line import PROJECTS, CommandLine

from orchestrator.binary.elf import Elf, read_elf
from orchestrator.targets.tags import parse_platform

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.toolchain,
    pytest.mark.network,
    pytest.mark.skipif(sys.platform == "darwin", reason="a Mac has no toolchain for Linux"),
]

# setuptools with C, C++ and the limited API; meson; a recipe's scikit-build-core.
NAMES = ("c-setuptools", "cxx-exceptions", "abi3", "meson-python-ext", "bare-cmake")


@pytest.fixture
def recipes(command_line: CommandLine) -> Path:
    folder = command_line.folder / "recipes"
    folder.mkdir()
    (folder / "bare-cmake.toml").write_text(
        'why = "It has no build backend."\n[[release]]\n'
        "[release.backend]\n"
        'build-backend = "scikit_build_core.build"\nrequires = ["scikit-build-core"]\n'
    )
    return folder


def binaries(wheel: Path) -> dict[str, Elf]:
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if name.endswith(".so")]
        return {name.rpartition("/")[2]: read_elf(archive.read(name)) for name in names}


@pytest.mark.parametrize(
    ("tag", "suffix"),
    [
        ("manylinux_2_28_aarch64", "cpython-311-aarch64-linux-gnu.so"),
        ("musllinux_1_2_aarch64", "cpython-311-aarch64-linux-musl.so"),
        ("manylinux_2_17_x86_64", "cpython-311-x86_64-linux-gnu.so"),
    ],
)
def test_every_backend(command_line: CommandLine, recipes: Path, tag: str, suffix: str):
    projects = [PROJECTS / name for name in NAMES]
    outcome = command_line.build(
        *projects, "--platform", tag, "--python", "3.11", "--recipes", recipes, "--test", "none"
    )
    assert outcome.status == 0, outcome.out + outcome.err
    platform = parse_platform(tag)
    allowed = {"libc.so.6", "libgcc_s.so.1", "libm.so.6", "libpthread.so.0",
               "ld-linux-aarch64.so.1", "ld-linux-x86-64.so.2"}  # fmt: skip
    if platform.libc == "musl":
        allowed = {f"libc.musl-{platform.arch}.so.1"}
    for name in outcome.summary["wheels"]:
        wheel = command_line.wheelhouse / name["filename"]
        assert name["filename"].endswith(f"-{tag}.whl")
        ((file, image),) = binaries(wheel).items()
        assert file.endswith((suffix, ".abi3.so"))
        assert image.machine == platform.arch
        assert set(image.needed) <= allowed
        assert (image.runpath, image.rpath, image.debug_info) == ((), (), False)
