from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from library_folders import library, registry

from orchestrator.build.sources import overridden
from orchestrator.errors import LibraryConflictError, LibraryCycleError, UnknownLibraryError
from orchestrator.model import NO_PYTHON, Interpreter, Platform, Source, Step, Target
from orchestrator.plan.libraries import LibraryPlanner, in_order
from orchestrator.plan.steps import Planner
from orchestrator.targets.host import this_host
from orchestrator.targets.toolchains import toolchains

if TYPE_CHECKING:
    from pathlib import Path

MACOS = Target(
    platform=Platform(os="macos", arch="arm64", minimum=(14, 0)),
    interpreter=Interpreter(major=3, minor=11),
)


def planner(folder: Path, libraries: dict[str, str], **recipes: str) -> Planner:
    return Planner(
        registry(folder, libraries, **recipes),
        toolchains(this_host()),
        this_host(),
        override=overridden,
        explicit=True,
    )


def steps(folder: Path, *needs: str, **libraries: str) -> tuple[Step, ...]:
    made = planner(folder / "unused", {})
    return LibraryPlanner(
        registry(folder, libraries).libraries, override=overridden, toolchain=made.toolchain
    ).steps(needs, MACOS.platform, "pkg")


DIAMOND = {
    "top": library("1.0", needs='"left", "right"'),
    "left": library("1.0", needs='"base>=1"'),
    "right": library("1.0", needs='"base"'),
    "base": library("1.0", "2.0"),
}


def test_each_library_comes_once_and_behind_what_it_needs(tmp_path: Path):
    (top,) = steps(tmp_path, "top", **DIAMOND)
    assert [step.source.name for step in in_order([top])] == ["base", "left", "right", "top"]
    left, right = top.libraries
    assert left.libraries[0].fingerprint == right.libraries[0].fingerprint


def test_a_library_s_step_knows_no_python(tmp_path: Path):
    (step,) = steps(tmp_path, "base", **DIAMOND)
    assert (step.kind, step.target.interpreter, step.python) == ("library", NO_PYTHON, "")
    assert step.label == "base==2.0 for macosx_14_0_arm64"
    assert step.source.location == "https://example.org/2.0.tar.gz"


def test_a_change_reaches_the_fingerprints_of_all_that_need_it(tmp_path: Path):
    (before,) = steps(tmp_path / "a", "top", **DIAMOND)
    base = library("1.0", "2.0", release='arguments = ["-DX=1"]')
    (after,) = steps(tmp_path / "b", "top", **(DIAMOND | {"base": base}))
    old, new = in_order([before]), in_order([after])
    assert len({step.fingerprint for step in (*old, *new)}) == len(old) + len(new)


def test_a_circle_is_shown(tmp_path: Path):
    circle = {"a": library("1", needs='"b"'), "b": library("1", needs='"a"')}
    with pytest.raises(LibraryCycleError, match="Libraries need each other: a → b → a"):
        steps(tmp_path, "a", **circle)


def test_two_versions_of_one_library_are_refused(tmp_path: Path):
    other = {"right": library("1.0", needs='"base<2"')}
    with pytest.raises(LibraryConflictError, match=r"two versions of the library base: 2\.0 and 1"):
        steps(tmp_path, "top", **(DIAMOND | other))


def test_the_one_that_names_an_unknown_library_is_named(tmp_path: Path):
    with pytest.raises(UnknownLibraryError, match="left needs the library base"):
        steps(tmp_path, "left", left=DIAMOND["left"])


def test_a_wheel_s_step_has_the_libraries_of_its_recipe(tmp_path: Path):
    source = Source(name="pkg", version="1.0", kind="index", location="x", digest="sha256:00")
    made = planner(tmp_path, DIAMOND, pkg='[[release]]\nlibraries = ["left"]')
    step = made.draft(source, MACOS).planned().step
    assert [library.label for library in step.libraries] == ["left==1.0 for macosx_14_0_arm64"]
    bare = planner(tmp_path / "bare", {}).draft(source, MACOS).planned().step
    assert bare.fingerprint != step.fingerprint
