"""``orchestrate build``: requirements times targets as a plan, and the plan carried out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from orchestrator.errors import InterruptedBuildError
from orchestrator.model import Target
from orchestrator.pipeline.requests import plan_requests
from orchestrator.pipeline.run import run
from orchestrator.pipeline.workshop import BuildOptions, Emit, Workshop
from orchestrator.resolve.requests import classify

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.model import BuildReport


def build(requirements: Sequence[str], options: BuildOptions, emit: Emit) -> BuildReport:
    """Builds wheels of the named requirements for every target.

    A failure of one does not stop the others; it is in the report.

    Raises:
        OrchestratorError: The input is wrong, before anything is built.
        InterruptedBuildError: Ctrl-C; nothing is left behind but logs.
    """
    requests = [classify(text, Path.cwd()) for text in dict.fromkeys(requirements)]
    targets = [
        Target(platform=platform, interpreter=interpreter)
        for platform in options.platforms
        for interpreter in options.interpreters
    ]
    workshop = Workshop(options, emit)
    try:
        planned = plan_requests(requests, targets, workshop)
        report = run(planned.plan, workshop)
    except KeyboardInterrupt:
        raise InterruptedBuildError("Interrupted; build folders were removed.") from None
    return msgspec.structs.replace(report, failed=(*planned.failed, *report.failed))
