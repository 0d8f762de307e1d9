"""Clusters, without anything compiled: who is in them, what travels, what is wrong."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from dask_cluster import ROOT, WORKER, DaskCluster

from orchestrator import __version__
from orchestrator.errors import ClusterError, NoWorkerError, WorkerMismatchError
from orchestrator.model import (
    BuildSettings,
    Interpreter,
    Patch,
    Platform,
    Source,
    Step,
    Target,
    TestPlan,
    ToolchainIdentity,
)
from orchestrator.pipeline.crew import crew_of
from orchestrator.pipeline.dask import load
from orchestrator.pipeline.order import files_of, laid_out
from orchestrator.pipeline.roster import read_roster
from orchestrator.pipeline.workshop import BuildOptions, Workshop

PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"
NOBODY = "tcp://127.0.0.1:9"


def known(name: str, **said: object) -> dict[str, Any]:
    """What a scheduler knows of a worker."""
    announced = {"version": __version__, "python": PYTHON, "cpus": 8, "jobs": 4, "memory": 64}
    return {"name": name, "resources": {"macos-arm64": 1.0}, "orchestrate": announced | said}


# --- who is there -----------------------------------------------------------------------------


def test_workers_offer_what_they_announce() -> None:
    roster = read_roster({"workers": {"tcp://a": known("mac")}})
    worker = roster.workers["tcp://a"]
    assert (worker.cpus, worker.jobs, worker.memory) == (8, 4, 64)
    assert worker.resources == ("macos-arm64",)
    assert roster.names == {"tcp://a": "mac"}
    assert not roster.refused


def test_workers_of_others_are_passed_over() -> None:
    roster = read_roster({"workers": {"tcp://a": {"name": 0, "resources": {}}}})
    assert not roster.workers
    assert not roster.refused


@pytest.mark.parametrize("said", [{"version": "9.9"}, {"python": "3.9"}, {"python": None}])
def test_workers_with_other_versions_are_refused(said: dict[str, object]) -> None:
    roster = read_roster({"workers": {"tcp://a": known("old", **said), "tcp://b": known("new")}})
    assert list(roster.workers) == ["tcp://b"]
    (why,) = roster.refused.values()
    assert why.startswith("worker old is not used: it has orchestrator ")
    assert f"here are orchestrator {__version__} and Python {PYTHON}" in why


# --- what travels -----------------------------------------------------------------------------


def test_files_that_a_step_names_travel_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCHESTRATE_CACHE", str(tmp_path / "cache"))
    here = tmp_path / "here"
    here.mkdir()
    for name in ("a.patch", "check.py", "tiny-1.0.tar.gz"):
        (here / name).write_text(name)
    step = Step(
        source=Source(
            name="tiny", version="1.0", kind="file", location=str(here / "tiny-1.0.tar.gz")
        ),
        settings=BuildSettings(
            patches=(Patch(name="a.patch", path=here / "a.patch", sha256="0"),),
            test=TestPlan(own_files=(here / "check.py",)),
        ),
        target=Target(
            platform=Platform(os="macos", arch="arm64", minimum=(11, 0)),
            interpreter=Interpreter(major=3, minor=11),
        ),
        toolchain=ToolchainIdentity(name="zig", versions={}),
        python="3.11.7",
        fingerprint="ab" * 32,
    )
    files = files_of(step)
    for path in here.iterdir():
        path.unlink()  # as on another machine
    there = laid_out(step, files)
    assert there.settings.patches[0].path.read_text() == "a.patch"
    assert there.settings.test.own_files[0].read_text() == "check.py"
    assert Path(there.source.location).read_text() == "tiny-1.0.tar.gz"
    assert Path(there.source.location).name == "tiny-1.0.tar.gz"
    assert there.settings.patches[0].name == "a.patch"


# --- what is wrong ----------------------------------------------------------------------------


def crew(folder: Path, address: str) -> list[str]:
    """Asks a cluster who is there; what it has to tell meanwhile."""
    told: list[str] = []
    options = BuildOptions(
        platforms=(),
        interpreters=(),
        explicit_platform=False,
        wheelhouse=folder / "wheelhouse",
        cluster=address,
    )
    workshop = Workshop(options, lambda event: told.append(getattr(event, "message", "")))
    crew_of(workshop).close()
    return told


def test_a_cluster_that_is_not_there(tmp_path: Path) -> None:
    load()  # which may take its time
    start = time.monotonic()
    with pytest.raises(ClusterError, match=f"{NOBODY}: there is no cluster"):
        crew(tmp_path, NOBODY)
    assert time.monotonic() - start < 15  # seconds; 4 of them so that dask is sure


@pytest.mark.parametrize("address", ["nonsense://127.0.0.1:9", "127.0.0.1", "tcp://"])
def test_addresses_that_are_none(tmp_path: Path, address: str) -> None:
    with pytest.raises(ClusterError):
        crew(tmp_path, address)


def test_a_cluster_without_our_workers(tmp_path: Path, dask_cluster: DaskCluster) -> None:
    with pytest.raises(NoWorkerError, match=dask_cluster.address):
        crew(tmp_path, dask_cluster.address)


OTHER = """
import sys
sys.modules.pop("orchestrator", None)
import orchestrator
orchestrator.__version__ = "9.9"
from orchestrator.cli import main
main(sys.argv[1:])
"""


def test_workers_of_another_orchestrator(tmp_path: Path, dask_cluster: DaskCluster) -> None:
    dask_cluster.work("old", program=(sys.executable, "-c", OTHER, "worker"))
    with pytest.raises(WorkerMismatchError, match=r"worker old is not used: .* orchestrator 9\.9"):
        crew(tmp_path, dask_cluster.address)
    dask_cluster.work("new")
    (told,) = crew(tmp_path, dask_cluster.address)
    assert "worker old is not used" in told


# --- orchestrate worker ----------------------------------------------------------------------


def refused(*arguments: str, program: tuple[str, ...] = WORKER) -> tuple[int, str]:
    done = subprocess.run(
        [*program, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def test_a_worker_without_a_cluster() -> None:
    status, said = refused(NOBODY)
    assert status == 2
    assert said.startswith(f"error[CLU001]: {NOBODY}: there is no cluster")


NO_ZIG = "import sys; sys.modules['ziglang'] = None; from orchestrator.cli import main; main()"


def test_a_worker_without_a_toolchain() -> None:
    program = (sys.executable, "-c", NO_ZIG, "worker")
    status, said = refused(NOBODY, "--platform", "macos", program=program)
    assert status == 3
    assert said.startswith("error[CLU004]: No toolchain on this machine builds for macos-arm64")
    assert "hint: " in said


def test_a_worker_says_what_it_offers_and_leaves_nothing(dask_cluster: DaskCluster) -> None:
    worker = dask_cluster.work("some", "--platform", "linux", "--jobs", "3", "--memory", "2GB")
    joined = dask_cluster.joined["some"]
    assert joined["jobs"] == 3
    assert joined["memory"] == 2_000_000_000
    assert "linux-aarch64" in joined["resources"]
    assert "macos-arm64" not in joined["resources"]
    assert any(name.startswith("python 3.") for name in joined["resources"])
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=30) == 0
    assert dask_cluster.temporary("some") == []


def test_a_worker_ends_with_its_cluster(dask_cluster: DaskCluster) -> None:
    worker = dask_cluster.work("some")
    dask_cluster.end_scheduler()
    assert worker.wait(timeout=30) == 1
    said = json.loads(worker.stdout.read())
    assert said["code"] == "CLU006"


@pytest.mark.parametrize("size", ["much", "-"])
def test_sizes_that_are_none(size: str) -> None:
    status, said = refused(NOBODY, "--memory", size)
    assert status == 2
    assert "is no size" in said
