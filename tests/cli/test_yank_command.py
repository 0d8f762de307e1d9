"""``orchestrate yank``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from recorded_wheels import recorded_wheel

from orchestrator.files import sha256_of
from orchestrator.index.state import read_state
from orchestrator.model import UploadedWheel
from orchestrator.wheelhouse.record import read_metadata
from orchestrator.wheelhouse.store import open_wheelhouse

if TYPE_CHECKING:
    from command_line import CommandLine


def test_yanked_and_taken_back(command_line: CommandLine) -> None:
    house = open_wheelhouse(command_line.wheelhouse)
    wheel = recorded_wheel(command_line.folder)
    upload = UploadedWheel(
        path=wheel,
        filename=wheel.name,
        name="acme-app",
        version="1.0",
        sha256=sha256_of(wheel),
        platform="any",
        python="3",
        metadata=read_metadata(wheel),
        requires_python="",
        findings=(),
    )
    house.take_upload(upload, created="2026-11-29T10:00:00Z")
    where = ("--wheelhouse", house.directory)
    done = command_line.run("yank", "Acme.App==1.0", "--reason", "broken", *where)
    assert done.out == f"{wheel.name} is yanked.\n", done.err
    assert read_state(house.directory).yanked == {wheel.name: "broken"}
    done = command_line.run("yank", f"wheelhouse/{wheel.name}", "--undo", *where)
    assert done.out == f"{wheel.name} is no more yanked.\n", done.err
    assert read_state(house.directory).yanked == {}
    journal = (house.directory / ".index" / "journal.jsonl").read_text()
    assert [json.loads(line)["event"] for line in journal.splitlines()] == ["yank", "unyank"]


def test_mistakes_are_said(command_line: CommandLine) -> None:
    where = ("--wheelhouse", command_line.wheelhouse)
    outcome = command_line.run("yank", "acme==1.0", *where)
    assert outcome.status == 2
    assert "WHL011" in outcome.err
    open_wheelhouse(command_line.wheelhouse)
    outcome = command_line.run("yank", "acme==1.0", *where)
    assert outcome.status == 2
    assert "no file of acme==1.0" in outcome.err
