"""Reads a lock in a process of its own, which can be ended.

Whoever may open the pages may hand in a lock, and one can be made that takes an hour to read. So
it is read beside the server, with limits of time and memory, and the server goes on meanwhile.
"""

from __future__ import annotations

import contextlib
import resource
import subprocess
import sys

import msgspec

from orchestrator.errors import OrchestratorError, UnusableLockError
from orchestrator.index.ui.verdicts import Pins
from orchestrator.model import Target, Value, learn

SECONDS = 8
_MEMORY = 1_000_000_000  # bytes


class Refusal(Value, tag=True):
    """Why a lock can't be read."""

    message: str
    hint: str


class Readable(Value, tag=True):
    """What a lock says."""

    pins: Pins


class _Job(Value):
    text: str
    target: Target


Answer = Refusal | Readable
learn(Answer)
learn(_Job)


def read_lock(text: str, target: Target, *, seconds: float = SECONDS) -> Pins:
    """What a lock pins on a target. Takes a second at least: to be called in a thread.

    Args:
        text: Of the lock.
        target: Only what is needed there counts.
        seconds: That it may take.

    Raises:
        UnusableLockError: It is none, is damaged, is not for the target, or takes too long.
    """
    command = (sys.executable, "-P", "-m", "orchestrator.index.ui.lock_process")
    try:
        done = subprocess.run(
            command,
            input=msgspec.json.encode(_Job(text=text, target=target)),
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _too_much() from error
    try:
        answer: Answer = msgspec.json.decode(done.stdout, type=Answer)
    except msgspec.MsgspecError as error:
        raise _too_much() from error
    if isinstance(answer, Refusal):
        raise UnusableLockError(answer.message, hint=answer.hint)
    return answer.pins


def _too_much() -> UnusableLockError:
    return UnusableLockError(
        "It takes too long to read.", hint="Use orchestrate audit for it, on your own machine."
    )


def main() -> None:
    """What the process does: a job in, an answer out."""
    from orchestrator.index.ui.locks import pins_of  # noqa: PLC0415 (the server needs it not)

    # Not every system knows all limits.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=_Job)
    answer: Answer
    try:
        answer = Readable(pins=pins_of(job.text, job.target))
    except OrchestratorError as error:
        answer = Refusal(message=error.message, hint=error.hint)
    sys.stdout.buffer.write(msgspec.json.encode(answer))


if __name__ == "__main__":
    main()
