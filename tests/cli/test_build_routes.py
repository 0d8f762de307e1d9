"""A package that imports what it has just compiled: no cross build gets through it."""

import zipfile
from pathlib import Path
from typing import Any

import pytest
from command_line import PROJECTS, CommandLine

from orchestrator.emulator.compilers import set_up_compilers
from orchestrator.emulator.runtime import Runtime
from orchestrator.process import Processes

pytestmark = [pytest.mark.toolchain, pytest.mark.network]
PROJECT = PROJECTS / "imports-itself"


def built(command_line: CommandLine, *options: str | Path) -> dict[str, Any]:
    """The record of the wheel."""
    outcome = command_line.build(PROJECT, "--platform", "linux", "--python", "3.11", *options)
    assert outcome.status == 0, outcome.out + outcome.err
    (wheel,) = outcome.summary["wheels"]
    with zipfile.ZipFile(wheel["path"]) as archive:
        assert archive.read("squares.py") == b"SQUARES = [0, 1, 4, 9, 16]\n"
    return command_line.record(wheel["filename"])


def recipe_for(command_line: CommandLine, route: str) -> Path:
    folder = command_line.folder / "recipes"
    folder.mkdir()
    text = f'why = "A test."\n[[release]]\nroute = "{route}"\nwhy = "A test."\n'
    (folder / "imports-itself.toml").write_text(text)
    return folder


def test_without_an_emulator_it_says_what_would_help(command_line: CommandLine):
    outcome = command_line.build(PROJECT, "--platform", "linux")
    assert outcome.problem["code"] == "BLD002"
    assert "'_square', which it has just compiled for the target" in outcome.problem["message"]
    assert "orchestrate emulator setup" in outcome.problem["hint"]


def test_a_route_that_is_not_set_up(command_line: CommandLine):
    recipes = recipe_for(command_line, "hybrid")
    message = command_line.refused(
        PROJECT, "--platform", "linux", "--recipes", recipes, code="TST004", status=3
    )
    assert "'hybrid'" in message


@pytest.mark.emulator
def test_the_targets_own_python_takes_over(command_line: CommandLine):
    record = built(command_line)
    assert record["route"] == "hybrid"
    assert record["proof"] == "emulated"
    notes = " ".join(record["notes"])
    assert "just compiled for the target. Trying the route hybrid" in notes
    assert "under qemu-aarch64" in notes


@pytest.mark.emulator
def test_the_targets_own_compiler(
    command_line: CommandLine,
    emulated_311: Runtime,
    cache: Path,
    emulator_place: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("ORCHESTRATE_CACHE", str(cache))
    set_up_compilers(Processes(), lambda _step: None, lambda _line: None)
    record = built(command_line, "--recipes", recipe_for(command_line, "emulated"))
    assert record["route"] == "emulated"
    assert any("compiled by GCC" in note for note in record["notes"])
