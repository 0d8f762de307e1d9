"""The targets that a wheel's file name names."""

import pytest

from orchestrator.errors import NotAWheelError
from orchestrator.model import Platform
from orchestrator.prove.candidates import parse_name

HOST = Platform(os="linux", arch="x86_64", minimum=(2, 17), libc="glibc")


def targets(tags: str) -> list[str]:
    return [str(target) for target in parse_name(f"a_b-1.0-{tags}.whl", HOST).targets]


@pytest.mark.parametrize(
    ("tags", "named"),
    [
        ("cp311-cp311-manylinux_2_28_aarch64", ["cp311-manylinux_2_28_aarch64"]),
        ("cp313-cp313t-musllinux_1_2_aarch64", ["cp313t-musllinux_1_2_aarch64"]),
        ("cp311-cp311-macosx_11_0_arm64", ["cp311-macosx_11_0_arm64"]),
        ("cp311-cp311-macosx_10_9_universal2", ["cp311-macosx_10_9_arm64"]),
        ("cp311-cp311-macosx_10_9_x86_64", []),
        ("cp311-cp311-manylinux1_x86_64", ["cp311-manylinux_2_5_x86_64"]),
        (
            "cp311-cp311-manylinux2014_aarch64.manylinux_2_17_aarch64",
            ["cp311-manylinux_2_17_aarch64"],
        ),
        ("cp311-none-manylinux_2_28_x86_64", ["cp311-manylinux_2_28_x86_64"]),
        ("cp311-cp311-win_arm64", []),
        ("cp311-cp311-linux_aarch64", []),
        ("pp310-pypy310_pp73-manylinux_2_28_aarch64", []),
    ],
)
def test_what_tags_name(tags: str, named: list[str]) -> None:
    assert targets(tags) == named


def test_the_stable_abi_is_that_of_newer_pythons_too() -> None:
    named = targets("cp312-abi3-manylinux_2_17_aarch64")
    assert named[:2] == ["cp312-manylinux_2_17_aarch64", "cp313-manylinux_2_17_aarch64"]
    assert targets("cp39-abi3-manylinux_2_17_aarch64")[0] == "cp311-manylinux_2_17_aarch64"


def test_what_runs_anywhere_is_run_here() -> None:
    assert targets("py3-none-any")[0] == "cp311-manylinux_2_17_x86_64"
    assert "cp39-manylinux_2_17_x86_64" in targets("py2.py3-none-any")


def test_names() -> None:
    named = parse_name("A_b-1.0-py3-none-any.whl", HOST)
    assert (named.name, named.version) == ("a-b", "1.0")
    with pytest.raises(NotAWheelError):
        parse_name("a.zip", HOST)
