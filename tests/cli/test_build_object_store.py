"""``orchestrate build`` with a wheelhouse in an object store."""

import shutil
from pathlib import Path

import pytest
from command_line import PROJECTS, CommandLine
from object_store import ObjectStore

PROJECT = PROJECTS / "c-setuptools"


@pytest.mark.toolchain
@pytest.mark.network
def test_built_here_and_installed_elsewhere(
    command_line: CommandLine, object_store: ObjectStore, bucket_address: str
) -> None:
    command_line.env |= object_store.env
    build = ("build", PROJECT, "--wheelhouse", bucket_address, "--json")
    first = command_line.run(*build)
    (built,) = first.summary["wheels"]
    assert first.status == 0
    assert not built["cached"]
    folder = Path(built["path"]).parent
    wheel = (folder / built["filename"]).read_bytes()
    shutil.rmtree(folder)  # as on another machine
    second = command_line.run(*build)
    (found,) = second.summary["wheels"]
    assert found["cached"]
    assert (folder / found["filename"]).read_bytes() == wheel


def test_addresses_that_are_none(command_line: CommandLine) -> None:
    outcome = command_line.run("build", PROJECT, "--wheelhouse", "ftp://host/wheels", "--json")
    assert outcome.problem["code"] == "WHL004"
    assert outcome.status == 2
