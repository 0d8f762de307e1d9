"""Closures that count on redirect wheels, resolved by the real uv from a small index."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from local_index import LocalIndex

from orchestrator.model import Closure, Target
from orchestrator.pipeline.closures import ClosureOptions, closures
from orchestrator.resolve.inputs_read import Wanted, read_inputs
from orchestrator.targets.tags import parse_interpreter, parse_platform

MAC = "cp310-cp310-macosx_12_0_arm64"
LINUX = "cp310-cp310-manylinux_2_17_aarch64"
RECIPE = """
[[release]]
versions = "<3"
platforms = ["macosx_*"]
substitute = { kind = "redirect", name = "flow-macos" }
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    index = LocalIndex(tmp_path / "index")
    for version in ("2.0", "2.1", "3.0"):
        index.add("flow", version, LINUX)
    index.add("flow-macos", "2.0", MAC, requires=("needed",))
    index.add("flow-macos", "2.1", "cp310-cp310-macosx_14_0_arm64")
    index.add("needed", "1.0", "py3-none-any")
    index.add("user", "1.0", "py3-none-any", requires=("flow<3",))
    index.add("user", "0.9", "py3-none-any")
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "flow.toml").write_text(RECIPE)
    (tmp_path / "recipes" / "broken.toml").write_text('[[release]]\nsubstitute = "redirect"')
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    for name, value in {
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_INDEX_URL": index.url,
        "ORCHESTRATE_CACHE": str(tmp_path / "cache"),
        "UV_CACHE_DIR": str(tmp_path / "cache" / "uv"),
    }.items():
        monkeypatch.setenv(name, value)
    return tmp_path


def target(platform: str) -> Target:
    return Target(platform=parse_platform(platform), interpreter=parse_interpreter("3.10"))


def closures_of(folder: Path, wanted: Wanted, *platforms: str) -> tuple[Closure, ...]:
    seen: list[Closure] = []
    options = ClosureOptions(recipes=(folder / "recipes",))
    inputs = read_inputs(wanted, Path.cwd(), os.environ)
    found = closures(
        inputs, tuple(map(target, platforms)), options, lambda _: None, known=seen.append
    )
    # What is told at once is what is returned.
    assert {str(closure.target): closure for closure in seen} == {
        str(closure.target): closure for closure in found
    }
    return found


def versions(closure: Closure) -> dict[str, str]:
    return {package.name: package.version for package in closure.packages}


@pytest.mark.parametrize("requirement", ["flow<3", "user", "flow==2.0"])
def test_a_redirect_makes_a_closure_possible_and_is_a_step_of_it(folder: Path, requirement: str):
    wanted = Wanted(requirements=(requirement,))
    mac, linux = closures_of(folder, wanted, "macosx_12_0_arm64", "linux")
    assert versions(mac).items() >= {"flow": "2.0", "flow-macos": "2.0", "needed": "1.0"}.items()
    (flow,) = (package for package in mac.packages if package.name == "flow")
    assert (flow.wheel, flow.wheels, flow.sdist) == (None, (), None)
    assert flow.needs == ("flow-macos",)
    (step,) = mac.redirects
    assert (step.kind, step.source.name, step.source.version) == ("redirect", "flow", "2.0")
    assert "flow-macos" not in versions(linux)
    assert versions(linux)["flow"] == ("2.0" if requirement == "flow==2.0" else "2.1")
    assert linux.redirects == ()
    assert all(package.wheel for package in linux.packages)


def test_one_for_a_newer_macos_is_not_offered(folder: Path):
    wanted = Wanted(requirements=("flow==2.1",))
    (without,) = closures_of(folder, wanted, "macosx_12_0_arm64")
    assert versions(without) == {"flow": "2.1"}
    assert without.redirects == ()
    (found,) = closures_of(folder, wanted, "macosx_14_0_arm64")
    assert [step.source.version for step in found.redirects] == ["2.1"]


def test_a_package_of_a_lock_counts_on_its_redirect_too(folder: Path):
    linux = (folder / "index" / "simple" / "flow" / f"flow-2.0-{LINUX}.whl").as_uri()
    (folder / "pylock.toml").write_text(
        'lock-version = "1.0"\ncreated-by = "test"\n[[packages]]\nname = "flow"\nversion = "2.0"\n'
        f'wheels = [{{ url = "{linux}", hashes = {{ sha256 = "{"0" * 64}" }} }}]\n'
    )
    wanted = Wanted(lock=folder / "pylock.toml")
    mac, on_linux = closures_of(folder, wanted, "macosx_12_0_arm64", "linux")
    assert [step.source.name for step in mac.redirects] == ["flow"]
    assert mac.packages[0].wheel is None
    assert on_linux.redirects == ()
