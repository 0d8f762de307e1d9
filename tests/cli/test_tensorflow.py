"""tensorflow on Apple Silicon, by the real index, pip and uv. Nothing large is downloaded."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from command_line import CommandLine
from installers import pip_resolves, uv_resolves
from local_index import write_wheel

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.network

TO_MAC = ("--platform", "macosx_12_0_arm64", "--python", "3.10")
REDIRECT = "tensorflow-2.10.0-cp310-cp310-macosx_12_0_arm64.whl"
MAC = "aarch64-apple-darwin"
MAC_TAGS = ("macosx_12_0_arm64", "macosx_11_0_arm64", "macosx_10_9_universal2")
ELSEWHERE = {
    "aarch64-unknown-linux-gnu": ("manylinux_2_17_aarch64", "manylinux2014_aarch64"),
    "x86_64-unknown-linux-gnu": ("manylinux_2_17_x86_64", "manylinux2014_x86_64"),
    "x86_64-apple-darwin": ("macosx_10_14_x86_64",),
}
# Pure Python, of 2022: "tensorflow (>=2.6,<2.12)", and a version of future that is an sdist only.
REAL_USER = "innvestigate==2.0.2"
OWN_USER = "uses-tensorflow==1.0"


@pytest.fixture(scope="module")
def wheelhouse(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Path:
    """A wheelhouse with the redirect of tensorflow 2.10.0, and packages that require it."""
    command_line = CommandLine(tmp_path_factory.mktemp("tensorflow"), cache)
    outcome = command_line.build("tensorflow==2.10.*", "future<0.19", *TO_MAC)
    assert outcome.status == 0, outcome.out
    assert REDIRECT in command_line.published()
    own = command_line.wheelhouse / "uses_tensorflow-1.0-py3-none-any.whl"
    requires = ("tensorflow>=2.10,<2.11",)
    write_wheel(own, "uses-tensorflow", "1.0", "py3-none-any", requires)
    return command_line.wheelhouse


def copy_without_redirect(wheelhouse: Path, folder: Path) -> None:
    for wheel in wheelhouse.glob("*.whl"):
        if wheel.name != REDIRECT:
            (folder / wheel.name).write_bytes(wheel.read_bytes())


@pytest.mark.parametrize("requirement", ["tensorflow==2.10.*", OWN_USER, REAL_USER])
def test_uv_comes_to_tensorflow_macos(wheelhouse: Path, requirement: str):
    found = uv_resolves(requirement, MAC, wheelhouse, os.environ)
    assert (found["tensorflow"], found["tensorflow-macos"]) == ("2.10.0", "2.10.0")
    assert {"keras", "tensorboard", "grpcio"} <= found.keys()
    assert "tensorflow-metal" not in found


def test_uv_comes_to_tensorflow_metal_when_asked(wheelhouse: Path):
    found = uv_resolves("tensorflow[metal]==2.10.*", MAC, wheelhouse, os.environ)
    assert found["tensorflow-metal"] == "0.6.0"


@pytest.mark.parametrize("requirement", ["tensorflow[metal]==2.10.*", OWN_USER, REAL_USER])
def test_pip_comes_to_tensorflow_macos(wheelhouse: Path, requirement: str):
    lazily = "--use-feature=fast-deps"
    found = pip_resolves(requirement, MAC_TAGS, wheelhouse, os.environ, lazily)
    assert (found["tensorflow"], found["tensorflow-macos"]) == ("2.10.0", "2.10.0")
    assert {"keras", "tensorboard", "grpcio"} <= found.keys()
    assert found.get("tensorflow-metal") == ("0.6.0" if "metal" in requirement else None)


@pytest.mark.parametrize("requirement", ["tensorflow==2.10.*", OWN_USER, REAL_USER])
def test_without_it_uv_finds_no_way(wheelhouse: Path, tmp_path: Path, requirement: str):
    copy_without_redirect(wheelhouse, tmp_path)
    with pytest.raises(AssertionError, match=r"no\s+wheels\s+with\s+a\s+matching"):
        uv_resolves(requirement, MAC, tmp_path, os.environ)


@pytest.mark.parametrize("triple", ELSEWHERE)
@pytest.mark.parametrize("requirement", ["tensorflow==2.10.*", REAL_USER])
def test_elsewhere_nothing_changes(wheelhouse: Path, tmp_path: Path, triple: str, requirement: str):
    copy_without_redirect(wheelhouse, tmp_path)
    without = uv_resolves(requirement, triple, tmp_path, os.environ)
    assert "tensorflow-macos" not in without
    assert uv_resolves(requirement, triple, wheelhouse, os.environ) == without
    if requirement != REAL_USER:
        tags, alone = ELSEWHERE[triple], ("--no-deps", "--use-feature=fast-deps")
        assert pip_resolves(requirement, tags, tmp_path, os.environ, *alone) == {
            "tensorflow": "2.10.1"
        }
        assert pip_resolves(requirement, tags, wheelhouse, os.environ, *alone) == {
            "tensorflow": "2.10.1"
        }
