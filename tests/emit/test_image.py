import pytest
from packaging.tags import Tag

from orchestrator.emit.image import choose_image, supported_tags
from orchestrator.errors import BaseImageError, UnsupportedPlatformError
from orchestrator.model import Target
from orchestrator.targets.markers import marker_environment
from orchestrator.targets.tags import parse_interpreter, parse_platform


def target(platform: str = "linux", python: str = "3.11"):
    return Target(platform=parse_platform(platform), interpreter=parse_interpreter(python))


@pytest.mark.parametrize(
    ("platform", "reference"),
    [
        ("linux", "python:3.11-slim-bookworm"),
        ("manylinux_2_17_aarch64", "python:3.11-slim-bookworm"),
        ("manylinux_2_36_aarch64", "python:3.11-slim-bookworm"),
        ("manylinux_2_39_aarch64", "python:3.11-slim-trixie"),
        ("musllinux_1_2_aarch64", "python:3.11-alpine"),
    ],
)
def test_the_oldest_official_image_that_is_new_enough(platform: str, reference: str):
    assert choose_image(target(platform)).reference == reference


@pytest.mark.parametrize(
    "asked",
    [target("manylinux_2_42_aarch64"), target(python="3.13t")],
)
def test_where_there_is_none_an_image_can_be_named(asked: Target):
    with pytest.raises(BaseImageError):
        choose_image(asked)
    named = choose_image(asked, "registry.example/python:1")
    assert named.reference == "registry.example/python:1"
    assert named.libc == asked.platform.minimum


def test_containers_are_linux():
    with pytest.raises(UnsupportedPlatformError, match="macosx_11_0_arm64"):
        choose_image(target("macos"))


def test_tags_follow_from_the_images_c_library():
    asked = target("manylinux_2_17_aarch64")
    tags = supported_tags(asked, choose_image(asked))
    assert Tag("cp311", "cp311", "manylinux_2_36_aarch64") in tags
    assert Tag("cp311", "cp311", "manylinux_2_37_aarch64") not in tags
    assert Tag("cp39", "abi3", "manylinux2014_aarch64") in tags
    assert Tag("py3", "none", "any") in tags
    assert not any("x86_64" in tag.platform or "musl" in tag.platform for tag in tags)
    assert tags.index(Tag("cp311", "cp311", "manylinux_2_28_aarch64")) < tags.index(
        Tag("cp311", "cp311", "manylinux_2_17_aarch64")
    )


def test_tags_of_musl_and_of_free_threaded_python():
    musl = target("musllinux_1_2_aarch64")
    tags = supported_tags(musl, choose_image(musl))
    assert {tag.platform for tag in tags if "linux" in tag.platform} == {
        "musllinux_1_2_aarch64",
        "musllinux_1_1_aarch64",
        "musllinux_1_0_aarch64",
        "linux_aarch64",
    }
    free = target(python="3.13t")
    assert Tag("cp313", "cp313t", "manylinux_2_28_aarch64") in supported_tags(
        free, choose_image(free, "any")
    )


def test_markers_are_the_targets_and_not_this_machines():
    environment = marker_environment(target("manylinux_2_28_aarch64", "3.9"))
    assert environment["platform_machine"] == "aarch64"
    assert environment["sys_platform"] == "linux"
    assert environment["python_version"] == "3.9"
