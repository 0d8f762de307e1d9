from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import parse_wheel_filename

from orchestrator.model import Platform
from orchestrator.repair.tags import (
    linux_arch,
    oldest_promise,
    platforms_of,
    promise,
    renamed,
    retagged,
)

ARCHES = st.sampled_from(["aarch64", "x86_64", "armv7l", "i686"])
PLATFORMS = st.builds(
    lambda libc, minimum, arch: Platform(os="linux", arch=arch, minimum=minimum, libc=libc),
    st.sampled_from(["glibc", "musl"]),
    st.tuples(st.integers(1, 3), st.integers(0, 60)),
    ARCHES,
)


@given(PLATFORMS)
def test_a_tag_promises_the_platform_it_is_of(platform: Platform):
    assert promise(platform.tag) == platform
    assert linux_arch(platform.tag) == platform.arch


@pytest.mark.parametrize(
    ("older", "tag"),
    [
        ("manylinux1_x86_64", "manylinux_2_5_x86_64"),
        ("manylinux2010_i686", "manylinux_2_12_i686"),
        ("manylinux2014_aarch64", "manylinux_2_17_aarch64"),
    ],
)
def test_older_names(older: str, tag: str):
    assert promise(older) == promise(tag) is not None


@pytest.mark.parametrize(
    ("tag", "arch"),
    [
        ("linux_aarch64", "aarch64"),
        ("linux_x86_64", "x86_64"),
        ("any", ""),
        ("macosx_11_0_arm64", ""),
        ("win_amd64", ""),
    ],
)
def test_tags_that_promise_nothing(tag: str, arch: str):
    assert promise(tag) is None
    assert linux_arch(tag) == arch


@given(st.lists(PLATFORMS, min_size=1), st.booleans())
def test_the_oldest_counts(platforms: list[Platform], bare: bool):
    tags = [platform.tag for platform in platforms] + ["linux_aarch64"] * bare
    found = oldest_promise(tags)
    assert found is not None
    assert found.minimum == min(platform.minimum for platform in platforms)


def test_no_promise():
    assert oldest_promise(["linux_aarch64", "any"]) is None


@given(st.lists(PLATFORMS, min_size=1, max_size=3, unique=True), st.booleans())
def test_renamed(platforms: list[Platform], build: bool):
    tags = [platform.tag for platform in platforms]
    name = renamed(f"a_b-1.0{'-2x' * build}-cp311-abi3-linux_aarch64.whl", tags)
    project, version, number, found = parse_wheel_filename(name)
    assert (project, str(version), bool(number)) == ("a-b", "1.0", build)
    assert platforms_of(map(str, found)) == tuple(sorted(tags))


def test_retagged_keeps_all_but_the_platform():
    text = (
        "Wheel-Version: 1.0\nGenerator: x (1.0)\nRoot-Is-Purelib: false\n"
        "Tag: cp39-abi3-linux_aarch64\n"
        "Tag: cp311-abi3-linux_aarch64\nBuild: 2x\n\n"
    )
    assert retagged(text, ("manylinux_2_28_aarch64", "linux_x")) == (
        "Wheel-Version: 1.0\nGenerator: x (1.0)\nRoot-Is-Purelib: false\nBuild: 2x\n"
        "Tag: cp39-abi3-manylinux_2_28_aarch64\nTag: cp39-abi3-linux_x\n"
        "Tag: cp311-abi3-manylinux_2_28_aarch64\nTag: cp311-abi3-linux_x\n"
    )
    assert retagged(retagged(text, ("b", "c")), ("a",)) == retagged(text, ("a",))
