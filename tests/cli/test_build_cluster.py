"""``orchestrate build --cluster``: what a user sees of steps that are done elsewhere."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from command_line import PROJECTS, CommandLine, Outcome
from dask_cluster import DaskCluster, other_cache
from test_build_interrupted import compiling, is_gone

if TYPE_CHECKING:
    from object_store import ObjectStore

pytestmark = [pytest.mark.toolchain, pytest.mark.network]


def start_slow(command_line: CommandLine, cluster: DaskCluster):
    """Starts a build and waits until its compiler runs on the worker: its lines come here."""
    process = command_line.start(
        "build",
        PROJECTS / "slow-compile",
        *("--wheelhouse", command_line.wheelhouse, "--cluster", cluster.address, "--json", "-v"),
    )
    return process, compiling(process)


def test_interrupted_here_ended_there(command_line: CommandLine, dask_cluster: DaskCluster) -> None:
    dask_cluster.work("one", env=command_line.env)
    process, child = start_slow(command_line, dask_cluster)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    outcome = command_line.checked(Outcome(status=process.returncode, out=out, err=err))
    assert outcome.status == 130
    assert outcome.problem["code"] == "BLD008"
    end = time.monotonic() + 20
    while not is_gone(child) or len(dask_cluster.temporary("one")) > 1:  # the worker's own stays
        assert time.monotonic() < end
        time.sleep(0.1)
    assert command_line.published() == []


def test_the_only_worker_is_lost(command_line: CommandLine, dask_cluster: DaskCluster) -> None:
    worker = dask_cluster.work("one", env=command_line.env)
    process, _ = start_slow(command_line, dask_cluster)
    os.killpg(worker.pid, signal.SIGKILL)
    out, err = process.communicate(timeout=60)
    outcome = command_line.checked(Outcome(status=process.returncode, out=out, err=err))
    assert outcome.status == 1
    assert "worker one is gone" in out
    assert "no worker has macos-arm64, zig (" in outcome.problem["message"]


def test_the_cluster_is_lost(command_line: CommandLine, dask_cluster: DaskCluster) -> None:
    dask_cluster.work("one", env=command_line.env)
    process, _ = start_slow(command_line, dask_cluster)
    dask_cluster.end_scheduler()
    out, err = process.communicate(timeout=60)
    outcome = command_line.checked(Outcome(status=process.returncode, out=out, err=err))
    assert outcome.status == 1
    assert outcome.problem["code"] == "CLU006"


def test_the_log_of_a_failure_is_brought_here(
    command_line: CommandLine,
    cache: Path,
    dask_cluster: DaskCluster,
    object_store: ObjectStore,
    bucket_address: str,
) -> None:
    command_line.env |= object_store.env
    there = command_line.env | other_cache(cache, command_line.folder / "cache-there")
    dask_cluster.work("one", env=there)
    outcome = command_line.run(
        "build",
        PROJECTS / "fails-to-compile",
        *("--wheelhouse", bucket_address, "--cluster", dask_cluster.address, "--json"),
    )
    assert outcome.status == 1
    log = Path(outcome.problem["log"])
    assert log.is_relative_to(cache)
    assert "error:" in log.read_text()
