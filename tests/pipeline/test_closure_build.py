"""Twelve packages that need each other, built for real: at once, killed, changed, failing."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from closure_sdists import NEEDS, label, write_sdists

from orchestrator.wheelhouse.store import find_wheelhouse

ROOT = Path(__file__).parents[2]
RUN = Path(__file__).with_name("closure_run.py")
FUNCTIONS = 2  # just enough to be a compile
KILLS = 4

pytestmark = [pytest.mark.toolchain, pytest.mark.network]


class Site:
    """A wheelhouse, sdists and recipes, and runs that build there."""

    def __init__(self, folder: Path, sdists: Path, cache: Path) -> None:
        self.sdists = sdists
        self.wheelhouse = folder / "wheelhouse"
        self.temporary = folder / "tmp"
        self.recipes = folder / "recipes"
        for made in (self.temporary, self.recipes, self.recipes / "patches"):
            made.mkdir()
        self.env = os.environ | {
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")]),
            "ORCHESTRATE_CACHE": str(cache),
            "TMPDIR": str(self.temporary),
        }

    def start(self, *more: str) -> subprocess.Popen[str]:
        command = [sys.executable, RUN, self.sdists, self.wheelhouse, "--recipes", self.recipes]
        return subprocess.Popen(
            [*command, *more],
            env=self.env,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *more: str) -> list[dict[str, Any]]:
        """Runs to the end; its events."""
        return events(self.start(*more))

    def published(self) -> set[str]:
        """Names of what is published; every wheel has a record, and nothing is half-written."""
        house = find_wheelhouse(self.wheelhouse)
        if house is None:
            return set()
        wheels = house.list()
        files = {path.name for path in self.wheelhouse.glob("*.whl")}
        assert {wheel.path.name for wheel in wheels} == files
        return {wheel.record.name for wheel in wheels}

    def left_behind(self) -> list[str]:
        """Build folders that are still there; uv, and planning that was killed, leave others."""
        return [path.name for path in self.temporary.glob(f"orchestrate-{'[0-9a-f]' * 16}*")]

    def patch(self, name: str, file: str, before: str, after: str) -> None:
        """Gives a package a recipe that patches the first line of one of its files."""
        (self.recipes / "patches" / f"{name}.patch").write_text(
            f"--- a/{file}\n+++ b/{file}\n@@ -1,1 +1,1 @@\n-{before}\n+{after}\n"
        )
        (self.recipes / f"{name}.toml").write_text(
            f'[[release]]\npatches = ["{name}.patch"]\nwhy = "a test"\n'
        )


def events(process: subprocess.Popen[str]) -> list[dict[str, Any]]:
    out, _ = process.communicate(timeout=1500)
    return [json.loads(line) for line in out.splitlines()]


def built(told: list[dict[str, Any]], *, cached: bool = False) -> list[str]:
    """Names of what was built, or found, in the order in which they ended."""
    return [
        event["step"].partition("==")[0]
        for event in told
        if event["event"] == "finished" and event["cached"] == cached
    ]


@pytest.fixture(scope="module")
def sdists(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sdists")
    write_sdists(folder, functions=FUNCTIONS)
    return folder


@pytest.fixture
def site(tmp_path: Path, sdists: Path, request: pytest.FixtureRequest) -> Site:
    return Site(tmp_path, sdists, request.config.cache.mkdir("orchestrate"))


def test_four_at_once_build_each_step_once(site: Site) -> None:
    processes = [site.start() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(events, processes))
    assert [process.returncode for process in processes] == [0, 0, 0, 0]
    everything = [name for run in told for name in built(run)]
    assert sorted(everything) == sorted(NEEDS)
    for run in told:
        assert {wheel["name"] for wheel in run[-1]["wheels"]} == NEEDS.keys()
    assert any("is doing this step" in event.get("message", "") for run in told for event in run)
    assert site.published() == NEEDS.keys()
    assert site.left_behind() == []
    assert list((site.wheelhouse / ".claims").iterdir()) == []


def test_killed_runs_are_resumed(site: Site) -> None:
    chance = random.Random(3)
    done: set[str] = set()
    for _ in range(KILLS):
        process = site.start()
        time.sleep(chance.uniform(0.5, 10))
        os.kill(process.pid, signal.SIGKILL)
        assert not done & set(built(events(process)))
        done = site.published()
    last = site.run()
    assert not done & set(built(last))
    assert site.published() == NEEDS.keys()
    assert list((site.wheelhouse / ".incoming").iterdir()) == []
    # Programs of killed runs may hold their folders for a moment; the next run removes them.
    site.patch("c12-app", "interface.h", "#define C12_APP_LEVEL 1", "#define C12_APP_LEVEL 2")
    assert built(site.run()) == ["c12-app"]
    assert site.left_behind() == []


def test_what_a_change_reaches_is_rebuilt_and_nothing_else(site: Site) -> None:
    first = site.run()
    assert len(built(first)) == len(NEEDS)
    assert built(site.run(), cached=True) == sorted(NEEDS)
    # Another body, the same interface: only this step.
    site.patch("c04-table", "module.c", "#include <Python.h>", "#include <Python.h> /* patched */")
    again = site.run()
    assert built(again) == ["c04-table"]
    assert set(built(again, cached=True)) == NEEDS.keys() - {"c04-table"}
    # Another interface: those that were built with it. Theirs stay as they were.
    site.patch("c05-index", "interface.h", "#define C05_INDEX_LEVEL 1", "#define C05_INDEX_LEVEL 2")
    last = site.run()
    assert set(built(last)) == {"c05-index", "c07-query", "c08-cache"}


def test_failure_takes_what_needs_it_and_nothing_else(site: Site) -> None:
    site.patch("c05-index", "module.c", "#include <Python.h>", "#error broken")
    told = site.run()
    summary = told[-1]
    assert [failure["name"] for failure in summary["failed"]] == ["c05-index"]
    lost = {"c07-query", "c08-cache", "c10-solve", "c11-plot", "c12-app"}
    assert {skipped["step"] for skipped in summary["skipped"]} == set(map(label, lost))
    assert {skipped["because"] for skipped in summary["skipped"]} == {label("c05-index")}
    assert set(built(told)) == NEEDS.keys() - lost - {"c05-index"}


def test_fail_fast_starts_nothing_more(site: Site) -> None:
    site.patch("c02-text", "module.c", "#include <Python.h>", "#error broken")
    told = site.run("--fail-fast", "--jobs", "1")
    summary = told[-1]
    assert [failure["name"] for failure in summary["failed"]] == ["c02-text"]
    assert len(built(told)) + len(summary["skipped"]) + 1 == len(NEEDS)
    assert "c01-base" not in {skipped["step"] for skipped in summary["skipped"]}
    assert len(built(told)) <= 2
