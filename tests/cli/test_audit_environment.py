"""``orchestrate audit --environment`` and ``--site-packages``, as a user calls them."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest
import uv
from command_line import ROOT, CommandLine

BINARIES = ROOT / "tests" / "binaries"


@pytest.fixture
def venv(command_line: CommandLine) -> Path:
    """A real environment of this machine."""
    folder = command_line.folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    return folder


def site_packages(venv: Path) -> Path:
    (folder,) = venv.glob("lib/python3.*/site-packages")
    return folder


def test_an_environment_in_order(command_line: CommandLine, venv: Path):
    outcome = command_line.run("audit", "--environment", venv / "bin" / "python", "--json")
    assert outcome.status == 0, outcome.out + outcome.err
    (answer,) = outcome.events
    assert answer["runtime"]["version"] == platform.python_version()
    assert answer["runtime"]["machine"] == platform.machine()
    assert answer["findings"] == []
    assert answer["broken"] is False


@pytest.mark.skipif(sys.platform != "linux", reason="the planted file is Linux's")
def test_a_foreign_module_is_found(command_line: CommandLine, venv: Path):
    other = "intel.so" if platform.machine() == "aarch64" else "tiny.so"
    planted = site_packages(venv) / "planted.so"
    planted.write_bytes((BINARIES / "linux" / other).read_bytes())
    outcome = command_line.run("audit", "--environment", venv)
    assert outcome.status == 1
    assert "incompatible architecture" in outcome.out
    assert "planted.so" in outcome.out
    # As Python sees it, too.
    said = subprocess.run(
        [venv / "bin" / "python", "-c", "import planted"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "ImportError" in said.stderr


def test_a_macs_folder_on_this_machine(command_line: CommandLine):
    folder = command_line.folder / "site-packages"
    folder.mkdir()
    (folder / "tiny.cpython-311-darwin.so").write_bytes((BINARIES / "intel.so").read_bytes())
    outcome = command_line.run("audit", "--site-packages", folder)
    assert outcome.status == 1
    assert "CPython 3.11 on macOS arm64" in outcome.out
    assert "[ENV104]" in outcome.out
    table, _, _ = outcome.out.partition("to mend it:")
    assert max(map(len, table.splitlines()[1:])) <= 80


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--environment", "no-such-python"), "ENV001"),
        (("--environment", "/bin/ls"), "ENV001"),
        (("--environment", "."), "ENV001"),
        (("--site-packages", "nowhere"), "ENV002"),
        (("--site-packages", "."), "ENV002"),
        (("--site-packages", ".", "--platform", "windows"), "TGT001"),
    ],
)
def test_what_can_not_be_audited(command_line: CommandLine, arguments: tuple[str, ...], code: str):
    outcome = command_line.run("audit", *arguments, "--json")
    assert outcome.status == 2
    assert outcome.problem["code"] == code


def test_options_that_exclude_each_other(command_line: CommandLine):
    outcome = command_line.run("audit", "--environment", "python3", "--site-packages", ".")
    assert outcome.status == 2
    assert "exclude" in outcome.err


@pytest.mark.network
def test_real_wheels_for_the_two_kinds_of_mac(command_line: CommandLine):
    """psutil is built for each; certifi is the same file everywhere."""
    status = {}
    for machine in ("aarch64", "x86_64"):
        folder = command_line.folder / machine
        install = (uv.find_uv_bin(), "pip", "install", "-q", "--only-binary", ":all:")
        options = ("--python-platform", f"{machine}-apple-darwin", "--python-version", "3.11")
        packages = ("--target", folder, "psutil==7.2.2", "certifi")
        subprocess.run([*install, *options, *packages], check=True)
        outcome = command_line.run("audit", "--site-packages", folder, "--json")
        (answer,) = outcome.events
        status[machine] = outcome.status
        named = [finding["package"] for finding in answer["findings"]]
        assert named == ([] if machine == "aarch64" else ["psutil==7.2.2"])
    assert status == {"aarch64": 0, "x86_64": 1}
