#!/usr/bin/env python3
"""Load on ``orchestrate serve``, beside nginx, simpleindex, devpi and pypiserver.

In one run, on the same 1,000 and 10,000 synthetic wheels, on this machine alone: requests a second
of a project's page, of a wheel of 100 kB and of the list of all projects, with 8 connections; the
slowest hundredth with 64; the time from start to the first page; memory after all that; and
``uv pip install`` of 20 packages. nginx and our own two servers (of 1,000 and 10,000 wheels) run
side by side and are asked in turns, as machines are not equally quick all the time: of each the
median of the rounds counts. Then pages are asked for with 256 connections while wheels are being
published, and every file that any page lists is fetched and hashed (index_publishing.py).

Needs wrk and nginx (apt install wrk nginx-light).

Usage: scripts/bench/index.py [--folder DIR] [--rounds N] [--only ours|others|publishing]...
       [--wait SECONDS] [--check] [--json]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from index_publishing import under_way
from index_servers import ALL, Running, resident, wait_for_calm
from index_wheels import LARGE_PROJECTS, make_wheelhouse, name_of
from uv import find_uv_bin

SIZES = (1_000, 10_000)
OURS, NGINX = "orchestrate serve", "nginx"
_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}
_TURNS = ("page", "file", "root")


def wrk(url: str, connections: int = 8, seconds: int = 3) -> tuple[float, float]:
    """Requests a second, and milliseconds within which 99 % were answered."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", url]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        sys.exit(f"{url}:\n{said}")
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    slow = re.search(r"99%\s+([\d.]+)(us|ms|s)", said)
    assert rate, said  # noqa: S101
    assert slow, said  # noqa: S101
    return float(rate[1]), float(slow[1]) * _UNITS[slow[2]]


def installed(index: str, rounds: int) -> float:
    """Seconds of ``uv pip install`` of 20 packages with an empty cache."""
    names = [name_of(number) for number in range(LARGE_PROJECTS)]
    times = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as place:
            command = [
                *(find_uv_bin(), "pip", "install", "--quiet", "--target", f"{place}/into"),
                *("--python", sys.executable, "--cache-dir", f"{place}/cache"),
                *("--index-url", index, *names),
            ]
            began = time.perf_counter()
            subprocess.run(command, check=True)
            times.append(time.perf_counter() - began)
    return statistics.median(times)


def measured(running: Running, rounds: int) -> dict[str, float]:
    """All figures of one server."""
    cell = {"cold": running.cold}
    for what in _TURNS:
        if url := getattr(running, what):
            found = [wrk(url) for _ in range(rounds)]
            cell[what] = statistics.median(rate for rate, _ in found)
    cell["p99"] = statistics.median(wrk(running.page, 64)[1] for _ in range(rounds))
    cell["uv"] = installed(running.index, 3)
    cell["memory"] = resident(running.pid)
    return cell


def in_turns(servers: dict[str, Running], rounds: int) -> dict[str, dict[str, float]]:
    """The same of several that run side by side, each asked after the other in every round."""
    found: dict[tuple[str, str], list[float]] = {}
    for _ in range(rounds):
        for what in _TURNS:
            for name, running in servers.items():
                found.setdefault((name, what), []).append(wrk(getattr(running, what))[0])
        for name, running in servers.items():
            found.setdefault((name, "p99"), []).append(wrk(running.page, 64)[1])
            found.setdefault((name, "p99 file"), []).append(wrk(running.file, 64)[1])
            found.setdefault((name, "uv"), []).append(installed(running.index, 1))
    cells: dict[str, dict[str, float]] = {}
    for (name, what), values in found.items():
        cells.setdefault(name, {})[what] = statistics.median(values)
    for name, running in servers.items():
        cells[name] |= {"cold": running.cold, "memory": resident(running.pid)}
    return cells


def side_by_side(folder: Path, rounds: int) -> dict[str, dict[str, float]]:
    """Ours and nginx, with few wheels and with many."""
    with contextlib.ExitStack() as stack:
        servers = {}
        for wheels in SIZES:
            place = folder / str(wheels)
            house = make_wheelhouse(place / "wheelhouse", wheels)
            for name in (NGINX, OURS):
                servers[f"{name}, {wheels}"] = stack.enter_context(ALL[name](house, place))
        return in_turns(servers, rounds)


