from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from orchestrator.cli.inputs import Asked, input_options
from orchestrator.errors import UnsupportedPlatformError


def asked(*words: str) -> Asked:
    seen = []

    @click.command()
    @input_options
    @click.option("--other")
    def command(*, asked: Asked, other: str | None) -> None:
        seen.append((asked, other))

    done = CliRunner().invoke(command, [*words, "--other", "x"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert seen[0][1] == "x"
    return seen[0][0]


def test_a_target_is_each_platform_with_each_python():
    found = asked(
        *("a", "b>1", "-r", "r.txt", "--platform", "macos", "--platform", "linux"),
        *("--python", "3.11", "--python", "3.13t", "--python", "3.11", "--no-build-metadata"),
    )
    assert found.requirements == ("a", "b>1")
    assert found.files == (Path("r.txt"),)
    assert [str(target) for target in found.targets] == [
        "cp311-macosx_11_0_arm64",
        "cp313t-macosx_11_0_arm64",
        "cp311-manylinux_2_28_aarch64",
        "cp313t-manylinux_2_28_aarch64",
    ]
    assert not found.build_metadata
    assert not found.explicit_platform


def test_defaults():
    found = asked()
    assert [str(target) for target in found.targets] == ["cp311-macosx_11_0_arm64"]
    assert found.build_metadata
    assert asked("--platform", "macosx_12_0_arm64").explicit_platform


def test_a_platform_that_is_none():
    with pytest.raises(UnsupportedPlatformError):
        asked("--platform", "windows")


def test_the_inputs_are_read(tmp_path: Path):
    (tmp_path / "r.txt").write_text("six\n")
    assert [root.text for root in asked("flask", "-r", str(tmp_path / "r.txt")).read().roots] == [
        "flask",
        "six",
    ]
