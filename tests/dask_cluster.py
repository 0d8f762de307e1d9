"""A Dask cluster on loopback: a scheduler, and ``orchestrate worker`` processes that tests kill."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
SCHEDULER = (sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1")
WORKER = (sys.executable, "-m", "orchestrator.cli", "worker")


class DaskCluster:
    """The cluster; ``address`` is its scheduler's, ``folder`` is for all that tests make."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._processes: list[subprocess.Popen[str]] = []
        said = folder / "scheduler.json"
        self.joined: dict[str, dict[str, Any]] = {}
        options = ["--port", "0", "--no-dashboard", "--scheduler-file", str(said)]
        self._scheduler = self._run([*SCHEDULER, *options])
        end = time.monotonic() + 60
        while not said.exists() or not said.read_text():
            assert time.monotonic() < end
            time.sleep(0.05)
        self.address: str = json.loads(said.read_text())["address"]

    def work(
        self,
        name: str,
        *options: str,
        env: dict[str, str] | None = None,
        program: tuple[str, ...] = WORKER,
    ) -> subprocess.Popen[str]:
        """Starts a worker and waits until it has joined; it has a TMPDIR of its own."""
        temporary = self.folder / f"tmp-{name}"
        temporary.mkdir()
        command = [*program, self.address, "--name", name, "--json", *options]
        process = self._run(command, env=(env or {}) | {"TMPDIR": str(temporary)})
        said = process.stdout.readline()
        assert said, self.errors()
        self.joined[name] = json.loads(said)
        return process

    def end_scheduler(self) -> None:
        self._scheduler.kill()
        self._scheduler.wait()

    def errors(self) -> str:
        """What all of them have written to stderr."""
        return (self.folder / "errors.log").read_text()

    def temporary(self, name: str) -> list[Path]:
        """What lies in a worker's TMPDIR."""
        return list((self.folder / f"tmp-{name}").iterdir())

    def close(self) -> None:
        for process in reversed(self._processes):
            process.send_signal(signal.SIGTERM)
        for process in self._processes:
            try:
                process.communicate(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()

    def _run(self, command: list[str], env: dict[str, str] | None = None) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            command,
            env={**os.environ, "PYTHONPATH": str(ROOT), **(env or {})},
            stdout=subprocess.PIPE,
            stderr=(self.folder / "errors.log").open("a"),
            text=True,
            start_new_session=True,
        )
        self._processes.append(process)
        return process


def other_cache(cache: Path, folder: Path) -> dict[str, str]:
    """The environment of a worker that shares nothing but what its toolchain has cached.

    Args:
        cache: The cache of this machine.
        folder: The worker's, which is made.
    """
    folder.mkdir()
    for path in cache.iterdir():
        if path.name != "wheelhouses":
            (folder / path.name).symlink_to(path)
    return {"ORCHESTRATE_CACHE": str(folder)}


@pytest.fixture
def dask_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    cluster = DaskCluster(tmp_path_factory.mktemp("cluster"))
    yield cluster
    cluster.close()
