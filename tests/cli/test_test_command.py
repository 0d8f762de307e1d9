"""Proof by running, as users see it: ``orchestrate test``, and the last phase of a build."""

import json
import platform
import signal
import sys
import time
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest
from command_line import PROJECTS, CommandLine, Outcome

HERE = f"manylinux_2_28_{platform.machine()}"

linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")
Test = TypeVar("Test", bound=Callable[..., None])


def needs_building(test: Test) -> Test:
    for mark in (linux, pytest.mark.toolchain, pytest.mark.network):
        test = mark(test)
    return test


def publish(
    command_line: CommandLine, project: str, *arguments: str | Path, on: str = HERE
) -> dict[str, Any]:
    outcome = command_line.build(PROJECTS / project, "--platform", on, *arguments)
    assert outcome.status == 0, outcome.out + outcome.err
    (wheel,) = outcome.summary["wheels"]
    return wheel


def record_of(command_line: CommandLine) -> dict[str, Any]:
    (path,) = (command_line.wheelhouse / ".records").iterdir()
    return json.loads(path.read_text())


def recipe(
    command_line: CommandLine, name: str, *, command: str, files: Sequence[str] = ()
) -> Path:
    """A folder with one recipe, that says how to test."""
    folder = command_line.folder / "recipes"
    folder.mkdir()
    test = f"[release.test]\ncommand = {json.dumps(command)}\nfiles = {json.dumps(files)}\n"
    (folder / f"{name}.toml").write_text(f'why = "a test"\n\n[[release]]\n{test}')
    return folder


def hanging_wheel(folder: Path) -> Path:
    path = folder / f"waits-1.0-py3-none-{HERE}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        source = "import os, time\nprint('waiting in', os.getpid(), flush=True)\ntime.sleep(999)\n"
        archive.writestr("waits.py", source)
        archive.writestr("waits-1.0.dist-info/METADATA", "Name: waits\nVersion: 1.0\n")
        tag = f"py3-none-{HERE}"
        archive.writestr("waits-1.0.dist-info/WHEEL", f"Wheel-Version: 1.0\nTag: {tag}\n")
        archive.writestr("waits-1.0.dist-info/RECORD", "")
    return path


def failure(outcome: Outcome, code: str) -> dict[str, Any]:
    """The only failure of a run of ``orchestrate test``."""
    (failed,) = outcome.summary["failed"]
    assert failed["code"] == code, outcome.out
    return failed


# --- without a build ------------------------------------------------------------------------


def test_without_a_wheel_it_says_what_to_name(command_line: CommandLine) -> None:
    outcome = command_line.run("test")
    assert outcome.status == 2
    assert "orchestrate test wheelhouse/*.whl" in outcome.err


def test_what_is_no_wheel(command_line: CommandLine) -> None:
    (command_line.folder / "tiny-1.0-py3-none-any.whl").write_text("no zip file")
    (command_line.folder / "notes.txt").write_text("")
    for name in ("absent-1.0-py3-none-any.whl", "tiny-1.0-py3-none-any.whl", "notes.txt"):
        outcome = command_line.run("test", name, "--json")
        assert outcome.status == 2
        assert name in failure(outcome, "WHL001")["message"]


@linux
@pytest.mark.parametrize(
    ("tags", "hint"),
    [
        ("cp311-cp311-macosx_11_0_arm64", "On a Mac"),
        ("cp311-cp311-manylinux_2_28_riscv64", ""),
        ("cp311-cp311-win_amd64", ""),
        pytest.param(
            "cp312-cp312-musllinux_1_2_aarch64",
            "orchestrate emulator setup --platform musllinux_1_2_aarch64 --python 3.12",
            marks=pytest.mark.skipif(platform.machine() == "aarch64", reason="runs it itself"),
        ),
    ],
)
def test_what_nothing_here_runs(command_line: CommandLine, tags: str, hint: str) -> None:
    (command_line.folder / f"tiny-1.0-{tags}.whl").write_bytes(b"")
    outcome = command_line.run("test", f"tiny-1.0-{tags}.whl", "--json")
    assert outcome.status == 3
    assert hint in failure(outcome, "TST004")["hint"]


@linux
def test_ctrl_c_ends_what_is_run(command_line: CommandLine) -> None:
    wheel = hanging_wheel(command_line.folder)
    process = command_line.start("test", wheel, "--json", "-v")
    assert process.stdout is not None
    child = 0
    while not child:
        line = json.loads(process.stdout.readline()).get("line", "")
        child = int(line.removeprefix("waiting in ")) if line.startswith("waiting in ") else 0
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    out, err = process.communicate(timeout=30)
    assert time.monotonic() - began < 5
    command_line.checked(Outcome(status=process.returncode, out=out, err=err))
    assert process.returncode == 130
    assert not Path(f"/proc/{child}").exists()


# --- on this machine --------------------------------------------------------------------------


@needs_building
def test_a_build_runs_its_wheel_and_a_test_run_adds_to_its_record(
    command_line: CommandLine,
) -> None:
    recipes = recipe(command_line, "c-setuptools", command="exit 1")
    wheel = publish(command_line, "c-setuptools", "--recipes", recipes, "--test", "imports")
    assert wheel["proof"] == "executed"
    (run,) = wheel["runs"]
    assert (run["imports"], run["outcome"]) == (["c_setuptools"], "passed")

    outcome = command_line.run("test", wheel["path"], "--recipes", recipes, "--imports-only")
    assert outcome.status == 0, outcome.out
    table = outcome.out.split("\n\n")[-1]
    assert "executed  host  passed   1 import" in table
    assert all(len(line) <= 80 for line in table.splitlines())
    assert [run["command"] for run in record_of(command_line)["runs"]] == ["", ""]


