"""The ledger: what goes in comes out, from several processes; damage is nobody's failure."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from orchestrator.model import Past, Usage
from orchestrator.wheelhouse.ledger import Ledger

if TYPE_CHECKING:
    from pathlib import Path

PAST = Past(
    name="tiny",
    version="1.0",
    target="cp311-macosx_11_0_arm64",
    host="here",
    fingerprint="ab" * 32,
    outcome="failed",
    code="BLD002",
    created="2025-06-01T12:00:00+00:00",
    usage=Usage(seconds=1.5, cpu_seconds=2.5, memory=1 << 31, cpus=4, parallelism=1.6),
)
ADDS = """
import sys
from pathlib import Path
import msgspec
from test_ledger import PAST
from orchestrator.wheelhouse.ledger import Ledger
for number in range(50):
    Ledger(Path(sys.argv[1])).add(msgspec.structs.replace(PAST, version=f"{sys.argv[2]}.{number}"))
"""


def test_what_goes_in_comes_out_newest_first(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    assert ledger.read() == ()
    other = Past(
        name="other", version="2", target="t", host="there", fingerprint="f", outcome="built",
        created="2025-07-01T12:00:00+00:00",
    )  # fmt: skip
    ledger.add(PAST)
    ledger.add(other)
    assert ledger.read() == (other, PAST)
    assert ledger.read("tiny") == (PAST,)
    assert ledger.read(host="there") == (other,)
    assert ledger.read(limit=1) == (other,)


def test_reading_makes_no_file(tmp_path: Path) -> None:
    Ledger(tmp_path).read()
    assert list(tmp_path.iterdir()) == []


def test_several_processes_add_at_once(tmp_path: Path) -> None:
    env = {"PYTHONPATH": ":".join(sys.path)}
    adding = [
        subprocess.Popen([sys.executable, "-c", ADDS, tmp_path, str(number)], env=env)
        for number in range(4)
    ]
    assert [process.wait() for process in adding] == [0, 0, 0, 0]
    versions = {past.version for past in Ledger(tmp_path).read()}
    assert len(versions) == 200


@pytest.mark.parametrize("content", [b"this is no database, and never was one" * 100, b"\0" * 5000])
def test_damaged_file_is_put_aside(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / ".ledger.sqlite"
    path.write_bytes(content)
    ledger = Ledger(tmp_path)
    assert ledger.read() == ()
    assert path.with_suffix(".damaged").read_bytes() == content
    ledger.add(PAST)
    assert ledger.read() == (PAST,)


def test_ledger_of_another_time_is_no_failure(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / ".ledger.sqlite") as database:
        database.execute("CREATE TABLE builds (something)")
    ledger = Ledger(tmp_path)
    ledger.add(PAST)
    assert ledger.read() == ()


def test_folder_that_is_not_there_is_no_failure(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "missing")
    ledger.add(PAST)
    assert ledger.read() == ()
