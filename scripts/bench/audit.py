#!/usr/bin/env python3
"""Times ``orchestrate audit`` against the slowest single ``uv pip compile`` of the same inputs.

In one run, with the same 60 requirements: uv alone for each target, one after the other, then the
audit of all targets. First every one of them with empty caches of its own; then, with
the caches that this filled, in turns. Of each the best of the rounds counts.

Usage: scripts/bench/audit.py [--rounds N] [--only cold|warm] [--json] [--check]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from uv import find_uv_bin

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "tests" / "data" / "requirements-60.txt"
ORCHESTRATE = (sys.executable, "-m", "orchestrator.cli")
# Of each platform: its tag, and what uv calls it.
PLATFORMS = {
    "macosx_11_0_arm64": "aarch64-apple-darwin",
    "manylinux_2_28_aarch64": "aarch64-manylinux_2_28",
}
PYTHONS = ("3.11", "3.13")
MAC, LINUX = PLATFORMS
# What the project promises: time relative to the slowest single resolution.
PROMISES = {(MAC,): 1.3, (MAC, LINUX): 1.6}


def timed(command: Sequence[str | Path], cache: Path) -> float:
    """Wall time of a command in seconds, with all its caches in a folder."""
    env = os.environ | {
        "PYTHONPATH": str(ROOT),
        "UV_CACHE_DIR": str(cache / "uv"),
        "ORCHESTRATE_CACHE": str(cache / "orchestrate"),
        "MACOSX_DEPLOYMENT_TARGET": "11.0",
    }
    began = time.perf_counter()
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    took = time.perf_counter() - began
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
    return took


def compile_alone(platform: str, python: str, cache: Path, folder: Path) -> float:
    """Seconds of one plain resolution by uv."""
    return timed(
        (
            *(find_uv_bin(), "pip", "compile", REQUIREMENTS, "--quiet", "--no-python-downloads"),
            *("--python-platform", PLATFORMS[platform], "--python-version", python),
            *("--format", "pylock.toml", "-o", folder / f"pylock.{python.replace('.', '')}.toml"),
        ),
        cache,
    )


def audit(platforms: Sequence[str], cache: Path) -> float:
    """Seconds of the audit of each platform with each Python."""
    words = [word for platform in platforms for word in ("--platform", platform)]
    words += [word for python in PYTHONS for word in ("--python", python)]
    return timed((*ORCHESTRATE, "audit", "-r", REQUIREMENTS, *words, "--json"), cache)


def measure(platforms: Sequence[str], *, cold: bool, rounds: int) -> dict[str, float]:
    """Best times of the slowest single resolution, and of the audit."""
    alone: dict[str, list[float]] = {}
    audits: list[float] = []
    with tempfile.TemporaryDirectory(prefix="bench-audit-") as place:
        folder = Path(place)
        for number in range(rounds if cold else rounds + 1):

            def cache(name: str, number: int = number) -> Path:
                """Of one command: its own and new, or everybody's."""
                return folder / (f"{number} {name}" if cold else "kept")

            took = {
                name: compile_alone(platform, python, cache(name), folder)
                for platform in platforms
                for python in PYTHONS
                for name in [f"{platform} {python}"]
            }
            whole = audit(platforms, cache("audit"))
            if cold or number:  # the first of the warm ones only fills the caches
                audits.append(whole)
                for name, seconds in took.items():
                    alone.setdefault(name, []).append(seconds)
    slowest = max(map(min, alone.values()))
    return {"alone": slowest, "audit": min(audits), "ratio": min(audits) / slowest}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=("cold", "warm"))
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a promise is broken")
    options = parser.parse_args()
    kept = True
    for platforms, most in PROMISES.items():
        for state in (options.only,) if options.only else ("cold", "warm"):
            found = measure(platforms, cold=state == "cold", rounds=options.rounds)
            kept = kept and found["ratio"] <= most
            targets = len(platforms) * len(PYTHONS)
            if options.json:
                print(json.dumps({"targets": targets, "caches": state, "most": most} | found))
            else:
                print(
                    f"{targets} targets, {state} caches: slowest uv alone {found['alone']:.2f} s,"
                    f" audit {found['audit']:.2f} s: {found['ratio']:.2f} times (at most {most})"
                )
    return 0 if kept or not options.check else 1


if __name__ == "__main__":
    sys.exit(main())
