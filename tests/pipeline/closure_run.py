"""Builds the twelve projects of ``closure_sdists`` as one plan; tells of it in JSON lines.

``closure_run.py SDISTS WHEELHOUSE [--recipes DIR] [--jobs N] [--fail-fast] [--cluster ADDRESS]``,
with its folder's parent on PYTHONPATH.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from closure_sdists import NEEDS, VERSION, with_needs

from orchestrator.cli.ending import end_on_signals
from orchestrator.model import Target
from orchestrator.pipeline.requests import plan_requests
from orchestrator.pipeline.run import run
from orchestrator.pipeline.workshop import BuildOptions, Workshop
from orchestrator.report.reporter import reporter_for
from orchestrator.resolve.requests import classify
from orchestrator.targets.tags import parse_interpreter, parse_platform
from orchestrator.wheelhouse.shared import local_half


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("sdists", type=Path)
    parser.add_argument("wheelhouse")
    parser.add_argument("--recipes", type=Path, action="append", default=[])
    parser.add_argument("--jobs", type=int, default=0)
    parser.add_argument("--fail-fast", action="store_true")
    parser.add_argument("--cluster", default="")
    given = parser.parse_args()
    os.environ["UV_FIND_LINKS"] = str(given.sdists)
    end_on_signals()
    options = BuildOptions(
        platforms=(parse_platform("macosx_11_0_arm64"),),
        interpreters=(parse_interpreter("3.11"),),
        explicit_platform=True,
        wheelhouse=local_half(given.wheelhouse)
        if "://" in given.wheelhouse
        else Path(given.wheelhouse),
        recipes=tuple(given.recipes),
        jobs=given.jobs,
        fail_fast=given.fail_fast,
        cluster=given.cluster,
    )
    target = Target(platform=options.platforms[0], interpreter=options.interpreters[0])
    requests = [classify(f"{name}=={VERSION}", Path.cwd()) for name in NEEDS]
    with reporter_for(sys.stdout, as_json=True, verbose=False) as reporter:
        workshop = Workshop(options, reporter.handle)
        planned = plan_requests(requests, [target], workshop)
        assert not planned.failed, planned.failed
        report = run(with_needs(planned.plan), workshop)
        reporter.finish(report)
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
