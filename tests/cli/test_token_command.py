"""``orchestrate token``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from orchestrator.index.tokens import Tokens
from orchestrator.wheelhouse.store import open_wheelhouse

if TYPE_CHECKING:
    from command_line import CommandLine


def test_created_shown_once_listed_and_revoked(command_line: CommandLine) -> None:
    house = open_wheelhouse(command_line.wheelhouse)
    file = command_line.folder / "etc" / "tokens.json"
    where = ("--tokens", file, "--wheelhouse", house.directory)
    made = command_line.run(
        "token", "create", *where, "--note", "CI of acme", "--upload", "acme-*", "--days", "30"
    )
    assert made.status == 0, made.err
    text = made.out.strip()
    token = Tokens(file).recognise(text, "2020-01-01T00:00:00Z")
    assert token
    assert token.id in made.err

    listed = command_line.run("token", "list", "--tokens", file)
    assert "upload:acme-*" in listed.out
    assert text not in listed.out
    as_json = json.loads(command_line.run("token", "list", "--tokens", file, "--json").out)
    assert as_json[0]["id"] == token.id
    assert "digest" not in as_json[0]

    assert command_line.run("token", "revoke", token.id, *where).status == 0
    assert Tokens(file).recognise(text, "2020-01-01T00:00:00Z") is None
    journal = (house.directory / ".index" / "journal.jsonl").read_text()
    events = [json.loads(line) for line in journal.splitlines()]
    assert [entry["event"] for entry in events] == ["token created", "token revoked"]
    assert {entry["subject"] for entry in events} == {token.id}
    assert text not in journal


def test_mistakes_are_said(command_line: CommandLine) -> None:
    file = command_line.folder / "tokens.json"
    nothing = command_line.run("token", "create", "--tokens", file)
    assert nothing.status == 2
    assert "ACC002" in nothing.err
    absent = command_line.run("token", "list", "--tokens", file)
    assert absent.status == 2
    assert "ACC001" in absent.err
    made = command_line.run("token", "create", "--tokens", file, "--read")
    assert "In no journal" in made.err
    unknown = command_line.run("token", "revoke", "abc", "--tokens", file)
    assert unknown.status == 2
    assert "ACC003" in unknown.err
