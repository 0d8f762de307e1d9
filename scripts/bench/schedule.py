#!/usr/bin/env python3
"""Simulates plans: how near the scheduler comes to what no schedule can beat.

The bound is max(longest path, total / slots). Beside it, on the same plans: rounds, in which all
that is ready is done before anything else begins (as fromager's build-parallel does); and the
scheduler with estimates that are off by a factor of up to about three. Then what planning and
scheduling 10,000 steps costs.

Usage: scripts/bench/schedule.py [--plans N] [--json] [--check]
"""

from __future__ import annotations

import argparse
import heapq
import json
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "plan")]

from made_plans import layered, mistaken, scattered  # noqa: E402 (found only now)

from orchestrator.plan.scheduler import Scheduler, Task, Worker  # noqa: E402
from orchestrator.plan.simulation import makespan, simulate  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SLOTS = (2, 8, 64)
KINDS = {"layered": layered, "random": scattered}
MANY = 10_000
ROW = (
    "{plan:<8} {slots:>5}  {median:>6.3f} {worst:>6.3f} {worst_with_wrong_estimates:>16.3f}"
    "  {rounds_median:>14.3f} {rounds_best:>6.3f}"
)

# What the project promises: relative to the bound, on layered plans; seconds.
MOST_RATIO = 1.10
MOST_OVERHEAD = 2.0


def worker(slots: int) -> Worker:
    return Worker(name="here", cpus=slots, jobs=slots)


def bound(tasks: Sequence[Task], seconds: Mapping[str, float], slots: int) -> float:
    """Seconds that no schedule can beat: the longest path, and all work on all slots."""
    real = [Task(name=task.name, needs=task.needs, seconds=seconds[task.name]) for task in tasks]
    paths = Scheduler(real, ()).paths
    return max(*paths.values(), sum(seconds.values()) / slots)


def in_rounds(tasks: Sequence[Task], seconds: Mapping[str, float], slots: int) -> float:
    """Seconds that it takes to do all that is ready, wait for all of it, and begin again."""
    done: set[str] = set()
    waiting = list(tasks)
    total = 0.0
    while waiting:
        ready = [task for task in waiting if done.issuperset(task.needs)]
        free = [0.0] * slots
        for task in ready:
            heapq.heappush(free, heapq.heappop(free) + seconds[task.name])
        total += max(free)
        done.update(task.name for task in ready)
        waiting = [task for task in waiting if task.name not in done]
    return total


def compare(kind: str, slots: int, plans: int) -> dict[str, object]:
    """Ratios to the bound, over some plans of a kind."""
    exact, noisy, rounds = [], [], []
    for seed in range(plans):
        tasks = KINDS[kind](seed)
        seconds = {task.name: task.seconds for task in tasks}
        real = mistaken(tasks, seed)
        least = bound(tasks, seconds, slots)
        exact.append(makespan(simulate(tasks, [worker(slots)])) / least)
        rounds.append(in_rounds(tasks, seconds, slots) / least)
        noisy.append(makespan(simulate(tasks, [worker(slots)], real)) / bound(tasks, real, slots))
    return {
        "plan": kind,
        "slots": slots,
        "median": statistics.median(exact),
        "worst": max(exact),
        "worst_with_wrong_estimates": max(noisy),
        "rounds_median": statistics.median(rounds),
        "rounds_best": min(rounds),
    }


def overhead() -> float:
    """Seconds of this program's own time that scheduling many steps takes."""
    tasks = layered(0, steps=MANY, layers=50)
    began = time.perf_counter()
    simulate(tasks, [worker(64)])
    return time.perf_counter() - began


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--plans", type=int, default=20, help="of each kind")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--check", action="store_true", help="fail where a promise is not kept")
    options = parser.parse_args()
    rows = [compare(kind, slots, options.plans) for kind in KINDS for slots in SLOTS]
    seconds = overhead()
    if options.json:
        print(json.dumps({"plans": rows, "overhead_seconds": seconds, "overhead_steps": MANY}))
    else:
        print(f"{'plan':<8} slots  median  worst  wrong estimates  rounds: median   best")
        for row in rows:
            print(ROW.format_map(row))
        print(f"{MANY} steps scheduled in {seconds:.2f} s")
    kept = seconds < MOST_OVERHEAD and all(
        row["worst"] <= MOST_RATIO for row in rows if row["plan"] == "layered"
    )
    return 0 if kept or not options.check else 1


if __name__ == "__main__":
    sys.exit(main())
