from typing import Any

import pytest

from orchestrator.emit.image import choose_image, supported_tags
from orchestrator.emit.locked import newest_wheel, without_wheel
from orchestrator.errors import UnusableLockError
from orchestrator.model import Target
from orchestrator.targets.tags import parse_interpreter, parse_platform

TARGET = Target(platform=parse_platform("linux"), interpreter=parse_interpreter("3.11"))
TAGS = supported_tags(TARGET, choose_image(TARGET))


def package(name: str, *tags: str, sdist: bool = True, **more: Any):
    hashes = {"sha256": "0" * 64}
    found = {"name": name, "version": "1.0", **more}
    if sdist:
        found["sdist"] = {"url": f"https://example.org/{name}-1.0.tar.gz", "hashes": hashes}
    if tags:
        found["wheels"] = [
            {"url": f"https://example.org/{name.replace('-', '_')}-1.0-{tag}.whl", "hashes": hashes}
            for tag in tags
        ]
    return found


def lacking(*packages: dict[str, Any], **more: Any):
    lock = {"lock-version": "1.0", "created-by": "test", "packages": list(packages), **more}
    found = without_wheel(lock, TARGET, TAGS, "pylock.toml")
    return [unavailable.requirement for unavailable in found]


def test_packages_without_a_fitting_wheel_are_all_named():
    assert lacking(
        package("pure", "py3-none-any"),
        package("sources-only"),
        package("intel", "cp311-cp311-manylinux_2_17_x86_64", "cp311-cp311-macosx_11_0_arm64"),
        package("other-python", "cp312-cp312-manylinux_2_17_aarch64", sdist=False),
        package("musl", "cp311-cp311-musllinux_1_2_aarch64"),
        package("right", "cp39-abi3-manylinux_2_17_aarch64.manylinux2014_aarch64"),
    ) == ["sources-only==1.0", "intel==1.0", "other-python==1.0", "musl==1.0"]


def test_what_the_target_does_not_need_is_not_missed():
    assert lacking(
        package("windows", "cp311-cp311-win_amd64", marker="sys_platform == 'win32'"),
        package("intel", marker="platform_machine == 'x86_64'"),
        package("arm", marker="platform_machine == 'aarch64'"),
    ) == ["arm==1.0"]


def test_folders_and_repositories_are_no_wheels():
    folder = {"name": "member", "directory": {"path": "packages/member"}}
    commit = {"type": "git", "url": "https://example.org/x.git", "commit-id": "0" * 40}
    assert lacking(folder, {"name": "repository", "version": "2", "vcs": commit}) == [
        "member",
        "repository==2",
    ]


@pytest.mark.parametrize(
    "more",
    [
        {"requires-python": ">=3.12"},
        {"environments": ["sys_platform == 'darwin'"]},
        {"lock-version": "9.0"},
        {"packages": 1},
    ],
)
def test_a_lock_that_is_not_for_the_target(more: dict[str, Any]):
    with pytest.raises(UnusableLockError, match=r"pylock\.toml: "):
        lacking(package("pure", "py3-none-any"), **more)


def test_the_newest_wheel_that_fits():
    wheels = [
        "my_app-1.9-cp311-cp311-manylinux_2_28_aarch64.whl",
        "my_app-1.10-cp311-cp311-manylinux_2_28_aarch64.whl",
        "my_app-1.11-cp311-cp311-manylinux_2_28_x86_64.whl",
        "other-2.0-py3-none-any.whl",
        "no wheel.whl",
    ]
    assert newest_wheel("My.App", "", wheels, TAGS) == wheels[1]
    assert newest_wheel("my-app", "1.9", wheels, TAGS) == wheels[0]
    assert newest_wheel("my-app", "1.11", wheels, TAGS) is None
    assert newest_wheel("absent", "", wheels, TAGS) is None
