"""``orchestrate emit dockerfile``: what it writes, and what it refuses."""

import json
from pathlib import Path

import pytest
from command_line import CommandLine

PYPROJECT = """\
[project]
name = "my-app"
version = "0.1"
requires-python = ">=3.12"
dependencies = ["six"]
[project.scripts]
my-app = "my_app:main"
[build-system]
requires = ["hatchling"]
"""
PYLOCK = """\
lock-version = "1.0"
created-by = "test"
[[packages]]
name = "tiny"
version = "1.0"
sdist = { url = "https://example.org/tiny-1.0.tar.gz", hashes = { sha256 = "00" } }
"""


@pytest.fixture
def project(command_line: CommandLine) -> Path:
    folder = command_line.folder / "app"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(PYPROJECT)
    return folder


def refused(command_line: CommandLine, *arguments: str | Path, code: str) -> dict[str, str]:
    outcome = command_line.run("emit", "dockerfile", *arguments, "--json")
    assert outcome.status == 2, outcome.out + outcome.err
    assert outcome.problem["code"] == code
    return outcome.problem


def test_it_is_printed(command_line: CommandLine, project: Path):
    outcome = command_line.run("emit", "dockerfile", "--project", project)
    assert outcome.status == 0
    lines = outcome.out.splitlines()
    assert lines[0] == "# syntax=docker/dockerfile:1"
    assert "ARG BASE=python:3.12-slim-bookworm" in lines
    assert lines[-1] == 'CMD ["my-app"]'
    assert "wheelhouse" not in outcome.out
    assert [path.name for path in project.iterdir()] == ["pyproject.toml"]


def test_it_is_written_once(command_line: CommandLine, project: Path):
    arguments = ("--project", project, "-o", project / "Dockerfile")
    first = command_line.run("emit", "dockerfile", *arguments)
    assert first.status == 0
    assert "docker build --platform linux/arm64 -t my-app ." in first.out
    written = (project / "Dockerfile").read_text()
    assert ".*" in (project / "Dockerfile.dockerignore").read_text()
    assert "--force" in refused(command_line, *arguments, code="EMT002")["hint"]
    again = command_line.run(
        "emit", "dockerfile", *arguments, "--force", "--python", "3.13", "--json"
    )
    (answer,) = again.events
    assert answer["written"] == [str(project / "Dockerfile")]
    assert answer["target"] == "cp313-manylinux_2_28_aarch64"
    assert (project / "Dockerfile").read_text() == answer["dockerfile"] != written


def test_the_projects_own_dockerignore_is_left_alone(command_line: CommandLine, project: Path):
    (project / ".dockerignore").write_text("docs\n")
    command_line.run("emit", "dockerfile", "--project", project, "-o", project / "Dockerfile")
    assert not (project / "Dockerfile.dockerignore").exists()


def test_where_the_wheelhouse_lies(command_line: CommandLine, project: Path):
    for folder in (command_line.folder / "wheelhouse", project / "wheels"):
        folder.mkdir()
        (folder / "tiny-1.0-py3-none-any.whl").touch()
    usual = command_line.run("emit", "dockerfile", "--project", project)
    assert "--build-context wheelhouse=../wheelhouse" in usual.out
    inside = command_line.run(
        "emit", "dockerfile", "--project", project, "--wheelhouse", project / "wheels"
    )
    assert "COPY wheels/*.whl /" in inside.out


def test_an_index_and_an_image_of_ones_own(command_line: CommandLine, project: Path):
    options = ("--index", "https://index.example/simple", "--base", "mirror.example/python:3.12")
    outcome = command_line.run("emit", "dockerfile", "--project", project, *options)
    assert "ARG INDEX_URL=https://index.example/simple" in outcome.out
    assert "ARG BASE=mirror.example/python:3.12" in outcome.out


