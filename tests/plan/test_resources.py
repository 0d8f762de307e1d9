"""Names of what steps need of the machines that do them."""

import msgspec
import pytest

from orchestrator.model import (
    NO_PYTHON,
    BuildSettings,
    Interpreter,
    Source,
    Step,
    Target,
    ToolchainIdentity,
)
from orchestrator.plan.resources import platform_resource, step_resources
from orchestrator.targets.tags import parse_platform

STEP = Step(
    source=Source(name="tiny", version="1.2", kind="index", location="x"),
    settings=BuildSettings(),
    target=Target(platform=parse_platform("macos"), interpreter=Interpreter(major=3, minor=13)),
    toolchain=ToolchainIdentity(name="zig", versions={"zig": "0.17.1", "kit": "99f3"}),
    python="3.13.1",
    fingerprint="ab" * 32,
)


@pytest.mark.parametrize(
    ("tag", "resource"),
    [
        ("macosx_14_0_arm64", "macos-arm64"),
        ("manylinux_2_17_aarch64", "linux-aarch64"),
        ("manylinux_2_28_x86_64", "linux-x86_64"),
        ("musllinux_1_2_aarch64", "musllinux-aarch64"),
    ],
)
def test_platforms(tag: str, resource: str) -> None:
    assert platform_resource(parse_platform(tag)) == resource


def test_a_wheel_needs_platform_toolchain_and_python() -> None:
    assert step_resources(STEP) == ("macos-arm64", "zig (kit 99f3, zig 0.17.1)", "python 3.13.1")


def test_a_free_threaded_python_is_another() -> None:
    interpreter = Interpreter(major=3, minor=13, free_threaded=True)
    target = msgspec.structs.replace(STEP.target, interpreter=interpreter)
    assert step_resources(msgspec.structs.replace(STEP, target=target))[2] == "python 3.13.1t"


def test_a_library_needs_no_python() -> None:
    target = msgspec.structs.replace(STEP.target, interpreter=NO_PYTHON)
    library = msgspec.structs.replace(STEP, kind="library", python="", target=target)
    assert step_resources(library) == ("macos-arm64", "zig (kit 99f3, zig 0.17.1)")


def test_a_redirect_is_made_anywhere() -> None:
    assert step_resources(msgspec.structs.replace(STEP, kind="redirect")) == ()
