"""Who is in a cluster: of all that its scheduler knows, the workers that can do our steps."""

from __future__ import annotations

from platform import python_version_tuple
from typing import TYPE_CHECKING, Any

import msgspec

from orchestrator import __version__
from orchestrator.model import Value
from orchestrator.plan.scheduler import Worker

if TYPE_CHECKING:
    from collections.abc import Mapping

ANNOUNCEMENT = "orchestrate"
"""Under which name a worker's announcement stands in what the scheduler knows of it."""


class Announcement(Value, kw_only=True):
    """What a worker says of itself when it joins, beside its resources.

    Attributes:
        version: Of orchestrator.
        python: ``X.Y`` that runs it: values travel pickled.
        cpus: That its steps share.
        jobs: Steps that may compile at once.
        memory: Bytes that its steps share.
    """

    version: str = __version__
    python: str = ".".join(python_version_tuple()[:2])
    cpus: int
    jobs: int
    memory: int


class Roster(Value):
    """Who is there.

    Attributes:
        workers: That can be used, by address.
        names: Of these, for people, by address.
        refused: Why others of orchestrator's can't be used, a sentence each, by address.
    """

    workers: dict[str, Worker]
    names: dict[str, str]
    refused: dict[str, str]


def read_roster(info: Mapping[str, Any]) -> Roster:
    """Reads what a scheduler says; workers that are none of orchestrator's are passed over.

    Args:
        info: ``distributed.Scheduler.identity()``.
    """
    workers: dict[str, Worker] = {}
    names: dict[str, str] = {}
    refused: dict[str, str] = {}
    for address, known in info["workers"].items():
        if ANNOUNCEMENT not in known:
            continue
        said, name = known[ANNOUNCEMENT], str(known["name"])
        problem = _problem(said)
        if problem:
            refused[address] = f"worker {name} is not used: {problem}"
            continue
        announced = msgspec.convert(said, Announcement)
        names[address] = name
        workers[address] = Worker(
            name=address,
            cpus=announced.cpus,
            jobs=announced.jobs,
            memory=announced.memory,
            resources=tuple(known["resources"]),
        )
    return Roster(workers=workers, names=names, refused=refused)


def _problem(said: Mapping[str, Any]) -> str:
    """Why a worker can't be used, or empty."""
    mine = Announcement(cpus=0, jobs=0, memory=0)
    theirs = (said.get("version"), said.get("python"))
    if theirs == (mine.version, mine.python):
        return ""
    return (
        f"it has orchestrator {theirs[0]} and Python {theirs[1]}, here are orchestrator "
        f"{mine.version} and Python {mine.python}"
    )
