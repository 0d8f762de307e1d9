"""A crew of other machines: the workers of a Dask cluster (``orchestrate worker``).

Who does what is the scheduler's decision, so every call is pinned to one worker. What steps make
travels through the wheelhouse; what they tell, by a topic of the run's own. A worker that is gone
is noticed by looking, and what it was doing counts no longer, whatever may still come of it.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
import uuid
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from orchestrator.errors import (
    ClusterLostError,
    NotSharedError,
    NoWorkerError,
    OrchestratorError,
    WorkerMismatchError,
)
from orchestrator.model import (
    Event,
    Failure,
    Notice,
    PlanStep,
    Published,
    Step,
    StepFailed,
    StepFinished,
    StepResult,
    StepStarted,
    Value,
)
from orchestrator.pipeline import away, dask
from orchestrator.pipeline.order import TOPIC, Message, Order, Outcome, files_of
from orchestrator.pipeline.roster import Roster, read_roster
from orchestrator.pipeline.workshop import failure_of
from orchestrator.plan import scheduler
from orchestrator.plan.resources import step_resources
from orchestrator.report.unforeseen import unforeseen
from orchestrator.wheelhouse.libraries import find_made

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from concurrent.futures import Executor

    from orchestrator.pipeline.crew import Report
    from orchestrator.pipeline.workshop import Workshop
    from orchestrator.plan.scheduler import Worker

_LOOK_SECONDS = 0.5
# Wheels that are brought here at once.
_HOMING = 4


class _Attempt(Value):
    label: str
    worker: str
    worker_name: str


class Cluster:
    """The workers of a cluster.

    Args:
        address: Of its scheduler, e.g. ``tcp://192.0.2.1:8786``.
        workshop: Of the run.

    Raises:
        ClusterSupportError: What clusters need is not installed.
        ClusterError: There is no cluster, or no worker that could be used.
    """

    def __init__(self, address: str, workshop: Workshop) -> None:
        self._address = address
        self._workshop = workshop
        self._run = uuid.uuid4().hex
        self._numbers = itertools.count()
        self._attempts: dict[int, _Attempt] = {}  # that count
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._executors: dict[str, Executor] = {}
        self._put: Callable[[Report], None] = lambda _: None
        self._homing = ThreadPoolExecutor(_HOMING, thread_name_prefix="homing")
        self._watcher = threading.Thread(target=self._watch, name="watcher", daemon=True)
        self._client = dask.connect(address)
        self._roster = self._first_look()

    @property
    def workers(self) -> tuple[Worker, ...]:
        """Who was there at the beginning."""
        return tuple(self._roster.workers.values())

    def needed(self, step: Step) -> tuple[str, ...]:
        """What a worker must have, so that it makes what would be made here."""
        return step_resources(step)

    def begin(self, steps: Sequence[PlanStep], put: Callable[[Report], None]) -> None:  # noqa: ARG002 (workers fetch what they need)
        """Begins to listen and to look who comes and goes."""
        self._put = put
        self._client.subscribe_topic(TOPIC.format(run=self._run), self._hear)
        self._watcher.start()

    def prepare(self, work: PlanStep, worker: str, needs: Mapping[str, Published]) -> None:
        """Workers that prepare nothing ahead hold nothing when this process is killed."""

    def start(self, work: PlanStep, worker: str, cpus: int, needs: Mapping[str, Published]) -> None:
        """Sends a step to a worker."""
        number, label = next(self._numbers), work.step.label
        with self._lock:
            name = self._roster.names.get(worker, worker)
            self._attempts[number] = _Attempt(label=label, worker=worker, worker_name=name)
        order = Order(
            run=self._run,
            attempt=number,
            options=self._workshop.options,
            wheelhouse=self._workshop.wheelhouse.address,
            work=work,
            cpus=cpus,
            needs={need: made.record.fingerprint for need, made in needs.items()},
            files=files_of(work.step),
        )
        future = self._executor(worker).submit(away.do, order)
        future.add_done_callback(partial(self._ended, number, work))

    def stop(self) -> None:
        """Has the workers kill what they compile for this run."""
        with contextlib.suppress(Exception):  # whoever is gone compiles nothing
            self._tell_all(away.stop)

    def close(self) -> None:
        """Takes leave."""
        self._over.set()
        self._homing.shutdown(wait=True, cancel_futures=True)
        with contextlib.suppress(Exception):  # whoever is gone has forgotten
            self._tell_all(away.forget)
        self._client.close(timeout=dask.CONNECT_SECONDS)

    def _tell_all(self, what: Callable[[str], None]) -> None:
        workers = list(self._roster.workers)
        self._client.run(what, self._run, workers=workers, wait=True, on_error="ignore")

    def _executor(self, worker: str) -> Executor:
        if worker not in self._executors:
            self._executors[worker] = self._client.get_executor(
                workers=[worker], allow_other_workers=False, pure=False, retries=0
            )
        return self._executors[worker]

    # --- what workers tell ----------------------------------------------------------------------

    def _hear(self, event: tuple[float, Any]) -> None:
        message = msgspec.convert(event[1], Message)
        attempt = self._attempts.get(message.attempt)
        if attempt is None:
            return
        if message.compiled:
            self._put(scheduler.Compiled(step=attempt.label))
        if message.blocked:
            self._put(scheduler.Blocked(step=attempt.label))
        if message.event:
            said = msgspec.json.decode(message.event, type=Event)
            if isinstance(said, StepStarted):
                said = msgspec.structs.replace(said, worker=attempt.worker_name)
            # How it ended is told when what it made is here.
            if not isinstance(said, StepFinished | StepFailed):
                self._workshop.emit(said)

    def _ended(self, number: int, work: PlanStep, future: Future[Outcome]) -> None:
        """Told by dask's own thread, which must not be kept waiting."""
        if number not in self._attempts:
            return
        if future.cancelled():  # not by us, who would know nothing of it any more
            self._put(self._lost())
            return
        with contextlib.suppress(RuntimeError):  # all is over
            self._homing.submit(self._bring_home, number, work, future)

    def _bring_home(self, number: int, work: PlanStep, future: Future[Outcome]) -> None:
        try:
            result = self._brought(work.step, future)
        except BaseException as error:  # noqa: BLE001 (nobody else would tell)
            self._put(error)
            return
        with self._lock:
            if self._attempts.pop(number, None) is None:
                return
        self._workshop.emit(_end_of(result))
        self._put(result)

    def _brought(self, step: Step, future: Future[Outcome]) -> StepResult:
        """How a step ended, with its wheel or its log where they can be seen from here."""
        error = future.exception()
        if error:  # of dask, or a bug: what else can happen is a value
            cause = unforeseen(Exception(str(error)), what=step.label)
            return StepResult(step=step, result=_failure(step, cause))
        outcome = future.result()
        result, host = outcome.result.result, outcome.result.host
        if isinstance(result, Failure):
            result = self._with_log(step, result, outcome.log)
        elif found := find_made(self._workshop.wheelhouse, step):
            result = msgspec.structs.replace(found, cached=result.cached)
        else:
            lacking = "the wheelhouse here lacks it: there it is another folder"
            result = _failure(
                step, NotSharedError(f"{host} has built {step.label}, but {lacking}.")
            )
        return msgspec.structs.replace(outcome.result, result=result)

    def _with_log(self, step: Step, failure: Failure, log: bytes) -> Failure:
        there, house = Path(failure.log), self._workshop.wheelhouse.directory
        if not log or (there.is_relative_to(house) and there.exists()):
            return failure
        path = self._workshop.wheelhouse.new_log(step)
        path.write_bytes(log)
        return msgspec.structs.replace(failure, log=str(path))

    # --- who is there -------------------------------------------------------------------------

    def _first_look(self) -> Roster:
        roster = self._look()
        problems = tuple(roster.refused.values())
        if roster.workers:
            for problem in problems:
                self._workshop.emit(Notice(step=self._address, message=problem))
            return roster
        if problems:
            raise WorkerMismatchError(f"{self._address}: {'; '.join(problems)}.")
        raise NoWorkerError(f"{self._address} has no worker of orchestrator's.")

    def _look(self) -> Roster:
        # Not ``scheduler_info``, whose answer dask's own thread replaces by one without workers.
        scheduler = self._client.scheduler
        if scheduler is None:  # not connected
            raise self._lost()
        return read_roster(self._client.sync(scheduler.identity, n_workers=-1))

    def _watch(self) -> None:
        while not self._over.wait(_LOOK_SECONDS):
            try:
                roster = self._look()
            except Exception:  # noqa: BLE001 (however dask says it)
                if not self._over.is_set():
                    self._put(self._lost())
                return
            before, self._roster = self._roster, roster
            for address in before.workers.keys() - roster.workers.keys():
                self._leave(address, before.names[address])
            for address in roster.workers.keys() - before.workers.keys():
                self._put(scheduler.Joined(worker=roster.workers[address]))

    def _leave(self, worker: str, name: str) -> None:
        with self._lock:
            lost = {
                number: attempt.label
                for number, attempt in self._attempts.items()
                if attempt.worker == worker
            }
            for number in lost:
                del self._attempts[number]
        for label in lost.values():
            message = f"worker {name} is gone; the step is tried again"
            self._workshop.emit(Notice(step=label, message=message))
        self._executors.pop(worker, None)
        self._put(scheduler.Left(worker=worker))

    def _lost(self) -> ClusterLostError:
        return ClusterLostError(f"{self._address}: the connection to the cluster broke.")


def _failure(step: Step, error: OrchestratorError) -> Failure:
    return failure_of(error, name=step.source.name, version=step.source.version)


def _end_of(result: StepResult) -> StepFinished | StepFailed:
    """How a step ended, for those who watch."""
    label, end = result.step.label, result.result
    if isinstance(end, Failure):
        return StepFailed(
            step=label, code=end.code, message=end.message, hint=end.hint, log=end.log
        )
    return StepFinished(
        step=label, filename=end.path.name, cached=end.cached, seconds=result.usage.seconds
    )
