"""``orchestrate worker``: this machine as a worker of a Dask cluster."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
from platform import node
from typing import TYPE_CHECKING, Any

import msgspec

from orchestrator.errors import ClusterError, ClusterLostError
from orchestrator.files import open_cache
from orchestrator.model import Platform, Value
from orchestrator.pipeline import away, dask
from orchestrator.pipeline.abilities import abilities
from orchestrator.pipeline.folder import remove_abandoned
from orchestrator.pipeline.roster import ANNOUNCEMENT, Announcement
from orchestrator.targets.host import this_host

if TYPE_CHECKING:
    from collections.abc import Callable

# Steps that are past compiling, or wait for others, take a thread but no CPU.
_THREADS_PER_JOB = 4
# What steps get to end in when the worker is told to.
_ENDING_SECONDS = 10.0


class Offer(Value):
    """What a worker is to offer.

    Attributes:
        platforms: At most; none: all that this machine builds for.
        jobs: Steps that may compile at once; 0: as many as there are CPUs.
        memory: Bytes that they share; 0: all that the machine has.
        name: In the cluster; empty: the machine's, and the process.
    """

    platforms: tuple[Platform, ...] = ()
    jobs: int = 0
    memory: int = 0
    name: str = ""


class Joined(Value):
    """What a worker offers, once it is in the cluster."""

    name: str
    address: str
    resources: tuple[str, ...]
    cpus: int
    jobs: int
    memory: int


def work(address: str, offer: Offer, tell: Callable[[Joined], None]) -> None:
    """Does steps for whoever runs a plan on the cluster, until a signal ends it.

    Args:
        address: Of the cluster's scheduler, e.g. ``tcp://192.0.2.1:8786``.
        offer: What it is to offer.
        tell: Told once it has joined.

    Raises:
        ClusterSupportError: What clusters need is not installed.
        NoAbilityError: This machine can build nothing.
        ClusterError: There is no cluster.
        ClusterLostError: There is no longer one.
    """
    dask.load()
    open_cache()
    resources = abilities(this_host(), offer.platforms)
    remove_abandoned()
    folder = tempfile.mkdtemp(prefix="orchestrate-worker-")
    try:
        asyncio.run(_Worker(address, offer, resources, folder).run(tell))
    finally:
        away.stop()
        away.wait_until_idle(_ENDING_SECONDS)
        shutil.rmtree(folder, ignore_errors=True)


class _Worker:
    def __init__(self, address: str, offer: Offer, resources: tuple[str, ...], folder: str) -> None:
        cpus = os.cpu_count() or 1
        self._address = address
        self._name = offer.name or f"{node()}-{os.getpid()}"
        self._resources = resources
        self._folder = folder
        self._announcement = Announcement(
            cpus=cpus,
            jobs=offer.jobs or cpus,
            memory=offer.memory or os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        )
        self._told = False

    async def run(self, tell: Callable[[Joined], None]) -> None:
        from distributed import Worker  # noqa: PLC0415 (an extra)

        await self._check_cluster()
        said = self._announcement
        worker = Worker(
            self._address,
            name=self._name,
            nthreads=_THREADS_PER_JOB * said.jobs,
            memory_limit=0,  # what steps need is counted by who sends them
            resources=dict.fromkeys(self._resources, 1.0),
            startup_information={ANNOUNCEMENT: self._announce},
            local_directory=self._folder,
        )
        self._end_on_signals(worker)
        try:
            await worker
        except Exception as error:
            raise ClusterError(f"{self._address}: can't join: {error}.") from error
        tell(
            Joined(
                name=self._name,
                address=worker.address,
                resources=self._resources,
                cpus=said.cpus,
                jobs=said.jobs,
                memory=said.memory,
            )
        )
        await worker.finished()
        if not self._told:
            raise ClusterLostError(
                f"{self._address}: the cluster is gone, or sent this worker away."
            )

    async def _check_cluster(self) -> None:
        """Dask itself would wait for a cluster forever."""
        from distributed.comm.core import connect  # noqa: PLC0415 (an extra)

        try:
            connection = await connect(self._address, timeout=dask.CONNECT_SECONDS)
        except (OSError, ValueError) as error:
            raise ClusterError(f"{self._address}: there is no cluster: {error}.") from error
        await connection.close()

    async def _announce(self, _worker: Any) -> dict[str, Any]:
        announced: dict[str, Any] = msgspec.to_builtins(self._announcement)
        return announced

    def _end_on_signals(self, worker: Any) -> None:
        def end() -> None:
            self._told = True
            away.stop()
            ending.append(loop.create_task(worker.close(nanny=False)))

        loop = asyncio.get_running_loop()
        ending: list[asyncio.Task[Any]] = []
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, end)
