#!/usr/bin/env python3
"""Builds twelve packages that need each other, together and one after the other.

In one run, with warm caches: each step on its own, one after the other; then all of them as one
plan into another wheelhouse, beside what no schedule can beat: max(longest path, all CPU time /
CPUs), of the steps as they were alone. Then the same again, answered from the wheelhouse.

Usage: scripts/bench/closure.py [--functions N] [--json] [--check]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[2]
# In place of this folder, whose build.py would be taken for the package of that name.
sys.path[:1] = [str(ROOT), str(ROOT / "tests")]

from closure_sdists import NEEDS, VERSION, with_needs, write_sdists  # noqa: E402 (found only now)

from orchestrator.model import Plan, Target  # noqa: E402
from orchestrator.pipeline.requests import plan_requests  # noqa: E402
from orchestrator.pipeline.run import run  # noqa: E402
from orchestrator.pipeline.workshop import BuildOptions, Workshop  # noqa: E402
from orchestrator.plan.scheduler import Scheduler, Task  # noqa: E402
from orchestrator.resolve.requests import classify  # noqa: E402
from orchestrator.targets.tags import parse_interpreter, parse_platform  # noqa: E402

if TYPE_CHECKING:
    from orchestrator.model import PublishedWheel

PLATFORM, PYTHON = parse_platform("macosx_11_0_arm64"), parse_interpreter("3.11")

# What the project promises, for two CPUs: relative to the bound, to one after the other; seconds.
MOST_OF_BOUND = 1.15
MOST_OF_SERIAL = 0.6
MOST_AGAIN = 0.5


def workshop_at(wheelhouse: Path) -> Workshop:
    options = BuildOptions(
        platforms=(PLATFORM,),
        interpreters=(PYTHON,),
        explicit_platform=True,
        wheelhouse=wheelhouse,
    )
    return Workshop(options, lambda _: None)


def planned(workshop: Workshop) -> Plan:
    requests = [classify(f"{name}=={VERSION}", Path.cwd()) for name in NEEDS]
    found = plan_requests(requests, [Target(platform=PLATFORM, interpreter=PYTHON)], workshop)
    if found.failed:
        sys.exit(found.failed[0].message)
    return with_needs(found.plan)


def cpu_seconds() -> float:
    """Of this process, and of all it has started and seen end."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def one_after_the_other(wheelhouse: Path) -> tuple[dict[str, float], float]:
    """Builds each step on its own; the seconds of each, and the CPU seconds of all."""
    workshop = workshop_at(wheelhouse)
    plan = planned(workshop)
    done: dict[str, PublishedWheel] = {}
    seconds: dict[str, float] = {}
    before = cpu_seconds()
    for item in plan.steps:
        began = time.perf_counter()
        report = run(Plan(steps=(item,)), workshop, done)
        if report.failed:
            sys.exit(report.failed[0].message)
        seconds[item.step.label] = time.perf_counter() - began
        done[item.step.label] = report.wheels[0]
    return seconds, cpu_seconds() - before


def together(wheelhouse: Path) -> tuple[Plan, float, float]:
    """Builds all as one plan; seconds, and CPU seconds."""
    workshop = workshop_at(wheelhouse)
    plan = planned(workshop)
    before, began = cpu_seconds(), time.perf_counter()
    report = run(plan, workshop)
    if report.failed or len(report.wheels) != len(NEEDS):
        sys.exit(f"not all were built: {report.failed}")
    return plan, time.perf_counter() - began, cpu_seconds() - before


def again(sdists: Path, wheelhouse: Path) -> float:
    """Seconds of a run, from its start as a program, that finds everything done."""
    command = [sys.executable, ROOT / "tests" / "pipeline" / "closure_run.py", sdists, wheelhouse]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path[:2])}
    times = []
    for _ in range(3):
        began = time.perf_counter()
        subprocess.run(command, check=True, env=env, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - began)
    return min(times)


def measure(folder: Path, functions: int) -> dict[str, float]:
    sdists = folder / "sdists"
    write_sdists(sdists, functions=functions)
    os.environ["UV_FIND_LINKS"] = str(sdists)
    together(folder / "warm")
    seconds, cpu_alone = one_after_the_other(folder / "serial")
    plan, parallel, cpu_parallel = together(folder / "parallel")
    tasks = [
        Task(name=item.step.label, needs=item.needs, seconds=seconds[item.step.label])
        for item in plan.steps
    ]
    path = max(Scheduler(tasks, ()).paths.values())
    cpus = os.cpu_count() or 1
    serial = sum(seconds.values())
    return {
        "cpus": cpus,
        "serial_seconds": serial,
        "parallel_seconds": parallel,
        "longest_path_seconds": path,
        "cpu_seconds_alone": cpu_alone,
        "cpu_seconds_together": cpu_parallel,
        "of_bound": parallel / max(path, cpu_alone / cpus),
        "of_serial": parallel / serial,
        "again_seconds": again(sdists, folder / "parallel"),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--functions", type=int, default=120, help="to compile, for each unit")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--check", action="store_true", help="fail where a promise is not kept")
    options = parser.parse_args()
    if shutil.which("ccache"):
        sys.exit("ccache would answer in the compiler's place: remove it from PATH first")
    with tempfile.TemporaryDirectory(prefix="bench-closure-") as folder:
        found = measure(Path(folder), options.functions)
    if options.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:<22} {value:8.2f}")
    kept = (
        found["of_bound"] <= MOST_OF_BOUND
        and found["of_serial"] <= MOST_OF_SERIAL
        and found["again_seconds"] <= MOST_AGAIN
    )
    return 0 if kept or not options.check else 1


if __name__ == "__main__":
    sys.exit(main())
