"""A server that is killed while wheels are uploaded leaves whole files only."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_killed_four_times() -> None:
    script = ROOT / "scripts" / "bench" / "upload_kills.py"
    done = subprocess.run(
        [sys.executable, script, "--kills", "4", "--json"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["kills"] == 4
    assert report["not whole"] == []
    assert report["requests broken off"] > 0
