"""``orchestrate history`` shows what is in a wheelhouse's ledger."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from orchestrator.model import Past, Usage
from orchestrator.wheelhouse.ledger import Ledger

if TYPE_CHECKING:
    from command_line import CommandLine

BUILT = Past(
    name="scikit-learn",
    version="1.5.2",
    target="cp311-macosx_11_0_arm64",
    host="here",
    fingerprint="ab" * 32,
    outcome="built",
    created="2025-06-01T12:00:00.000+00:00",
    usage=Usage(seconds=754.0, cpu_seconds=2900.0, memory=1_400_000_000, cpus=4, parallelism=3.9),
)
FAILED = Past(
    name="annoy",
    version="1.17.3",
    target="cp311-macosx_11_0_arm64",
    host="here",
    fingerprint="cd" * 32,
    outcome="failed",
    code="BLD002",
    created="2025-06-02T12:00:00.000+00:00",
    usage=Usage(seconds=3.0),
)


def test_table_fits_eighty_columns_newest_first(command_line: CommandLine) -> None:
    command_line.wheelhouse.mkdir()
    for past in (BUILT, FAILED):
        Ledger(command_line.wheelhouse).add(past)
    command_line.env["COLUMNS"] = "80"
    lines = command_line.run("history", "--wheelhouse", command_line.wheelhouse).out.splitlines()
    assert max(map(len, lines)) <= 80
    text = "\n".join(lines)
    assert text.index("annoy") < text.index("scikit-learn")
    assert "BLD002" in text
    assert "12 min 34 s" in text
    assert "1.4 GB" in text
    assert lines[-1] == "All of cp311-macosx_11_0_arm64 on here."


def test_json_of_one_project_by_any_spelling(command_line: CommandLine) -> None:
    command_line.wheelhouse.mkdir()
    for past in (BUILT, FAILED):
        Ledger(command_line.wheelhouse).add(past)
    found = command_line.run(
        "history", "Scikit_Learn", "--json", "--wheelhouse", command_line.wheelhouse
    )
    (build,) = json.loads(found.out)
    assert build["fingerprint"] == BUILT.fingerprint
    assert build["usage"]["cpu_seconds"] == 2900.0


def test_nothing_known_is_no_failure(command_line: CommandLine) -> None:
    outcome = command_line.run("history", "annoy", "--wheelhouse", command_line.wheelhouse)
    assert outcome.status == 0
    assert "No builds of annoy" in outcome.out
    assert not command_line.wheelhouse.exists()
