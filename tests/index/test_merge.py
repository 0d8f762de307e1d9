"""Pages of ours and of an upstream's, as values."""

from __future__ import annotations

import pytest

from orchestrator.index.facts import File, Project
from orchestrator.index.merge import MergeRules, covered, merged, standing

UPSTREAM = "https://upstream.example/simple/annoy/"


def wheel(version: str, tags: str, **more: str) -> File:
    name = f"annoy-{version}-{tags}.whl"
    return File(filename=name, url=f"../../files/{name}", version=version, **more)


def project(*files: File) -> Project:
    return Project(name="annoy", files=files)


@pytest.mark.parametrize(
    ("ours", "theirs", "is_covered"),
    [
        ("cp311-cp311-macosx_11_0_arm64", "cp311-cp311-macosx_11_0_arm64", True),
        ("cp311-cp311-macosx_11_0_arm64", "cp311-cp311-macosx_10_9_universal2", True),
        ("cp311-cp311-macosx_11_0_arm64", "cp311-cp311-macosx_12_0_arm64", False),
        ("cp311-cp311-macosx_12_0_arm64", "cp311-cp311-macosx_11_0_arm64", True),
        ("cp311-cp311-macosx_11_0_arm64", "cp311-cp311-macosx_11_0_x86_64", False),
        ("cp311-cp311-macosx_11_0_arm64", "cp310-cp310-macosx_11_0_arm64", False),
        ("cp311-cp311-macosx_11_0_arm64", "cp39-abi3-macosx_11_0_arm64", True),
        ("cp39-abi3-macosx_11_0_arm64", "cp311-cp311-macosx_11_0_arm64", False),
        ("cp313-cp313t-macosx_11_0_arm64", "cp313-cp313-macosx_11_0_arm64", False),
        ("cp313-cp313t-macosx_11_0_arm64", "cp39-abi3-macosx_11_0_arm64", False),
        ("cp311-cp311-manylinux_2_28_aarch64", "cp311-cp311-manylinux2014_aarch64", True),
        ("cp311-cp311-manylinux_2_17_aarch64", "cp311-cp311-manylinux_2_28_aarch64", False),
        ("cp311-cp311-musllinux_1_2_aarch64", "cp311-cp311-manylinux2014_aarch64", False),
        ("cp311-cp311-macosx_11_0_arm64", "py3-none-any", True),
        ("py3-none-any", "py3-none-any", True),
        ("py3-none-any", "cp311-cp311-macosx_11_0_arm64", False),
        ("py3-none-macosx_11_0_arm64", "py3-none-any", True),
        ("cp311-cp311-win_arm64", "cp311-cp311-win_amd64", False),
        ("cp311-cp311-linux_armv7l", "cp311-cp311-linux_armv7l", True),
    ],
)
def test_where_upstream_has_a_wheel_for_all_who_take_ours(ours: str, theirs: str, is_covered: bool):
    assert covered(wheel("1", ours), [theirs]) == is_covered
    page = merged(project(wheel("1", ours)), project(wheel("1.0", theirs)), UPSTREAM)
    expected = {wheel("1.0", theirs).filename}
    assert {file.filename for file in page.files} - expected == (
        set() if is_covered else {wheel("1", ours).filename}
    )


def test_what_upstream_yanked_is_no_replacement():
    tags = "cp311-cp311-macosx_11_0_arm64"
    ours, theirs = wheel("1", tags), wheel("1.0", tags, yanked="broken")
    page = merged(project(ours), project(theirs), UPSTREAM)
    assert set(page.files) == {ours, theirs}


def test_upstream_s_hashes_stay_and_the_page_says_whom_it_tracks():
    ours = wheel("1", "cp311-cp311-macosx_11_0_arm64", sha256="a" * 64)
    same = wheel("1", "cp311-cp311-macosx_11_0_arm64", sha256="b" * 64)
    older = wheel("0.9", "py3-none-any", sha256="c" * 64)
    newer = wheel("1.10", "py3-none-any", sha256="d" * 64)
    page = merged(project(ours), project(newer, same, older), UPSTREAM)
    assert page.files == (older, same, newer)
    assert page.tracks == (UPSTREAM,)


@pytest.mark.parametrize(
    ("name", "ours", "gap", "stands"),
    [
        ("annoy", True, True, "merged"),
        ("annoy", False, False, "merged"),
        ("numpy", True, True, "own"),
        ("numpy", False, False, "upstream"),
        ("acme-core", True, False, "own"),
        ("acme-core", False, False, "unknown"),
        ("acme-annoy", True, True, "own"),
    ],
)
def test_where_a_name_s_files_come_from(name: str, ours: bool, gap: bool, stands: str):
    rules = MergeRules(names=("annoy", "ac*-annoy"), private=("acme-*",))
    assert standing(name, rules, ours=ours, gap=gap) == stands


def test_all_that_was_built_for_want_of_a_wheel_can_be_listed_at_once():
    rules = MergeRules(built=True, unlisted="404")
    assert standing("annoy", rules, ours=True, gap=True) == "merged"
    assert standing("acme-core", rules, ours=True, gap=False) == "own"
    assert standing("numpy", rules, ours=False, gap=False) == "unknown"
