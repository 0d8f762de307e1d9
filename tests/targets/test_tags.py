"""Platform tags and Python versions, held against packaging's own rules."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.tags import mac_platforms

from orchestrator.errors import BadPythonError, UnsupportedPlatformError
from orchestrator.model import Interpreter
from orchestrator.targets.tags import (
    SHORT_FORMS,
    parse_interpreter,
    parse_platform,
    platform_for_deployment_target,
)


@pytest.mark.parametrize("text", ["macosx_11_0_arm64", "macosx_14_0_arm64", "macosx_26_0_arm64"])
def test_a_macos_tag_is_read_and_written(text: str):
    assert parse_platform(text).tag == text


@pytest.mark.parametrize(
    "text",
    ["manylinux_2_28_aarch64", "manylinux_2_17_x86_64", "manylinux_2_44_aarch64",
     "musllinux_1_2_x86_64", "musllinux_1_2_aarch64"],
)  # fmt: skip
def test_a_linux_tag_is_read_and_written(text: str):
    assert parse_platform(text).tag == text


def test_the_legacy_name_of_a_linux_tag():
    assert parse_platform("manylinux2014_aarch64").tag == "manylinux_2_17_aarch64"


@given(minor=st.integers(0, 99), arch=st.sampled_from(["aarch64", "x86_64"]), libc=st.booleans())
def test_a_linux_tag_is_read_as_written_or_refused_with_one_that_is_not(
    minor: int, arch: str, libc: bool
):
    text = f"manylinux_2_{minor}_{arch}" if libc else f"musllinux_1_{minor}_{arch}"
    try:
        assert parse_platform(text).tag == text
    except UnsupportedPlatformError as error:
        (named,) = re.findall(r"(?:many|musl)linux_\w+", error.hint)
        assert parse_platform(named).arch == arch


def test_short_forms():
    assert parse_platform("macos").tag == "macosx_11_0_arm64"
    assert parse_platform("linux").tag == "manylinux_2_28_aarch64"


@given(major=st.integers(11, 40))
def test_the_macos_tags_that_are_read_are_those_that_installers_accept(major: int):
    accepted = set(mac_platforms((major, 0), "arm64"))
    assert parse_platform(f"macosx_{major}_0_arm64").tag in accepted


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("macosx_13_3_arm64", "macosx_14_0_arm64"),
        ("macosx_10_15_arm64", "macosx_11_0_arm64"),
        ("macosx_11_0_x86_64", "x86_64"),
        ("macosx_11_arm64", "macosx_11_arm64"),
        ("manylinux_2_28_armv7l", "armv7l"),
        ("manylinux_2_12_x86_64", "manylinux_2_17_x86_64"),
        ("manylinux2010_x86_64", "manylinux_2_17_x86_64"),
        ("manylinux_2_99_aarch64", "2.99"),
        ("manylinux_3_0_aarch64", "3.0"),
        ("musllinux_1_1_aarch64", "musllinux_1_2_aarch64"),
        ("musllinux_1_3_aarch64", "musllinux_1_2_aarch64"),
        ("linux_aarch64", "linux_aarch64"),
        ("win_amd64", "win_amd64"),
        ("any", "any"),
        ("", "''"),
        ("MACOS", "MACOS"),
    ],
)
def test_tags_that_are_refused(text: str, said: str):
    with pytest.raises(UnsupportedPlatformError) as caught:
        parse_platform(text)
    assert said in caught.value.message + caught.value.hint


@given(st.text().filter(lambda text: text not in SHORT_FORMS))
def test_any_other_text_is_refused_by_name(text: str):
    with pytest.raises(UnsupportedPlatformError) as caught:
        parse_platform(text)
    assert repr(text) in caught.value.message


@pytest.mark.parametrize(
    ("version", "tag"),
    [
        ((10, 9), "macosx_11_0_arm64"),
        ((11, 0), "macosx_11_0_arm64"),
        ((11, 1), "macosx_12_0_arm64"),
        ((13, 3), "macosx_14_0_arm64"),
        ((26, 0), "macosx_26_0_arm64"),
    ],
)
def test_the_tag_of_a_deployment_target(version: tuple[int, int], tag: str):
    assert platform_for_deployment_target(version).tag == tag


@given(major=st.integers(11, 40), minor=st.integers(0, 9))
def test_a_tag_never_promises_less_than_the_deployment_target(major: int, minor: int):
    platform = platform_for_deployment_target((major, minor))
    assert platform.minimum >= (major, minor)
    assert parse_platform(platform.tag) == platform


@pytest.mark.parametrize(
    ("text", "version", "abi"),
    [
        ("3.9", "3.9", "cp39"),
        ("3.11", "3.11", "cp311"),
        ("cp311", "3.11", "cp311"),
        ("311", "3.11", "cp311"),
        ("python3.14", "3.14", "cp314"),
        ("3.13t", "3.13t", "cp313t"),
        ("cp314t", "3.14t", "cp314t"),
    ],
)
def test_python_versions(text: str, version: str, abi: str):
    interpreter = parse_interpreter(text)
    assert (interpreter.version, interpreter.abi_tag) == (version, abi)
    assert parse_interpreter(interpreter.version) == interpreter


@pytest.mark.parametrize(
    "text", ["", "3", "2.7", "3.8", "3.15", "3.11.4", "4.11", "three", "pp39", "3.12t", "3.11 "]
)
def test_python_versions_that_are_refused(text: str):
    with pytest.raises(BadPythonError) as caught:
        parse_interpreter(text)
    assert text in caught.value.message


def test_a_free_threaded_interpreter_has_the_python_tag_of_the_other():
    assert Interpreter(major=3, minor=13, free_threaded=True).python_tag == "cp313"