def test_alpine_for_musl(command_line: CommandLine, project: Path):
    outcome = command_line.run(
        "emit", "dockerfile", "--project", project, "--platform", "musllinux_1_2_aarch64"
    )
    assert "ARG BASE=python:3.12-alpine" in outcome.out
    assert "adduser" in outcome.out


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--platform", "macos"), "TGT001"),
        (("--platform", "linux_arm64"), "TGT001"),
        (("--python", "3.11"), "SRC012"),
        (("--python", "3.13t"), "EMT005"),
        (("--base", "an image"), "EMT005"),
        (("--index", "https://index.example/a b"), "EMT006"),
    ],
)
def test_what_can_not_be_met(
    command_line: CommandLine, project: Path, options: tuple[str, str], code: str
):
    refused(command_line, "--project", project, *options, code=code)


def test_credentials_are_neither_taken_nor_shown(command_line: CommandLine, project: Path):
    url = "https://me:secret@index.example/simple"
    problem = refused(command_line, "--project", project, "--index", url, code="EMT006")
    assert "secret" not in problem["message"]
    assert "netrc" in problem["hint"]


def test_no_project(command_line: CommandLine):
    assert "no pyproject.toml" in refused(command_line, code="EMT001")["message"]


def test_a_broken_pyproject(command_line: CommandLine, project: Path):
    (project / "pyproject.toml").write_text("[project\n")
    message = refused(command_line, "--project", project, code="SRC013")["message"]
    assert f"{project}/pyproject.toml" in message
    assert "line 1" in message


def test_a_broken_lock(command_line: CommandLine, project: Path):
    (project / "pylock.toml").write_text("lock-version = '1.0'\n")
    refused(command_line, "--project", project, code="RSL004")
    (project / "uv.lock").write_text("version = 'one'\n")
    problem = refused(command_line, "--project", project, code="RSL004")
    assert any("uv.lock" in line for line in problem["details"])


def test_wheels_that_are_nowhere(command_line: CommandLine, project: Path):
    (project / "pylock.toml").write_text(PYLOCK)
    problem = refused(command_line, "--project", project, code="EMT003")
    assert "tiny==1.0" in problem["message"]
    build = "orchestrate build tiny==1.0 --platform manylinux_2_28_aarch64 --python 3.12"
    assert problem["hint"].startswith(build)


def test_wheels_that_a_pylock_does_not_list(command_line: CommandLine, project: Path):
    (project / "pylock.toml").write_text(PYLOCK)
    wheelhouse = project / "wheelhouse"
    wheelhouse.mkdir()
    (wheelhouse / "tiny-1.0-cp312-cp312-manylinux_2_28_aarch64.whl").touch()
    arguments = ("--project", project, "--wheelhouse", wheelhouse)
    (line,) = refused(command_line, *arguments, code="EMT004")["details"]
    assert line.startswith('{ path = "wheelhouse/tiny-1.0-cp312')
    (project / "pylock.toml").write_text(f"{PYLOCK}wheels = [{line}]\n")
    assert "-r pylock.toml" in command_line.run("emit", "dockerfile", *arguments).out


def test_an_empty_wheelhouse(command_line: CommandLine, project: Path):
    wheelhouse = command_line.folder / "wheels"
    wheelhouse.mkdir()
    arguments = ("--project", project, "--wheelhouse", wheelhouse)
    assert "holds no wheel" in refused(command_line, *arguments, code="EMT003")["message"]


def test_where_nothing_can_be_written(command_line: CommandLine, project: Path):
    (command_line.folder / "file").touch()
    refused(
        command_line,
        "--project",
        project,
        "-o",
        command_line.folder / "file" / "Dockerfile",
        code="EMT002",
    )


def test_json_of_what_was_decided(command_line: CommandLine, project: Path):
    outcome = command_line.run("emit", "dockerfile", "--project", project, "--json")
    answer = json.loads(outcome.out)
    assert answer["base"] == "python:3.12-slim-bookworm"
    assert answer["pins"] == answer["written"] == []
