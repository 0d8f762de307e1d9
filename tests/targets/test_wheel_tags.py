import pytest
from packaging.tags import Tag

from orchestrator.model import Target
from orchestrator.targets.tags import parse_interpreter, parse_platform
from orchestrator.targets.wheel_tags import accepted, linux_tags, macos_tags, problems


def target(platform: str, python: str = "3.11") -> Target:
    return Target(platform=parse_platform(platform), interpreter=parse_interpreter(python))


def test_linux_tags():
    tags = linux_tags(["manylinux2014_x86_64", "musllinux_1_2_aarch64", "linux_aarch64", "any"])
    assert [(tag.libc, tag.version, tag.arch) for tag in tags] == [
        ("glibc", (2, 17), "x86_64"),
        ("musl", (1, 2), "aarch64"),
        ("", (0, 0), "aarch64"),
    ]
    assert macos_tags(["linux_aarch64"]) == ()


@pytest.mark.parametrize(
    "tag",
    [
        "manylinux_2_16_aarch64",
        "manylinux2010_aarch64",
        "manylinux_2_4_x86_64",
        "manylinux3_x86_64",
    ],
)
def test_tags_that_no_installer_looks_for(tag: str):
    assert [problem.message.partition(":")[0] for problem in problems([tag])] == [tag]


@pytest.mark.parametrize("tag", ["manylinux1_x86_64", "manylinux2014_aarch64", "linux_aarch64"])
def test_tags_that_installers_look_for(tag: str):
    assert list(problems([tag])) == []


@pytest.mark.parametrize(
    ("platform", "tag", "fits"),
    [
        ("manylinux_2_28_aarch64", "cp311-cp311-manylinux_2_28_aarch64", True),
        ("manylinux_2_28_aarch64", "cp311-cp311-manylinux2014_aarch64", True),
        ("manylinux_2_28_aarch64", "cp38-abi3-manylinux_2_17_aarch64", True),
        ("manylinux_2_28_aarch64", "py3-none-manylinux_2_17_aarch64", True),
        ("manylinux_2_28_aarch64", "py3-none-any", True),
        ("manylinux_2_28_aarch64", "cp311-cp311-manylinux_2_31_aarch64", False),
        ("manylinux_2_28_aarch64", "cp311-cp311-manylinux_2_28_x86_64", False),
        ("manylinux_2_28_aarch64", "cp311-cp311-musllinux_1_2_aarch64", False),
        ("manylinux_2_28_aarch64", "cp311-cp311-linux_aarch64", False),
        ("manylinux_2_17_x86_64", "cp311-cp311-manylinux1_x86_64", True),
        ("musllinux_1_2_aarch64", "cp311-cp311-musllinux_1_1_aarch64", True),
        ("musllinux_1_2_aarch64", "cp311-cp311-manylinux_2_17_aarch64", False),
        ("macosx_11_0_arm64", "cp311-cp311-macosx_10_9_universal2", True),
    ],
)
def test_tags_that_a_target_accepts(platform: str, tag: str, fits: bool):
    assert (tag in accepted(target(platform))) == fits


def test_tags_are_spelled_as_packaging_spells_them():
    for tag in accepted(target("manylinux_2_28_aarch64")):
        assert str(Tag(*tag.split("-", 2))) == tag
