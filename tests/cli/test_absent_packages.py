"""What orchestrate does where the other platform's packages are absent.

ziglang and repairwheel are not installed on Macs, delocate nowhere else. Here they are all hidden,
by folders that hold links to everything else that is installed; the Mac is a Linux that claims to
be one, because this machine has none.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
from command_line import PROJECTS, ROOT, Outcome
from uv import find_uv_bin

TINY = ROOT / "tests" / "binaries" / "tiny.so"
HIDDEN = ("ziglang", "repairwheel", "delocate")
ON_LINUX = "from orchestrator.cli import main; main()"
# The standard library reads its own data by the real platform's name before it is told another.
ON_A_MAC = f"""
import platform, sys, sysconfig, types
sysconfig.get_config_vars()
platform.mac_ver = lambda *_: ("14.5", ("", "", ""), "arm64")
sys.modules["_scproxy"] = proxies = types.ModuleType("_scproxy")
proxies._get_proxy_settings = proxies._get_proxies = dict
sys.platform = "darwin"
{ON_LINUX}
"""
IMPORT_ALL = """
import importlib, importlib.util, pkgutil, orchestrator
assert not any(importlib.util.find_spec(name) for name in ("ziglang", "repairwheel", "delocate"))
for module in pkgutil.walk_packages(orchestrator.__path__, "orchestrator."):
    if not module.name.endswith(("__main__", "sitecustomize")):
        importlib.import_module(module.name)
"""


class Bare:
    """Runs Python programs that see everything that is installed, but for the hidden packages."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        packages = folder / "packages"
        packages.mkdir()
        # The package looks for its program beside itself.
        (packages / "bin").mkdir()
        (packages / "bin" / "uv").symlink_to(find_uv_bin())
        for entry in Path(sysconfig.get_path("purelib")).iterdir():
            if not entry.name.startswith(HIDDEN):
                (packages / entry.name).symlink_to(entry)
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PYTHONPATH": os.pathsep.join((str(packages), str(ROOT))),
        }

    def run(self, program: str, *arguments: str | Path) -> Outcome:
        done = subprocess.run(
            [sys.executable, "-S", "-c", program, *map(str, arguments)],
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in done.stdout + done.stderr, done.stderr
        return Outcome(status=done.returncode, out=done.stdout, err=done.stderr)


@pytest.fixture
def bare(tmp_path: Path) -> Bare:
    return Bare(tmp_path)


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """A wheel with an extension module and nothing to repair."""
    path = tmp_path / "tiny-1.0-cp311-cp311-macosx_11_0_arm64.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(TINY, "tiny.cpython-311-darwin.so")
        archive.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\n")
        archive.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\n")
        archive.writestr("tiny-1.0.dist-info/RECORD", "")
    return path


def test_every_module_can_be_imported(bare: Bare):
    assert bare.run(IMPORT_ALL).status == 0


@pytest.mark.parametrize(
    ("program", "toolchain", "fix"),
    [(ON_LINUX, "zig", "pip install 'ziglang"), (ON_A_MAC, "xcode", "xcode-select --install")],
    ids=["linux", "mac"],
)
def test_doctor_names_the_toolchain_of_the_host(bare: Bare, program: str, toolchain: str, fix: str):
    outcome = bare.run(program, "doctor", "--python", "3.11", "--json")
    assert outcome.status == 3, outcome.err
    sections = json.loads(outcome.out)["sections"]
    [section] = [s for s in sections if s["title"].startswith(f"toolchain {toolchain} ")]
    assert [check["status"] for check in section["checks"]] == ["missing"]
    assert section["checks"][0]["fix"].startswith(fix)


@pytest.mark.parametrize("program", [ON_LINUX, ON_A_MAC], ids=["linux", "mac"])
def test_a_build_says_what_is_missing(bare: Bare, program: str):
    outcome = bare.run(program, "build", PROJECTS / "c-setuptools", "--json")
    assert outcome.problem["code"] == "TCH002", outcome.out + outcome.err
    assert outcome.problem["hint"]
    assert outcome.status == 3


@pytest.mark.parametrize("program", [ON_LINUX, ON_A_MAC], ids=["linux", "mac"])
def test_wheels_can_be_looked_at_and_made_canonical(bare: Bare, wheel: Path, program: str):
    repaired = bare.run(program, "repair", wheel, "-o", "out", "--json")
    assert repaired.status == 0, repaired.out + repaired.err
    (event,) = repaired.events
    assert bare.run(program, "compare", event["path"], wheel, "--json").status == 0
    assert bare.run(program, "verify", event["path"], "--json").status in {0, 4}
