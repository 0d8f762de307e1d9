"""Steps with what they are expected to take, and builds written down for the next time."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from orchestrator.model import Failure, Past
from orchestrator.plan.estimates import estimate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orchestrator.model import PlanStep, StepResult
    from orchestrator.wheelhouse.ledger import Ledger


def with_estimates(steps: Iterable[PlanStep], ledger: Ledger) -> tuple[PlanStep, ...]:
    """The steps, with the estimates that the ledger has for this host."""
    return tuple(_with_estimate(item, ledger) for item in steps)


def _with_estimate(item: PlanStep, ledger: Ledger) -> PlanStep:
    known = estimate(item.step, ledger.read(item.step.source.name, host=platform.node()))
    if known is None:
        return item
    return msgspec.structs.replace(
        item, seconds=known.seconds, cpus=known.cpus, memory=known.memory
    )


def write_down(result: StepResult, ledger: Ledger) -> None:
    """Adds a build to the ledger, unless there was none."""
    outcome, step = result.result, result.step
    version, code = step.source.version, ""
    if isinstance(outcome, Failure):
        code = outcome.code
    elif outcome.cached:
        return
    else:
        version = outcome.record.version
    ledger.add(
        Past(
            name=step.source.name,
            version=version,
            target=str(step.target),
            host=result.host or platform.node(),
            fingerprint=step.fingerprint,
            outcome="failed" if code else "built",
            code=code,
            created=datetime.now(UTC).isoformat(timespec="milliseconds"),
            usage=result.usage,
        )
    )