@needs_building
def test_a_wheel_that_was_not_run_is_upgraded_by_its_recipe_s_test(
    command_line: CommandLine,
) -> None:
    wheel = publish(command_line, "c-setuptools", "--test", "none")
    assert (wheel["proof"], wheel["runs"]) == ("structural", [])
    recipes = recipe(
        command_line,
        "c-setuptools",
        command="test -f src/triple.c && test ! -e setup.py && "
        "python -c 'from c_setuptools import triple; assert triple(2) == 6' && "
        "echo 1 passed in 0.1s",
        files=["src"],
    )
    outcome = command_line.run("test", wheel["path"], "--recipes", recipes, "--json")
    assert outcome.status == 0, outcome.out
    (tested,) = outcome.summary["wheels"]
    assert (tested["before"], tested["proof"]) == ("structural", "executed")
    record = record_of(command_line)
    assert record["proof"] == "executed"
    assert record["runs"] == tested["runs"]
    assert record["runs"][0]["tests"] == {"passed": 1}


@needs_building
def test_a_test_that_fails_fails_the_build(command_line: CommandLine) -> None:
    recipes = recipe(command_line, "c-setuptools", command="echo it is wrong; exit 3")
    outcome = command_line.build(
        PROJECTS / "c-setuptools", "--platform", HERE, "--recipes", recipes
    )
    assert outcome.status == 4, outcome.out
    assert outcome.problem["code"] == "TST001"
    assert "test command: exit status 3" in outcome.problem["message"]
    assert "it is wrong" in Path(outcome.problem["log"]).read_text()
    assert command_line.published() == []
    rejected = command_line.wheelhouse / ".rejected"
    (wheel,) = rejected.glob("*.whl")
    runs = json.loads((rejected / f"{wheel.name}.runs.json").read_text())
    assert runs["runs"][0]["outcome"] == "failed"
    assert runs["details"] == ["it is wrong"]
    assert runs["verdict"]["suspects"] == ["compiler", "source"]


@needs_building
def test_an_import_that_crashes(command_line: CommandLine) -> None:
    message = command_line.refused(
        PROJECTS / "crashes-at-import", "--platform", HERE, code="TST002", status=4
    )
    assert "import of crashes_at_import: Segmentation fault" in message

    (wheel,) = (command_line.wheelhouse / ".rejected").glob("*.whl")
    outcome = command_line.run("test", wheel)
    assert outcome.status == 4
    assert "Fatal Python error: Segmentation fault" in outcome.out
    assert "Current thread" in outcome.out


@needs_building
def test_an_import_that_hangs(command_line: CommandLine) -> None:
    wheel = publish(command_line, "hangs-at-import", "--test", "none")
    outcome = command_line.run("test", wheel["path"], "--timeout", "2", "--json")
    assert outcome.status == 4
    failed = failure(outcome, "TST003")
    assert any(line.startswith("Timeout") for line in failed["details"])
    record = record_of(command_line)
    assert record["proof"] == "structural"
    assert record["runs"][0]["outcome"] == "hung"
    assert record["runs"][0]["reason"] == "import of hangs_at_import: did not end in time"


# --- under an emulator ------------------------------------------------------------------------


@needs_building
@pytest.mark.emulator
def test_a_cross_built_wheel_is_run_on_two_cpu_models(command_line: CommandLine) -> None:
    recipes = recipe(
        command_line,
        "c-setuptools",
        command="python -c 'import platform; assert platform.machine() == \"aarch64\"' && "
        "echo 1 passed in 0.1s",
    )
    project = PROJECTS / "c-setuptools"
    outcome = command_line.build(project, "--platform", "linux", "--recipes", recipes)
    assert outcome.status == 0, outcome.out
    (wheel,) = outcome.summary["wheels"]
    assert wheel["proof"] == "emulated"
    assert [run["cpu"] for run in wheel["runs"]] == ["max", "cortex-a57"]
    assert {run["runner"].split()[0] for run in wheel["runs"]} == {"qemu-aarch64"}
    assert {run["tests"]["passed"] for run in wheel["runs"]} == {1}

    started = time.monotonic()
    arguments = ("--imports-only", "--cpu", "cortex-a72")
    outcome = command_line.run("test", wheel["path"], *arguments)
    assert outcome.status == 0, outcome.out
    assert time.monotonic() - started < 10
    assert [run["cpu"] for run in record_of(command_line)["runs"]][2:] == ["cortex-a72"]


@needs_building
@pytest.mark.emulator
def test_the_controls_of_a_crash_say_that_it_is_not_the_port(command_line: CommandLine) -> None:
    project = PROJECTS / "crashes-at-import"
    outcome = command_line.build(project, "--platform", "linux")
    assert outcome.status == 4, outcome.out
    assert outcome.problem["code"] == "TST002"
    assert "qemu-aarch64" in outcome.problem["message"]
    (path,) = (command_line.wheelhouse / ".rejected").glob("*.runs.json")
    runs = json.loads(path.read_text())
    assert "qemu: uncaught target signal 11" in "\n".join(runs["details"])
    assert runs["verdict"]["host"]["outcome"] == "crashed"
    assert runs["verdict"]["suspects"] == ["compiler", "source"]
    assert command_line.published() == []


@needs_building
@pytest.mark.emulator
def test_an_emulated_import_that_hangs(command_line: CommandLine) -> None:
    wheel = publish(command_line, "hangs-at-import", "--test", "none", on="linux")
    outcome = command_line.run("test", wheel["path"], "--timeout", "4", "--json")
    assert outcome.status == 4
    failed = failure(outcome, "TST003")
    assert "did not end in time" in failed["message"]
    (run,) = record_of(command_line)["runs"]
    assert (run["outcome"], run["cpu"]) == ("hung", "max")
