"""What macOS targets say of themselves."""

import pytest

from orchestrator.model import Interpreter, Platform
from orchestrator.targets.facts import platform_facts
from orchestrator.targets.tags import parse_platform


def macos(major: int) -> Platform:
    return Platform(os="macos", arch="arm64", minimum=(major, 0))


@pytest.mark.parametrize(
    ("major", "kernel"), [(11, 20), (12, 21), (13, 22), (14, 23), (15, 24), (26, 25), (27, 26)]
)
def test_the_kernel_of_a_macos(major: int, kernel: int):
    facts = platform_facts(macos(major))
    assert facts.gnu == f"aarch64-apple-darwin{kernel}"
    assert facts.uname[:2] == ("Darwin", f"{kernel}.0.0")


def test_names_of_the_oldest():
    facts = platform_facts(parse_platform("macos"))
    assert facts.zig == "aarch64-macos.11.0"
    assert facts.python_platform == "macosx-11.0-arm64"
    assert facts.uname[3] == "arm64"
    assert facts.macho


@pytest.mark.parametrize(
    ("interpreter", "soabi"),
    [
        (Interpreter(major=3, minor=9), "cpython-39-darwin"),
        (Interpreter(major=3, minor=13, free_threaded=True), "cpython-313t-darwin"),
    ],
)
def test_soabi(interpreter: Interpreter, soabi: str):
    assert platform_facts(macos(11)).soabi(interpreter) == soabi
