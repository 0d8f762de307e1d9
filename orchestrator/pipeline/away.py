"""What runs on a worker of a cluster: steps of runs that other machines direct."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from platform import node
from typing import TYPE_CHECKING, Protocol

import msgspec

from orchestrator.errors import NotSharedError, OrchestratorError
from orchestrator.model import Event, Failure, Published, StepResult
from orchestrator.pipeline.order import TOPIC, Message, Order, Outcome, laid_out
from orchestrator.pipeline.perform import Performance
from orchestrator.pipeline.workshop import Workshop, failure_of
from orchestrator.report.unforeseen import unforeseen
from orchestrator.wheelhouse.shared import local_half

if TYPE_CHECKING:
    from collections.abc import Iterator

# As much of a log as travels; its end says why.
_LOG_BYTES = 4 << 20


class _Teller(Protocol):
    """What is used of dask's worker."""

    def log_event(self, topic: str, msg: object) -> None:
        """Tells all who listen."""


class _Site:
    """What the steps of one run have in common here."""

    def __init__(self, order: Order, teller: _Teller) -> None:
        self._topic = TOPIC.format(run=order.run)
        self._teller = teller
        self._attempts: dict[str, int] = {}
        options = msgspec.structs.replace(
            order.options, wheelhouse=_folder(order.wheelhouse), recipes=()
        )
        self.workshop = Workshop(options, self._emit)
        self.busy = 0

    def do(self, order: Order) -> StepResult:
        """Does a step."""
        label, attempt = order.work.step.label, order.attempt
        self._attempts[label] = attempt
        step = laid_out(order.work.step, order.files)
        work = msgspec.structs.replace(order.work, step=step)
        return Performance(self.workshop, work).run(
            order.cpus,
            dict(self._needs(order)),
            compiled=lambda: self._tell(Message(attempt=attempt, compiled=True)),
            blocked=lambda: self._tell(Message(attempt=attempt, blocked=True)),
        )

    def _needs(self, order: Order) -> Iterator[tuple[str, Published]]:
        wheels, libraries = self.workshop.wheelhouse, self.workshop.libraries
        for label, fingerprint in order.needs.items():
            found = wheels.find(fingerprint) or libraries.find(fingerprint)
            if found is None:
                raise NotSharedError(f"{label} is not in the wheelhouse that {node()} sees.")
            yield label, found

    def _emit(self, event: Event) -> None:
        step = getattr(event, "step", "")
        if step in self._attempts:
            text = msgspec.json.encode(event).decode()
            self._tell(Message(attempt=self._attempts[step], event=text))

    def _tell(self, message: Message) -> None:
        self._teller.log_event(self._topic, msgspec.to_builtins(message))


_sites: dict[str, _Site] = {}
_lock = threading.Lock()


def do(order: Order) -> Outcome:
    """Does a step; that it fails is a value here."""
    step = order.work.step
    try:
        site = _enter(order)
        try:
            result = site.do(order)
        finally:
            _leave(site)
    except OrchestratorError as error:
        result = StepResult(step=step, result=_failure(order, error))
    except Exception as error:  # noqa: BLE001 (a bug in one step must not lose the others)
        result = StepResult(step=step, result=_failure(order, unforeseen(error, what=step.label)))
    result = msgspec.structs.replace(result, step=step, host=node())
    return Outcome(result=result, log=_log_of(result))


def stop(run: str = "") -> None:
    """Ends all that is being done of a run, or of all; nothing more of it is begun."""
    for name, site in list(_sites.items()):
        if run in {"", name}:
            site.workshop.processes.stop()


def forget(run: str) -> None:
    """Drops what is kept of a run that has ended."""
    _sites.pop(run, None)


def wait_until_idle(seconds: float) -> None:
    """Lets steps end that were stopped, and remove their folders."""
    end = time.monotonic() + seconds
    while any(site.busy for site in _sites.values()) and time.monotonic() < end:
        time.sleep(0.05)


def _enter(order: Order) -> _Site:
    from distributed import get_worker  # noqa: PLC0415 (an extra)

    with _lock:
        site = _sites.get(order.run) or _Site(order, get_worker())
        _sites[order.run] = site
        site.busy += 1
    return site


def _leave(site: _Site) -> None:
    with _lock:
        site.busy -= 1


def _folder(wheelhouse: str) -> Path:
    if "://" in wheelhouse:
        return local_half(wheelhouse)
    folder = Path(wheelhouse)
    if not (folder / ".records").is_dir():
        raise NotSharedError(f"{node()} does not see the wheelhouse {folder}.")
    return folder


def _failure(order: Order, error: OrchestratorError) -> Failure:
    source = order.work.step.source
    return failure_of(error, name=source.name, version=source.version)


def _log_of(result: StepResult) -> bytes:
    if not isinstance(result.result, Failure) or not result.result.log:
        return b""
    try:
        return Path(result.result.log).read_bytes()[-_LOG_BYTES:]
    except OSError:
        return b""
