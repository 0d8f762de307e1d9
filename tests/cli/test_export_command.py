"""``orchestrate export``: what it says."""

import json
import os

import pytest
from command_line import CommandLine

from orchestrator.wheelhouse.store import open_wheelhouse
from tests.index.index_store import Store


def test_the_command_says_what_it_did(command_line: CommandLine):
    store = Store(command_line.folder)
    store.publish()
    arguments = ("export", "public", "--wheelhouse", store.folder)
    first = command_line.run(*arguments)
    assert first.status == 0, first.err
    assert "1 project, 2 files" in first.out
    assert "2 files taken" in first.out
    again = command_line.run(*arguments, "--json")
    (said,) = again.events
    assert (said["projects"], said["taken"], said["pages"]) == (1, 0, 0)
    assert said["export"] == str(command_line.folder / "public")
    third = command_line.run(*arguments)
    assert "nothing changed" in third.out


def test_an_empty_wheelhouse_is_an_empty_index(command_line: CommandLine):
    open_wheelhouse(command_line.wheelhouse)
    done = command_line.run("export", "public", "--wheelhouse", command_line.wheelhouse)
    assert done.status == 0, done.err
    page = json.loads((command_line.folder / "public" / "simple" / "index.json").read_text())
    assert page["projects"] == []


def test_a_wheelhouse_that_is_none_is_named(command_line: CommandLine):
    done = command_line.run("export", "public", "--wheelhouse", "nowhere", "--json")
    assert done.status == 2
    assert "nowhere" in done.problem["message"]
    assert not (command_line.folder / "public").exists()


def test_into_a_bucket(
    command_line: CommandLine, bucket_address: str, monkeypatch: pytest.MonkeyPatch
):
    command_line.env |= {k: v for k, v in os.environ.items() if k.startswith("AWS_")}
    store = Store(command_line.folder)
    store.publish()
    arguments = ("export", bucket_address, "--wheelhouse", store.folder)
    first = command_line.run(*arguments)
    assert first.status == 0, first.err
    assert "2 files taken" in first.out
    assert "nothing changed" in command_line.run(*arguments).out
    away = command_line.run("export", "http://wheels.example/", "--json")
    assert away.problem["code"] == "WHL004"
