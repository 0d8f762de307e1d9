"""``orchestrate emit github-actions`` and ``emit cibuildwheel``, with the real index."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from pathlib import Path

    from command_line import CommandLine

pytestmark = pytest.mark.network
ORIGIN = ("--orchestrate", "git+https://example.org/orchestrator@main")


def emitted(command_line: CommandLine, *arguments: str | Path) -> dict[str, Any]:
    """Writes a workflow; returns what it says, and checks it against the published schema."""
    place = command_line.folder / ".github" / "workflows" / "wheels.yml"
    outcome = command_line.run("emit", "github-actions", *arguments, *ORIGIN, "-o", place)
    assert outcome.status == 0, outcome.out + outcome.err
    assert f"Wrote {place}" in outcome.out
    schema = ("--builtin-schema", "vendor.github-workflows")
    command = [sys.executable, "-m", "check_jsonschema", *schema, str(place)]
    subprocess.run(command, check=True, env=command_line.env)
    jobs: dict[str, Any] = yaml.safe_load(place.read_text())["jobs"]
    return jobs


def test_only_what_lacks_a_wheel_is_built(command_line: CommandLine):
    targets = ("--platform", "macos", "--platform", "linux", "--python", "3.11", "--python", "3.13")
    jobs = emitted(command_line, "netifaces", "certifi", "psutil", *targets)
    assert set(jobs) == {"macos-15-1", "ubuntu-24_04-arm-1", "wheelhouse"}
    for name, platform in (
        ("macos-15-1", "macos"),
        ("ubuntu-24_04-arm-1", "manylinux_2_28_aarch64"),
    ):
        (script,) = (step["run"] for step in jobs[name]["steps"] if step.get("name") == "Build")
        assert script.splitlines()[1:-1] == [
            f"orchestrate build netifaces==0.11.0 --no-deps --platform {platform}"
            f" --python {python} || status=$?"
            for python in ("3.11", "3.13")
        ]


def test_numpy_and_a_binding_to_a_native_library(command_line: CommandLine):
    """numpy 2.2.6 has no wheels for 3.14; its recipe raises the platform, and psycopg2 needs libpq.

    Most machines have no Python 3.14 and no library for macOS: the jobs' machines count.
    """
    requirements = ("numpy==2.2.6", "psycopg2==2.9.10", "--python", "3.14")
    (job,) = emitted(command_line, *requirements, "--platform", "macos").values()
    (script,) = (step["run"] for step in job["steps"] if step.get("name") == "Build")
    assert "numpy==2.2.6" in script
    assert "psycopg2==2.9.10" in script
    assert job["runs-on"] == "macos-15"


@pytest.mark.toolchain
@pytest.mark.skipif(sys.platform != "linux", reason="runs the job for Linux")
def test_the_job_for_linux_runs_here(command_line: CommandLine):
    """Its build step, as the runner's shell runs it; here the wheel is cross-compiled."""
    (job,) = emitted(command_line, "crcmod==1.7", "--platform", "linux").values()
    program = command_line.folder / "bin" / "orchestrate"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m orchestrator.cli "$@"\n')
    program.chmod(0o755)
    env = command_line.env | job["env"]
    env["PATH"] = f"{program.parent}{os.pathsep}{env['PATH']}"
    (script,) = (step["run"] for step in job["steps"] if step.get("name") == "Build")
    file = command_line.folder / "script.sh"
    file.write_text(script)
    ran = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", file],
        cwd=command_line.folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (keep,) = (step["with"] for step in job["steps"] if "upload" in step.get("uses", ""))
    wheels = (command_line.folder / keep["path"]).glob("*.whl")
    assert [path.name for path in wheels] == ["crcmod-1.7-cp311-cp311-manylinux_2_28_aarch64.whl"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("certifi", *ORIGIN), "EMT011"),
        (("crcmod", *ORIGIN, "--bucket", "ftp://wheels"), "EMT010"),
        (("crcmod", *ORIGIN, "--recipes", "/"), "EMT008"),
    ],
)
def test_what_makes_no_workflow(command_line: CommandLine, arguments: tuple[str, ...], code: str):
    outcome = command_line.run("emit", "github-actions", *arguments, "--json")
    assert outcome.status == 2
    assert outcome.problem["code"] == code


def test_a_cibuildwheel_project_builds_exactly_the_pythons_asked_for(command_line: CommandLine):
    pythons = ("--python", "3.11", "--python", "3.13")
    platforms = ("--platform", "macos", "--platform", "linux")
    folder = command_line.folder / "ci"
    arguments = ("numpy==2.2.6", *pythons, *platforms, "-o", folder)
    outcome = command_line.run("emit", "cibuildwheel", *arguments)
    assert outcome.status == 0, outcome.out + outcome.err
    assert "4 builds" in outcome.out
    (folder / "source").mkdir()
    (folder / "source" / "setup.py").touch()
    for system, family in (("macos", "macosx_arm64"), ("linux", "manylinux_aarch64")):
        options = ("--platform", system, "--config-file", "cibuildwheel.toml")
        printed = subprocess.run(
            [sys.executable, "-m", "cibuildwheel", *options, "--print-build-identifiers", "source"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        )
        assert printed.stdout.split() == [f"cp311-{family}", f"cp313-{family}"]
    assert "meson-python==" in (folder / "constraints.txt").read_text()
    again = command_line.run("emit", "cibuildwheel", *arguments, "--json")
    assert again.problem["code"] == "EMT002"


def test_a_recipe_that_changes_build_requirements(command_line: CommandLine):
    recipes = command_line.folder / "recipes"
    recipes.mkdir()
    (recipes / "crcmod.toml").write_text(
        'why = "test"\n[[release]]\nbuild-requires = { add = ["cython<3.1"] }\n'
    )
    folder = command_line.folder / "ci"
    arguments = ("crcmod==1.7", "--recipes", recipes, "-o", folder)
    assert command_line.run("emit", "cibuildwheel", *arguments).status == 0
    text = (folder / "pyproject.toml").read_text()
    assert 'requires = ["cython<3.1", "setuptools >= 40.8.0"]' in text
    assert "cp " in (folder / "prepare-macos.sh").read_text()


def test_what_cibuildwheel_can_not_build(command_line: CommandLine):
    (command_line.folder / "setup.py").touch()
    for arguments in (("crcmod", "--python", "3.13t"), (".",)):
        outcome = command_line.run("emit", "cibuildwheel", *arguments, "--json")
        assert outcome.status == 2
        assert outcome.problem["code"] == "EMT007"
