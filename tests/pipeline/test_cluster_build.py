"""The twelve projects of ``closure_sdists``, built by a cluster that loses a worker meanwhile."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from closure_sdists import NEEDS, write_sdists
from dask_cluster import DaskCluster, other_cache

from orchestrator.files import sha256_of

if TYPE_CHECKING:
    from object_store import ObjectStore

ROOT = Path(__file__).parents[2]
RUN = Path(__file__).with_name("closure_run.py")
FUNCTIONS = 2  # just enough to be a compile

pytestmark = [pytest.mark.toolchain, pytest.mark.network, pytest.mark.xdist_group("cluster")]


class Site:
    """Sdists, and runs that build them."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self.folder = folder
        self.cache = cache
        self.sdists = folder / "sdists"
        write_sdists(self.sdists, functions=FUNCTIONS)
        self.env = os.environ | {
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")]),
            "ORCHESTRATE_CACHE": str(cache),
            "UV_FIND_LINKS": str(self.sdists),
        }

    def start(self, wheelhouse: Path | str, *more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, RUN, self.sdists, str(wheelhouse), *more],
            env=self.env,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, wheelhouse: Path | str, *more: str) -> list[dict[str, Any]]:
        process = self.start(wheelhouse, *more)
        out, _ = process.communicate(timeout=600)
        assert process.returncode == 0, out
        return [json.loads(line) for line in out.splitlines()]


def digests(summary: dict[str, Any]) -> dict[str, str]:
    """Of the wheels that a run names in the end."""
    found = {wheel["filename"]: sha256_of(Path(wheel["path"])) for wheel in summary["wheels"]}
    assert found == {wheel["filename"]: wheel["sha256"] for wheel in summary["wheels"]}
    return found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Site:
    cache = request.config.cache.mkdir("orchestrate")
    return Site(tmp_path_factory.mktemp("site"), cache)


@pytest.fixture(scope="module")
def local(site: Site) -> dict[str, str]:
    """What this machine makes of the plan without a cluster."""
    return digests(site.run(site.folder / "local")[-1])


def killed_in_mid_build(
    site: Site, cluster: DaskCluster, wheelhouse: Path | str
) -> list[dict[str, Any]]:
    """Builds on three workers, and kills the first when it begins its second step."""

    def env(name: str) -> dict[str, str]:
        return site.env | other_cache(site.cache, cluster.folder / f"cache-{name}")

    victim = cluster.work("one", "--platform", "macos", "--jobs", "1", env=env("one"))
    cluster.work("two", "--jobs", "2", "--memory", "2GB", env=env("two"))
    cluster.work("three", "--platform", "linux", env=env("three"))
    process = site.start(wheelhouse, "--cluster", cluster.address)
    events: list[dict[str, Any]] = []
    for line in process.stdout:
        events.append(json.loads(line))
        begun = Counter(event.get("worker") for event in events if event["event"] == "started")
        if begun["one"] == 2 and victim.poll() is None:
            os.killpg(victim.pid, signal.SIGKILL)
            victim.wait()
    assert process.wait() == 0, events[-1]
    assert victim.returncode == -signal.SIGKILL
    return events


def check(events: list[dict[str, Any]], local: dict[str, str]) -> None:
    """The result is complete, and identical with what this machine makes."""
    assert digests(events[-1]) == local
    assert len(local) == len(NEEDS)
    gone = [event for event in events if "worker one is gone" in event.get("message", "")]
    assert gone
    workers = {event["step"]: event["worker"] for event in events if event["event"] == "started"}
    assert set(workers.values()) <= {"one", "two"}  # the third builds for Linux alone
    assert workers[gone[0]["step"]] == "two"
    phases = {event["phase"] for event in events if event["event"] == "phase"}
    assert phases >= {"fetch", "environment", "build", "repair", "verify", "publish"}
    finished = [event["step"] for event in events if event["event"] == "finished"]
    assert len(finished) == len(set(finished)) == len(NEEDS)


def test_a_worker_is_killed_in_mid_build(
    site: Site, local: dict[str, str], dask_cluster: DaskCluster
) -> None:
    events = killed_in_mid_build(site, dask_cluster, site.folder / "shared")
    check(events, local)
    again = site.run(site.folder / "shared", "--cluster", dask_cluster.address)
    assert all(event["cached"] for event in again if event["event"] == "finished")


def test_the_same_with_a_wheelhouse_in_an_object_store(
    site: Site,
    local: dict[str, str],
    dask_cluster: DaskCluster,
    object_store: ObjectStore,
    bucket_address: str,
) -> None:
    site.env |= object_store.env
    check(killed_in_mid_build(site, dask_cluster, bucket_address), local)
