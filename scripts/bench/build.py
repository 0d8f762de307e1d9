#!/usr/bin/env python3
"""Times ``orchestrate build`` of some packages against the host's own compiler.

In one run and in turns: ``orchestrate build`` of all (wheels for arm64, fresh wheelhouse, without
running them), and ``uv build --wheel`` of the same sdists, one after the other (wheels for this
machine). Both use CPython 3.11; caches of uv, of the toolchain and of sources are warm. Then a
second ``orchestrate build``, answered from the wheelhouse, and ``orchestrate --help``.

Usage: scripts/bench/build.py [--platform macos|linux] [--rounds N] [--json] [--check]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from uv import find_uv_bin  # noqa: E402 (found only now, as what follows)

from orchestrator.build.fetch import fetch  # noqa: E402
from orchestrator.build.sources import pin  # noqa: E402
from orchestrator.resolve.configuration import read_configuration  # noqa: E402
from orchestrator.resolve.requests import classify  # noqa: E402
from orchestrator.targets.interpreters import find_interpreter  # noqa: E402
from orchestrator.targets.tags import parse_interpreter  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence

PACKAGES = {
    "macos": ("annoy", "crcmod", "regex", "lmdb==1.4.1", "ujson"),
    "linux": ("msgpack", "ujson", "crcmod", "regex"),
}
PYTHON = parse_interpreter("3.11")
ORCHESTRATE = (sys.executable, "-m", "orchestrator.cli")

# What the project promises: time relative to the host's; seconds of a second build, of --help.
MOST_RATIO = 0.9
MOST_CACHED = 0.4
MOST_HELP = 0.15


def timed(command: Sequence[str | Path]) -> float:
    """Wall time of a command in seconds; one that fails ends the benchmark."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    began = time.perf_counter()
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    took = time.perf_counter() - began
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
    return took


def sdists(packages: Sequence[str]) -> dict[str, Path]:
    """The pinned requirements and their downloaded sdists."""
    configuration = read_configuration(Path.cwd(), os.environ)
    found = {}
    for text in packages:
        source = pin(classify(text, Path.cwd()), configuration, PYTHON).source
        found[f"{source.name}=={source.version}"] = fetch(source, configuration)
    return found


def build_here(archives: Sequence[Path], folder: Path) -> list[float]:
    """Builds each with the host's compiler; seconds each."""
    python = find_interpreter(PYTHON).executable
    command = (find_uv_bin(), "build", "--wheel", "--python", python, "--out-dir", folder)
    return [timed((*command, archive)) for archive in archives]


def build_there(requirements: Sequence[str], platform: str, wheelhouse: Path) -> float:
    """Builds all for the target."""
    return timed(
        (*ORCHESTRATE, "build", *requirements, "--platform", platform, "--python", PYTHON.version,
         "--test", "none", "--wheelhouse", wheelhouse)
    )  # fmt: skip


def measure(platform: str, rounds: int) -> dict[str, object]:
    """Runs everything; times are in seconds."""
    sources = sdists(PACKAGES[platform])
    here, there, cached = [], [], []
    with tempfile.TemporaryDirectory(prefix="orchestrate-bench-") as name:
        folder = Path(name)
        build_there(list(sources), platform, folder / "warm-up")
        build_here(list(sources.values()), folder / "warm-up-here")
        for _ in range(rounds):
            here.append(build_here(list(sources.values()), folder / "here"))
            there.append(build_there(list(sources), platform, folder / "wheelhouse"))
            cached.append(build_there(list(sources), platform, folder / "wheelhouse"))
            shutil.rmtree(folder / "wheelhouse")
            shutil.rmtree(folder / "here")
    native = statistics.median(sum(times) for times in here)
    cross = statistics.median(there)
    return {
        "packages": list(sources),
        "cpus": os.cpu_count(),
        "native_each": [statistics.median(times) for times in zip(*here, strict=True)],
        "native": native,
        "orchestrate": cross,
        "ratio": cross / native,
        "cached": statistics.median(cached),
        "help": statistics.median(timed((*ORCHESTRATE, "--help")) for _ in range(10)),
    }


def show(result: dict[str, object]) -> None:
    """Prints the table."""
    packages, times = result["packages"], result["native_each"]
    for package, seconds in zip(packages, times, strict=True):  # type: ignore[call-overload]
        print(f"  {package:<28} host's compiler {seconds:8.2f} s")
    rows = (
        ("all, host's compiler", "native", "s", None),
        ("all, orchestrate build", "orchestrate", "s", None),
        ("ratio", "ratio", " ", MOST_RATIO),
        ("second orchestrate build", "cached", "s", MOST_CACHED),
        ("orchestrate --help", "help", "s", MOST_HELP),
    )
    for title, key, unit, most in rows:
        bound = f"   at most {most}" if most else ""
        print(f"{title:<46} {result[key]:8.3f} {unit}{bound}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--platform", choices=PACKAGES, default="macos", help="what is built for")
    parser.add_argument("--rounds", type=int, default=3, help="how often both are timed")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--check", action="store_true", help="fail where a bound is exceeded")
    options = parser.parse_args()
    result = measure(options.platform, options.rounds)
    if options.json:
        print(json.dumps(result))
    else:
        show(result)
    bounds = {"ratio": MOST_RATIO, "cached": MOST_CACHED, "help": MOST_HELP}
    exceeded = [key for key, most in bounds.items() if result[key] > most]  # type: ignore[operator]
    if options.check and exceeded:
        print(f"exceeded: {', '.join(exceeded)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
