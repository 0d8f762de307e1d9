"""Logs of builds, for people who look at the wheels: their ends, without secrets and colours."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from orchestrator.errors import OrchestratorError
from orchestrator.model import Target
from orchestrator.resolve.urls import redact
from orchestrator.targets.tags import parse_interpreter, parse_platform
from orchestrator.wheelhouse.store import log_stem
from orchestrator.words import clean

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.model import Record

PAGE_BYTES = 64_000
"""Of a log, as a wheel's page shows it."""
WHOLE_BYTES = 2_000_000
"""Of a log, as it is served alone."""


def log_of(wheelhouse: Path, record: Record) -> Path | None:
    """The log of the build that made a wheel; None where there is none any more."""
    if record.kind == "uploaded":
        return None
    try:
        target = Target(
            platform=parse_platform(record.platform), interpreter=parse_interpreter(record.python)
        )
        made = datetime.fromisoformat(record.created).timestamp()
    except (OrchestratorError, ValueError):
        return None
    stem = log_stem(record.name, record.version, target)
    found: list[tuple[float, Path]] = []
    for path in (wheelhouse / ".logs").glob(f"{stem}-*.log"):
        try:
            # A name that goes on differently is another step's.
            if path.stem.removeprefix(f"{stem}-").isdigit():
                found.append((abs(path.stat().st_mtime - made), path))
        except OSError:
            continue
    return min(found)[1] if found else None


def end_of(path: Path, limit: int) -> str:
    """The last lines of a log, fit to be shown; empty where it can't be read.

    Args:
        path: Of the log.
        limit: Bytes that are read.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - limit))
            data = file.read(limit)
    except OSError:
        return ""
    text = data.decode("utf-8", "replace")
    if size > limit:
        text = text.partition("\n")[2]
    return "\n".join(clean(redact(line)) for line in text.split("\n")).strip("\n")