def others(folder: Path, names: list[str]) -> dict[str, dict[str, float]]:
    """The other servers, one after the other."""
    cells = {}
    for wheels in SIZES:
        place = folder / str(wheels)
        house = make_wheelhouse(place / "wheelhouse", wheels)
        for name in names:
            if name == "devpi" and not (place / "devpi").exists():
                with ALL[name](house, place):
                    pass  # filled, so that its start can be timed
            with ALL[name](house, place) as running:
                cells[f"{name}, {wheels}"] = measured(running, 1)
                print(f"{name}, {wheels}: {cells[f'{name}, {wheels}']}", file=sys.stderr)
    return cells


def promises(cells: dict[str, dict[str, float]]) -> dict[str, bool]:
    """What the project promises, and whether it is so."""
    kept: dict[str, bool] = {}
    few, many = (cells[f"{OURS}, {wheels}"] for wheels in SIZES)
    for wheels, ours in zip(SIZES, (few, many), strict=True):
        theirs = cells[f"{NGINX}, {wheels}"]
        kept |= {
            f"{wheels}: page {ours['page'] / theirs['page']:.2f} of nginx >= 0.25": (
                ours["page"] >= 0.25 * theirs["page"]
            ),
            f"{wheels}: file {ours['file'] / theirs['file']:.2f} of nginx >= 0.5": (
                ours["file"] >= 0.5 * theirs["file"]
            ),
            f"{wheels}: p99 of 64 {ours['p99']:.1f} ms < 20": ours["p99"] < 20,  # noqa: PLR2004
            f"{wheels}: uv {ours['uv'] / theirs['uv']:.2f} of nginx's time <= 1.3": (
                ours["uv"] <= 1.3 * theirs["uv"]
            ),
            f"{wheels}: memory {ours['memory']:.0f} MB < 120": ours["memory"] < 120,  # noqa: PLR2004
        }
        if slower := cells.get(f"simpleindex, {wheels}"):
            ratio = ours["page"] / slower["page"]
            kept[f"{wheels}: page {ratio:.1f} of simpleindex >= 2"] = ratio >= 2  # noqa: PLR2004
    ratio = many["page"] / few["page"]
    kept[f"page at 10,000 {ratio:.2f} of that at 1,000, +-10 %"] = 0.9 <= ratio <= 1.1  # noqa: PLR2004
    kept[f"first page after {many['cold']:.2f} s <= 0.7"] = many["cold"] <= 0.7  # noqa: PLR2004
    return kept


def table(cells: dict[str, dict[str, float]]) -> str:
    """Markdown."""
    heads = {
        "page": "page/s",
        "file": "file/s",
        "root": "root/s",
        "p99": "p99 of 64, ms",
        "uv": "uv, s",
        "cold": "cold, s",
        "memory": "memory, MB",
    }
    digits = {"p99": 1, "uv": 2, "cold": 2}
    lines = [f"| server, wheels | {' | '.join(heads.values())} |", "|---" * 8 + "|"]
    for name, cell in cells.items():
        said = [f"{cell[key]:.{digits.get(key, 0)}f}" if key in cell else "-" for key in heads]
        lines.append(f"| {name} | {' | '.join(said)} |")
    return "\n".join(lines)


def main() -> None:
    """Measures, and says so."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--folder", type=Path, help="kept, to be used again")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", action="append", choices=("ours", "others", "publishing"))
    parser.add_argument("--wait", type=float, default=600, help="seconds for the machine to calm")
    parser.add_argument("--check", action="store_true", help="exit 1 where a promise is broken")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if not shutil.which("wrk"):
        sys.exit("wrk is not installed (apt install wrk)")
    folder = asked.folder or Path(tempfile.mkdtemp(prefix="bench-index-"))
    parts = asked.only or ["ours", "others", "publishing"]
    wait_for_calm(asked.wait)
    cells: dict[str, dict[str, float]] = {}
    published: dict[str, Any] = {}
    if "ours" in parts:
        cells |= side_by_side(folder.absolute(), asked.rounds)
    if "others" in parts:
        cells |= others(folder.absolute(), [name for name in ALL if name not in {OURS, NGINX}])
    if "publishing" in parts:
        published = under_way(folder.absolute())
    kept = promises(cells) if "ours" in parts else {}
    if published:
        words = f"{published['requests']} requests while wheels were published: no error"
        kept[words] = not published["errors"]
    if asked.json:
        print(json.dumps({"cells": cells, "published": published, "promises": kept}))
    else:
        print(table(cells))
        print(published or "")
        print("\n".join(f"{'ok ' if good else 'NOT'} {words}" for words, good in kept.items()))
    if not asked.folder:
        shutil.rmtree(folder)
    sys.exit(1 if asked.check and not all(kept.values()) else 0)


if __name__ == "__main__":
    main()
