"""What a step is expected to take, from what builds of the same project took before. Pure."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from orchestrator.model import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from orchestrator.model import Past, Step

# As many of the newest builds count; older ones were of another time.
_NEWEST = 5
# A build that kept more CPUs busy than this is taken to use all it is given.
_PARALLEL = 1.3
_ALL_CPUS = 64


class Estimate(Value):
    """What a step is expected to take.

    Attributes:
        seconds: On one CPU.
        cpus: That it can keep busy; 0: not known.
        memory: Bytes; 0: not known.
        builds: On how many earlier builds this rests.
    """

    seconds: float
    cpus: int = 0
    memory: int = 0
    builds: int = 0


def estimate(step: Step, past: Iterable[Past]) -> Estimate | None:
    """The median of the newest builds that are most like a step; None where there is none.

    Most alike is the same version for the same target, then the same version, then any.

    Args:
        step: To be built.
        past: Builds of the project on this host, newest first.
    """
    built = [item for item in past if item.name == step.source.name and item.outcome == "built"]
    likenesses: tuple[Callable[[Past], bool], ...] = (
        lambda item: item.version == step.source.version and item.target == str(step.target),
        lambda item: item.version == step.source.version,
        lambda item: True,  # noqa: ARG005 (any is better than none)
    )
    for alike in likenesses:
        if chosen := [item for item in built if alike(item)][:_NEWEST]:
            return _median(chosen)
    return None


def _median(chosen: Sequence[Past]) -> Estimate:
    usages = [item.usage for item in chosen]
    parallel = any(usage.parallelism >= _PARALLEL for usage in usages)
    # A build that was told of one CPU alone may be able to use more.
    known = parallel or any(usage.cpus > 1 for usage in usages)
    return Estimate(
        seconds=statistics.median(max(usage.seconds, usage.cpu_seconds) for usage in usages),
        cpus=(_ALL_CPUS if parallel else 1) if known else 0,
        memory=max(usage.memory * (usage.cpus if parallel else 1) for usage in usages),
        builds=len(chosen),
    )
