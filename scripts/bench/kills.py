#!/usr/bin/env python3
"""Kills builds of twelve packages at random moments (kill -9), and looks at what they leave.

Each run goes on where the one before was killed. After every kill: each wheel there has a
record that vouches for its bytes, and what was published is never built again. A run that gets
through must have published all twelve and left nothing half-written; then a new wheelhouse begins.

Usage: scripts/bench/kills.py [--kills N] [--seed N] [--longest SECONDS]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from closure_sdists import NEEDS, write_sdists  # noqa: E402 (found only now)

from orchestrator.wheelhouse.store import find_wheelhouse  # noqa: E402


class Site:
    """A place to build, one wheelhouse after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sdists = folder / "sdists"
        write_sdists(self.sdists, functions=2)
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        self.number = 0

    @property
    def wheelhouse(self) -> Path:
        return self.folder / f"wheelhouse-{self.number}"

    def start(self) -> subprocess.Popen[str]:
        program = ROOT / "tests" / "pipeline" / "closure_run.py"
        env = {"PYTHONPATH": os.pathsep.join(sys.path[:2]), "TMPDIR": str(self.temporary)}
        return subprocess.Popen(
            [sys.executable, program, self.sdists, self.wheelhouse],
            env={**os.environ, **env},
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def published(self) -> set[str]:
        house = find_wheelhouse(self.wheelhouse)
        if house is None:
            return set()
        wheels = house.list()
        files = {path.name for path in self.wheelhouse.glob("*.whl")}
        if {wheel.path.name for wheel in wheels} != files:
            sys.exit(f"{self.wheelhouse}: wheels without a record that vouches for them")
        return {wheel.record.name for wheel in wheels}


def built(output: str) -> set[str]:
    """Names of what a run has built, by its events."""
    events = [json.loads(line) for line in output.splitlines() if line.endswith("}")]
    return {
        event["step"].partition("==")[0]
        for event in events
        if event["event"] == "finished" and not event["cached"]
    }


def kill_once(site: Site, moment: float) -> bool:
    """Starts a run and kills it after so many seconds; whether it was through before."""
    before = site.published()
    process = site.start()
    try:
        output, _ = process.communicate(timeout=moment)
    except subprocess.TimeoutExpired:
        os.kill(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
    through = process.returncode == 0
    if again := before & built(output):
        sys.exit(f"built again: {', '.join(sorted(again))}")
    if through and site.published() != set(NEEDS):
        sys.exit("a run got through, and not everything is published")
    if through and list((site.wheelhouse / ".incoming").iterdir()):
        sys.exit("a run got through, and something is half-written")
    if not through and process.returncode != -signal.SIGKILL:
        sys.exit(f"a run failed: {output[-2000:]}")
    return through


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--longest", type=float, default=15, help="seconds before a kill")
    options = parser.parse_args()
    chance = random.Random(options.seed)  # noqa: S311
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="bench-kills-") as folder:
        site = Site(Path(folder))
        kills = builds = 0
        while kills < options.kills:
            if kill_once(site, chance.uniform(0, options.longest)):
                builds += 1
                site.number += 1
            else:
                kills += 1
        if not kill_once(site, moment=3600):
            sys.exit("the last run did not get through")
        left = list(site.temporary.glob("orchestrate-*"))
    seconds = time.perf_counter() - began
    print(
        f"{kills} kills, {builds + 1} builds of {len(NEEDS)} packages got through, nothing was "
        f"built twice or half-written; {len(left)} folders left in TMPDIR; {seconds:.0f} s"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
