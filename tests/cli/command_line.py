"""Runs ``orchestrate`` as a user does: one process; what it printed, and what it left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from orchestrator.model import Value

ROOT = Path(__file__).parents[2]
PROJECTS = ROOT / "tests" / "projects"
COMMAND = (sys.executable, "-m", "orchestrator.cli")

# A user's own settings must not decide what a test sees.
_FOREIGN = ("ORCHESTRATE_WHEELHOUSE", "SDKROOT", "MACOSX_DEPLOYMENT_TARGET", "COLUMNS", "NO_COLOR")


class Outcome(Value):
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, Any]]:
        """What ``--json`` printed: every line is one object."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def summary(self) -> dict[str, Any]:
        last = self.events[-1]
        assert last["event"] == "summary", self.out + self.err
        return last

    @property
    def problem(self) -> dict[str, Any]:
        """The one error: of the whole run, or of its only requirement."""
        last = self.events[-1]
        if last["event"] == "summary":
            assert not last["wheels"]
            (failure,) = last["failed"]
            return failure
        assert last["event"] == "error", self.out
        return last


class CommandLine:
    """A user's place to work: a folder, a wheelhouse, a cache, a TMPDIR that must stay empty."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self.folder = folder
        self.wheelhouse = folder / "wheelhouse"
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        kept = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
        self.env = kept | {
            "PYTHONPATH": str(ROOT),
            "ORCHESTRATE_CACHE": str(cache),
            "TMPDIR": str(self.temporary),
        }

    def run(self, *arguments: str | Path) -> Outcome:
        """Runs a command to its end; it must neither show a traceback nor leave files behind."""
        done = subprocess.run(
            [*COMMAND, *map(str, arguments)],
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        return self.checked(Outcome(status=done.returncode, out=done.stdout, err=done.stderr))

    def start(self, *arguments: str | Path) -> subprocess.Popen[str]:
        """Starts a command at the head of a process group of its own, as a shell does."""
        return subprocess.Popen(
            [*COMMAND, *map(str, arguments)],
            cwd=self.folder,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        )

    def build(self, *arguments: str | Path) -> Outcome:
        """Runs ``orchestrate build`` with ``--json`` into this wheelhouse."""
        return self.run("build", *arguments, "--wheelhouse", self.wheelhouse, "--json")

    def refused(self, *arguments: str | Path, code: str, status: int) -> str:
        """Builds what must fail, with nothing published; returns the message."""
        outcome = self.build(*arguments)
        said = outcome.out + outcome.err
        assert outcome.problem["code"] == code, said
        assert outcome.status == status, said
        assert self.published() == []
        return outcome.problem["message"]

    def published(self) -> list[str]:
        """What installers would see in the wheelhouse, and what was left half-done there."""
        if not self.wheelhouse.is_dir():
            return []
        incoming = self.wheelhouse / ".incoming"
        left = incoming.iterdir() if incoming.is_dir() else ()
        seen = (path for path in self.wheelhouse.iterdir() if not path.name.startswith("."))
        return sorted(path.name for path in (*seen, *left))

    def record(self, filename: str) -> dict[str, Any]:
        """The record of a published wheel."""
        (path,) = (self.wheelhouse / ".records").glob(f"{filename}.*.json")
        record: dict[str, Any] = json.loads(path.read_text())
        return record

    def checked(self, outcome: Outcome) -> Outcome:
        assert "Traceback" not in outcome.out + outcome.err, outcome.out + outcome.err
        assert list(self.temporary.iterdir()) == []
        return outcome
