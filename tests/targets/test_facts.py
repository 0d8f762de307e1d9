"""What targets say of themselves."""

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


@pytest.mark.parametrize(
    ("tag", "zig", "python_platform", "soabi"),
    [
        ("linux", "aarch64-linux-gnu.2.28", "linux-aarch64", "cpython-311-aarch64-linux-gnu"),
        ("manylinux_2_17_x86_64", "x86_64-linux-gnu.2.17", "linux-x86_64",
         "cpython-311-x86_64-linux-gnu"),
        ("musllinux_1_2_aarch64", "aarch64-linux-musl", "linux-aarch64",
         "cpython-311-aarch64-linux-musl"),
    ],
)  # fmt: skip
def test_names_of_linux(tag: str, zig: str, python_platform: str, soabi: str):
    facts = platform_facts(parse_platform(tag))
    assert (facts.zig, facts.python_platform) == (zig, python_platform)
    assert facts.soabi(Interpreter(major=3, minor=11)) == soabi
    assert not facts.macho


def test_modules_for_musl_were_named_as_for_glibc_before_311():
    facts = platform_facts(parse_platform("musllinux_1_2_aarch64"))
    assert facts.soabi(Interpreter(major=3, minor=10)) == "cpython-310-aarch64-linux-gnu"


@pytest.mark.parametrize(
    ("tag", "size", "name"),
    [
        ("macos", 8, "IEEE_DOUBLE_LE"),
        ("linux", 16, "IEEE_QUAD_LE"),
        ("manylinux_2_28_x86_64", 16, "INTEL_EXTENDED_16_BYTES_LE"),
    ],
)
def test_long_double(tag: str, size: int, name: str):
    facts = platform_facts(parse_platform(tag))
    assert (facts.long_double, facts.long_double_format) == (size, name)
