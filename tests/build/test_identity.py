"""Whether a backend made the wheel it was asked for."""

import contextlib

import pytest

from orchestrator.build.identity import check_tags, identified
from orchestrator.errors import WrongWheelError
from orchestrator.model import (
    UNKNOWN_VERSION,
    BuildSettings,
    Source,
    Step,
    Target,
    ToolchainIdentity,
)
from orchestrator.targets.tags import parse_interpreter, parse_platform


def source(name: str = "my-pkg", version: str = "1.0", kind: str = "index") -> Source:
    return Source(name=name, version=version, kind=kind, location="")


def step(python: str = "3.11", platform: str = "macosx_12_0_arm64") -> Step:
    return Step(
        source=source(),
        settings=BuildSettings(),
        target=Target(platform=parse_platform(platform), interpreter=parse_interpreter(python)),
        toolchain=ToolchainIdentity(name="zig", versions={}),
        python="3.11.7",
        fingerprint="",
    )


@pytest.mark.parametrize(
    ("filename", "python"),
    [
        ("my_pkg-1.0-cp311-cp311-macosx_12_0_arm64.whl", "3.11"),
        ("my_pkg-1.0-cp39-abi3-macosx_12_0_arm64.whl", "3.11"),
        ("my_pkg-1.0-cp311-abi3-macosx_12_0_arm64.whl", "3.11"),
        ("my_pkg-1.0-cp311-none-macosx_12_0_arm64.whl", "3.11"),
        ("my_pkg-1.0-py3-none-macosx_12_0_arm64.whl", "3.11"),
        ("my_pkg-1.0-py2.py3-none-any.whl", "3.11"),
        ("my_pkg-1.0-cp313-cp313t-macosx_12_0_arm64.whl", "3.13t"),
    ],
)
def test_wheels_that_fit(filename: str, python: str):
    check_tags(step(python), filename)


@pytest.mark.parametrize(
    ("filename", "python", "said"),
    [
        ("my_pkg-1.0-cp310-cp310-macosx_12_0_arm64.whl", "3.11", "another Python"),
        ("my_pkg-1.0-cp312-abi3-macosx_12_0_arm64.whl", "3.11", "another Python"),
        ("my_pkg-1.0-cp39-abi3-macosx_12_0_arm64.whl", "3.13t", "another Python"),
        ("my_pkg-1.0-cp313-cp313-macosx_12_0_arm64.whl", "3.13t", "another Python"),
        ("my_pkg-1.0-cp311-cp311-macosx_11_0_x86_64.whl", "3.11", "another platform"),
        ("my_pkg-1.0-cp311-cp311-linux_x86_64.whl", "3.11", "another platform"),
        ("my_pkg-1.0-cp311-cp311-macosx_13_0_arm64.whl", "3.11", "another platform"),
    ],
)
def test_wheels_for_something_else(filename: str, python: str, said: str):
    with pytest.raises(WrongWheelError, match=said) as caught:
        check_tags(step(python), filename)
    assert filename in caught.value.message


@pytest.mark.parametrize(
    ("tag", "platform", "fits"),
    [
        ("linux_aarch64", "manylinux_2_28_aarch64", True),
        ("linux_aarch64", "musllinux_1_2_aarch64", True),
        ("manylinux_2_17_aarch64.manylinux2014_aarch64", "manylinux_2_28_aarch64", True),
        ("any", "manylinux_2_28_aarch64", True),
        ("linux_x86_64", "manylinux_2_28_aarch64", False),
        ("manylinux_2_31_aarch64", "manylinux_2_28_aarch64", False),
        ("musllinux_1_2_aarch64", "manylinux_2_28_aarch64", False),
        ("macosx_11_0_arm64", "manylinux_2_28_aarch64", False),
    ],
)
def test_platforms_of_linux(tag: str, platform: str, fits: bool):
    expected = contextlib.nullcontext() if fits else pytest.raises(WrongWheelError)
    with expected:
        check_tags(step(platform=platform), f"my_pkg-1.0-cp311-cp311-{tag}.whl")


def test_a_known_version_must_be_that_of_the_wheel():
    assert identified(source(), "my_pkg-1.0-py3-none-any.whl").version == "1.0"
    assert identified(source(version="1"), "my_pkg-1.0-py3-none-any.whl").version
    with pytest.raises(WrongWheelError, match=r"my-pkg 1\.0.*my_pkg-1\.1"):
        identified(source(), "my_pkg-1.1-py3-none-any.whl")


def test_another_project_is_refused():
    with pytest.raises(WrongWheelError, match="other-1"):
        identified(source(), "other-1.0-py3-none-any.whl")


def test_a_directory_learns_its_name_and_version_from_the_wheel():
    found = identified(
        source(name="folder", version=UNKNOWN_VERSION, kind="directory"),
        "my_pkg-2.0-py3-none-any.whl",
    )
    assert (found.name, found.version, found.kind) == ("my-pkg", "2.0", "directory")


def test_a_name_that_is_none():
    with pytest.raises(WrongWheelError, match="nonsense"):
        identified(source(), "nonsense.whl")
