"""``orchestrate plan``, ``why`` and ``lock`` as a user meets them; nothing is built."""

import json
from pathlib import Path

import pytest
from command_line import CommandLine

pytestmark = pytest.mark.network

STEP = "annoy==1.17.3 for cp311-macosx_11_0_arm64"


@pytest.fixture
def requirements(command_line: CommandLine) -> Path:
    path = command_line.folder / "requirements.txt"
    path.write_text("annoy==1.17.3\nsix==1.17.0\n")
    return path


def test_a_plan_for_people_and_for_programs(command_line: CommandLine, requirements: Path) -> None:
    shown = command_line.run("plan", "-r", requirements, "--what-if", "jobs=16")
    assert shown.status == 0
    assert "2 packages, 1 without a wheel" in shown.out
    assert "annoy 1.17.3" in shown.out
    assert "With 16 jobs" in shown.out
    assert all(len(line) <= 80 for line in shown.out.splitlines())
    (document,) = command_line.run("plan", "-r", requirements, "--json").events
    (step,) = document["steps"]
    assert step["step"] == STEP
    assert step["roots"] == ["annoy==1.17.3"]
    assert not command_line.wheelhouse.exists()
    dot = command_line.run("plan", "-r", requirements, "--dot").out
    assert f'"{STEP}" [label=' in dot


def test_why_of_what_was_never_built_and_of_what_is_not_built(
    command_line: CommandLine, requirements: Path
) -> None:
    assert f"{STEP}: never built" in command_line.run("why", "annoy==1.17.3").out
    assert not command_line.wheelhouse.exists()
    ready = command_line.run("why", "six", "-r", requirements)
    assert "nothing is built, because an index has" in ready.out


def test_a_lock_is_the_same_twice_and_holds_builds_to_it(
    command_line: CommandLine, requirements: Path
) -> None:
    lock = command_line.folder / "orchestrate.lock"
    missing = command_line.run("build", "--locked", "-r", requirements, "--json").problem
    assert missing["code"] == "PLN004"
    assert command_line.run("lock", "-r", requirements).status == 0
    first = lock.read_text()
    assert command_line.run("lock", "-r", requirements).status == 0
    assert lock.read_text() == first
    zig = json.dumps("toolchain zig")
    lock.write_text(first.replace(f'{zig} = "', f'{zig} = "0.'))
    differs = command_line.run("build", "--locked", "-r", requirements, "--json").problem
    assert differs["code"] == "PLN003"
    assert f"{STEP}: toolchain zig: 0.0" in differs["message"]


@pytest.mark.toolchain
def test_a_build_requirement_with_another_hash_is_not_installed(
    command_line: CommandLine, requirements: Path
) -> None:
    assert command_line.run("lock", "-r", requirements).status == 0
    lock = command_line.folder / "orchestrate.lock"
    text = lock.read_text()
    first = text.index('sha256 = "') + len('sha256 = "')
    other = "0" if text[first] != "0" else "1"
    lock.write_text(text[:first] + other + text[first + 1 :])
    failed = command_line.run("build", "--locked", "-r", requirements)
    assert failed.status == 1
    assert "BLD001" in failed.out + failed.err
    assert "Hash mismatch" in failed.out + failed.err
