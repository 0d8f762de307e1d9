"""Builds with Apple's own tools and imports what comes out: the ``executed`` proof, on a Mac."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest
import uv

from orchestrator.model import Needs
from orchestrator.targets.doctor import diagnose
from orchestrator.targets.host import this_host
from orchestrator.targets.interpreters import find_interpreter
from orchestrator.targets.tags import parse_interpreter, parse_platform
from orchestrator.targets.xcode import XcodeToolchain

pytestmark = pytest.mark.macos

PROJECTS = Path(__file__).parent.parent / "projects"
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


def build(requirement: str, wheelhouse: Path, *, tag: str = "macosx_11_0_arm64") -> dict[str, str]:
    """Builds one wheel through the command line; returns its entry of the summary."""
    command = (sys.executable, "-m", "orchestrator.cli", "build", requirement, "--json")
    options = ("--platform", tag, "--python", PYTHON, "--wheelhouse", str(wheelhouse))
    done = subprocess.run((*command, *options), capture_output=True, text=True, check=False)
    summary = json.loads(done.stdout.splitlines()[-1])
    assert done.returncode == 0, summary["failed"]
    (wheel,) = summary["wheels"]
    return wheel


def run_installed(wheel: dict[str, str], folder: Path, code: str) -> str:
    """Installs the wheel alone into a new environment by uv and runs code there."""
    tool = uv.find_uv_bin()
    subprocess.run((tool, "venv", "--python", sys.executable, folder), check=True)
    python = folder / "bin" / "python"
    install = (tool, "pip", "install", "--python", python, "--no-index", "--no-deps")
    subprocess.run((*install, wheel["path"]), check=True)
    done = subprocess.run(
        (python, "-I", "-c", code), capture_output=True, text=True, check=False, cwd=folder
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def architectures(wheel: dict[str, str], folder: Path) -> set[str]:
    """What ``lipo`` says of the binaries inside."""
    subprocess.run(("unzip", "-q", wheel["path"], "-d", folder), check=True)
    binaries = [path for path in folder.rglob("*") if path.suffix in {".so", ".dylib"}]
    assert binaries
    answers = [
        subprocess.run(("lipo", "-archs", path), capture_output=True, text=True, check=True)
        for path in binaries
    ]
    return {arch for answer in answers for arch in answer.stdout.split()}


def test_the_real_tools_pass_their_checks():
    """The words that ``tests/data/apple`` quotes, from the horse's mouth."""
    host = this_host()
    assert host.os == "macos"
    toolchain = XcodeToolchain(host)
    needs = Needs(frameworks=("Accelerate", "CoreFoundation"))
    checks = toolchain.checks(parse_platform("macos"), needs)
    assert [check for check in checks if check.status == "missing"] == []
    versions = toolchain.identity().versions
    assert versions["clang"][0].isdigit()
    assert versions["sdk"][0].isdigit()


def test_doctor_finds_something_to_build_with():
    host = this_host()
    target = parse_platform("macos")
    seen = diagnose(host, [XcodeToolchain(host)], [target], [parse_interpreter(PYTHON)])
    assert seen.platforms == {target.tag: True}
    assert find_interpreter(parse_interpreter(PYTHON)).machine in {"arm64", "universal2", "x86_64"}


@pytest.mark.network
@pytest.mark.parametrize(
    ("requirement", "code", "expected"),
    [
        (
            "annoy",
            """
from annoy import AnnoyIndex
index = AnnoyIndex(2, "euclidean")
index.add_item(0, [0, 1])
index.add_item(1, [5, 5])
index.build(2)
print(index.get_nns_by_vector([5, 4], 1))
""",
            "[1]",
        ),
        (
            "crcmod",
            """
import crcmod._crcfunext, crcmod.predefined
print(hex(crcmod.predefined.mkCrcFun("crc-32")(b"123456789")))
""",
            "0xcbf43926",
        ),
    ],
    ids=["annoy", "crcmod"],
)
def test_packages_of_the_index(requirement: str, code: str, expected: str, tmp_path: Path):
    wheel = build(requirement, tmp_path / "wheelhouse")
    assert wheel["filename"].endswith("-macosx_11_0_arm64.whl")
    assert architectures(wheel, tmp_path / "unpacked") == {"arm64"}
    if platform.machine() == "arm64":
        assert run_installed(wheel, tmp_path / "env", code) == expected


@pytest.mark.network
@pytest.mark.parametrize(
    ("project", "tag"),
    [
        ("c-setuptools", "macosx_11_0_arm64"),
        ("cblas-scikit-build-core", "macosx_14_0_arm64"),
        ("meson-python-ext", "macosx_11_0_arm64"),
        ("linked-dylib", "macosx_11_0_arm64"),
    ],
)
def test_projects(project: str, tag: str, tmp_path: Path):
    """Every extension module in the wheel must load: a dylib that repair missed would not."""
    wheel = build(os.fspath(PROJECTS / project), tmp_path / "wheelhouse", tag=tag)
    assert architectures(wheel, tmp_path / "unpacked") == {"arm64"}
    modules = [
        ".".join((*path.relative_to(tmp_path / "unpacked").parent.parts, path.name.split(".")[0]))
        for path in (tmp_path / "unpacked").rglob("*.so")
    ]
    if platform.machine() == "arm64":
        code = f"import importlib; print(*map(importlib.import_module, {modules!r}))"
        assert run_installed(wheel, tmp_path / "env", code).count("<module ") == len(modules)
