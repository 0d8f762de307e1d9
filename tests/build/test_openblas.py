"""OpenBLAS laid in from wheels of a folder that stands for the index; uv is real."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from orchestrator.build.environment import BuildEnvironment
from orchestrator.build.openblas import lay_in_openblas, pkg_config_folder
from orchestrator.errors import BuildEnvironmentError
from orchestrator.process import Processes
from orchestrator.targets.interpreters import find_interpreter
from orchestrator.targets.tags import parse_interpreter, parse_platform

PIN = ("scipy-openblas64", "9.9.9")


def offered(folder: Path, platform: str) -> None:
    info = "scipy_openblas64-9.9.9.dist-info"
    files = {
        "scipy_openblas64/lib/libscipy_openblas64_.so": platform,
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: scipy-openblas64\nVersion: 9.9.9\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nTag: py3-none-{platform}\n",
    }
    record = "".join(f"{name},,\n" for name in (*files, f"{info}/RECORD"))
    path = folder / f"scipy_openblas64-9.9.9-py3-none-{platform}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(name, text)


@pytest.fixture
def environment(tmp_path: Path) -> BuildEnvironment:
    index = tmp_path / "index"
    index.mkdir()
    for platform in ("manylinux_2_28_aarch64", "manylinux_2_28_x86_64", "musllinux_1_2_aarch64"):
        offered(index, platform)
    environment = BuildEnvironment(
        tmp_path / "environment",
        processes=Processes(),
        env={**os.environ, "UV_OFFLINE": "1", "UV_FIND_LINKS": str(index)},
        log=tmp_path / "log",
        on_line=lambda _: None,
    )
    environment.create(find_interpreter(parse_interpreter("3.11")))
    return environment


@pytest.mark.parametrize("tag", ["manylinux_2_28_aarch64", "musllinux_1_2_aarch64"])
def test_the_targets_library_is_laid_in(environment: BuildEnvironment, tmp_path: Path, tag: str):
    scratch = tmp_path / "side"
    note = lay_in_openblas(environment, parse_platform(tag), PIN, scratch)
    assert note == "OpenBLAS of scipy-openblas64==9.9.9"
    folder = pkg_config_folder(scratch)
    text = (folder / "scipy-openblas.pc").read_text()
    prefix = Path(text.splitlines()[0].removeprefix("prefix="))
    assert (prefix / "lib" / "libscipy_openblas64_.so").read_text() == tag


def test_no_wheel_for_the_platform(environment: BuildEnvironment, tmp_path: Path):
    platform = parse_platform("manylinux_2_17_aarch64")
    with pytest.raises(BuildEnvironmentError) as caught:
        lay_in_openblas(environment, platform, PIN, tmp_path / "side")
    assert "scipy-openblas64 9.9.9 has no wheel for manylinux_2_17" in caught.value.message
