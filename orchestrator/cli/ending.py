"""How commands end: their exit status, and what signals do."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, NoReturn

from orchestrator.errors import EXIT_BUILD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.model import Failure

# Ctrl-C, what a system sends to end a process, and a terminal that is closed: all end the run.
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def common_status(failures: Sequence[Failure]) -> int:
    """0, or the exit status that all failures share, or 1 where they differ."""
    statuses = {failure.exit_status for failure in failures}
    if not statuses:
        return 0
    return statuses.pop() if len(statuses) == 1 else EXIT_BUILD


def end_on_signals() -> None:
    """Makes every signal that ends a process an orderly end: processes ended, folders removed."""
    for number in _ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup, or a shell's &, has it
            signal.signal(number, _interrupt)


def _interrupt(*_: object) -> NoReturn:
    """Ends processes and removes folders; being asked again must not disturb that."""
    for number in _ENDING:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
