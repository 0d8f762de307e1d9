"""``orchestrate build`` of whole closures: named, of a file, of a project."""

from __future__ import annotations

import shlex
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from closure_sdists import write_recipes, write_sdist
from uv import find_uv_bin

if TYPE_CHECKING:
    from pathlib import Path

    from command_line import CommandLine, Outcome

pytestmark = [pytest.mark.toolchain, pytest.mark.network]

# What builds of c03 for the Mac need: c01's headers of both machines.
TARGET = "cp311-macosx_11_0_arm64"


@pytest.fixture
def offered(command_line: CommandLine) -> CommandLine:
    """A command line with two sdists that need each other in its index, and their recipes."""
    sdists, recipes = command_line.folder / "sdists", command_line.folder / "recipes"
    recipes.mkdir()
    write_recipes(recipes)
    sdists.mkdir()
    for name in ("c01-base", "c03-codec"):
        write_sdist(sdists, name, functions=1)
    command_line.env["UV_FIND_LINKS"] = str(sdists)
    return command_line


def build(offered: CommandLine, *arguments: str | Path) -> Outcome:
    outcome = offered.build(*arguments, "--recipes", offered.folder / "recipes")
    assert outcome.status == 0, outcome.out + outcome.err
    return outcome


def made(outcome: Outcome, *, cached: bool) -> list[str]:
    """Names and platforms of the wheels."""
    return sorted(
        f"{wheel['name']} {wheel['platform'].partition('_')[0]}"
        for wheel in outcome.summary["wheels"]
        if wheel["cached"] == cached
    )


def installed(command: str, folder: Path, env: dict[str, Any]) -> list[str]:
    """Does what the run says, with uv for the target's platform; what was installed."""
    pip, install, *rest = shlex.split(command)
    assert (pip, install) == ("pip", "install")
    rest = [word for word in rest if word != "--only-binary"]
    rest = ["--only-binary=:all:" if word == ":all:" else word for word in rest]
    into = folder / "installed"
    subprocess.run(
        [find_uv_bin(), "pip", "install", "--python-platform", "aarch64-apple-darwin",
         "--python-version", "3.11", "--target", into, *rest],
        check=True, env=env,
    )  # fmt: skip
    return sorted(path.name for path in into.glob("*.dist-info"))


def test_file_is_built_with_what_builds_need_and_says_how_to_install_it(
    offered: CommandLine,
) -> None:
    requirements = offered.folder / "requirements.txt"
    requirements.write_text("c03-codec\n")
    first = build(offered, "-r", requirements)
    everything = ["c01-base macosx", "c01-base manylinux", "c03-codec macosx"]
    assert made(first, cached=False) == everything
    (command,) = first.summary["install"]
    assert installed(command, offered.folder, offered.env) == [
        "c01_base-1.0.dist-info",
        "c03_codec-1.0.dist-info",
    ]
    again = build(offered, "-r", requirements)
    assert made(again, cached=True) == everything
    assert made(again, cached=False) == []


def test_named_requirement_brings_what_it_needs_unless_told_not_to(offered: CommandLine) -> None:
    alone = build(offered, "c01-base", "--no-deps")
    assert made(alone, cached=False) == ["c01-base macosx"]
    assert alone.summary["install"] == []
    project = offered.folder / "project"
    project.mkdir()
    (project / "pyproject.toml").write_text(
        '[project]\nname = "mine"\nversion = "1"\ndependencies = ["c01-base"]\n'
    )
    found = build(offered, "--project", project)
    assert made(found, cached=True) == ["c01-base macosx"]
    assert made(found, cached=False) == []
    (command,) = found.summary["install"]
    assert ".closures" in command


def test_inputs_that_say_nothing_or_contradict_are_refused(command_line: CommandLine) -> None:
    assert command_line.run("build").status == 2
    assert command_line.run("build", "-r", "a.txt", "--no-deps").status == 2
