from __future__ import annotations

from typing import Any

import msgspec
import pytest

from orchestrator.errors import NoSubstituteWheelError
from orchestrator.model import BuildSettings, Step, Substitute, Target
from orchestrator.plan.redirects import oldest_platform, redirect_of, redirect_step
from orchestrator.resolve.pages import FileEntry
from orchestrator.targets.tags import parse_interpreter, parse_platform
from orchestrator.targets.wheel_tags import accepted

SUBSTITUTE = Substitute(
    kind="redirect",
    name="flow-macos",
    extras={"gpu": ("flow-macos[gpu]", "gpu-of-mac==0.6.0", "Flow_Macos ; os_name == 'nt'")},
)
SETTINGS = BuildSettings(recipes=("flow.toml[0]",), substitute=SUBSTITUTE)


def wheel(version: str, tag: str = "cp310-cp310-macosx_12_0_arm64", **facts: Any) -> FileEntry:
    filename = f"flow_macos-{version}-{tag}.whl"
    return FileEntry(
        filename=filename,
        url=f"https://one.example/{filename}",
        version=version,
        kind="wheel",
        **facts,
    )


def target(platform: str = "macosx_12_0_arm64", python: str = "3.10") -> Target:
    return Target(platform=parse_platform(platform), interpreter=parse_interpreter(python))


def step(*files: FileEntry, to: Target | None = None, settings: BuildSettings = SETTINGS) -> Step:
    return redirect_step("flow", "2.10.0", settings, files, to or target())


def test_the_step_says_all_that_its_wheel_says():
    made = step(wheel("2.9"), wheel("2.10.0", requires_python=">=3.7"), wheel("2.11"))
    assert made.kind == "redirect"
    assert made.label == "flow==2.10.0 for cp310-macosx_12_0_arm64"
    assert made.source.filename == "flow_macos-2.10.0-cp310-cp310-macosx_12_0_arm64.whl"
    assert (made.toolchain.name, made.python) == ("none", "")
    redirect = redirect_of(made)
    assert redirect.filename == "flow-2.10.0-cp310-cp310-macosx_12_0_arm64.whl"
    assert redirect.requires == "flow-macos==2.10.0"
    assert redirect.requires_python == ">=3.7"
    assert redirect.extras == {
        "gpu": (
            "flow-macos[gpu]==2.10.0",
            "gpu-of-mac==0.6.0",
            'flow-macos==2.10.0 ; os_name == "nt"',
        )
    }


@pytest.mark.parametrize(
    ("asked", "tag", "expected"),
    [
        ("macosx_12_0_arm64", "cp310-cp310-macosx_12_0_arm64", "macosx_12_0_arm64"),
        ("macosx_14_0_arm64", "cp310-cp310-macosx_12_0_arm64", "macosx_12_0_arm64"),
        ("macosx_11_0_arm64", "cp310-cp310-macosx_12_0_arm64", "macosx_12_0_arm64"),
        # Whatever else its wheel runs on, the redirect is for the asked architecture alone.
        ("macosx_11_0_arm64", "cp310-cp310-macosx_10_9_universal2", "macosx_11_0_arm64"),
        ("macosx_13_0_arm64", "cp38-abi3-macosx_12_0_universal2", "macosx_12_0_arm64"),
        ("macosx_13_0_arm64", "py3-none-any", "macosx_11_0_arm64"),
        (
            "manylinux_2_28_aarch64",
            "cp310-cp310-manylinux_2_17_aarch64.manylinux2014_aarch64",
            "manylinux_2_17_aarch64",
        ),
        ("musllinux_1_2_aarch64", "py3-none-musllinux_1_1_aarch64", "musllinux_1_1_aarch64"),
    ],
)
def test_its_platform_is_the_oldest_that_the_other_wheel_runs_on(
    asked: str, tag: str, expected: str
):
    made = step(wheel("2.10.0", tag), to=target(asked))
    assert made.target.platform.tag == expected
    assert made.target.interpreter.abi_tag == "cp310"


def test_of_several_wheels_the_one_that_runs_on_most_systems():
    made = step(
        wheel("2.10.0", "cp310-cp310-macosx_13_0_arm64"),
        wheel("2.10.0", "cp310-cp310-macosx_12_0_x86_64"),
        wheel("2.10.0", "cp310-cp310-macosx_12_0_arm64"),
        wheel("2.10.0", "cp310-cp310-macosx_11_0_arm64", yanked=True),
    )
    assert made.target.platform.tag == "macosx_12_0_arm64"


def test_every_platform_that_installs_it_gets_the_same_step():
    one, other = (step(wheel("2.10.0"), to=target(f"macosx_{n}_0_arm64")) for n in (12, 15))
    assert one == other


def test_the_fingerprint_follows_what_the_wheel_says_and_nothing_else():
    first = step(wheel("2.10.0"))
    same = msgspec.structs.replace(SETTINGS, env={"A": "1"}, why=("x",), recipes=("y",))
    assert step(wheel("2.10.0"), settings=same).fingerprint == first.fingerprint
    others = (
        step(wheel("2.10.0", requires_python=">=3.8")),
        step(wheel("2.10.0", "cp310-cp310-macosx_11_0_arm64")),
        step(wheel("2.10.0", "cp311-cp311-macosx_12_0_arm64"), to=target(python="3.11")),
        step(
            wheel("2.10.0"),
            settings=BuildSettings(substitute=msgspec.structs.replace(SUBSTITUTE, extras={})),
        ),
        redirect_step("glow", "2.10.0", SETTINGS, [wheel("2.10.0")], target()),
    )
    prints = {made.fingerprint for made in (first, *others)}
    assert len(prints) == 1 + len(others)


@pytest.mark.parametrize(
    ("files", "hint"),
    [
        (("2.9", "2.9.1", "2.11"), "Ask for flow==2.9.1."),
        (("2.11",), "Ask for another version or Python; `orchestrate recipe show NAME` says why."),
        ((), "Ask for another version or Python; `orchestrate recipe show NAME` says why."),
    ],
)
def test_a_version_that_the_other_project_lacks(files: tuple[str, ...], hint: str):
    with pytest.raises(
        NoSubstituteWheelError, match=r"flow-macos instead, but of 2\.10\.0"
    ) as caught:
        step(*map(wheel, files))
    assert caught.value.hint == hint


@pytest.mark.parametrize("asked", [target(python="3.11"), target("manylinux_2_28_aarch64")])
def test_a_target_that_the_other_project_lacks(asked: Target):
    older = wheel("2.9", "cp311-cp311-macosx_12_0_arm64")
    with pytest.raises(NoSubstituteWheelError, match="neither wheel nor sdist") as caught:
        step(wheel("2.10.0"), wheel("2004-alpha"), older, to=asked)
    assert ("2.9" in caught.value.hint) == (asked.platform.os == "macos")


def test_files_for_other_systems_have_no_platform():
    assert oldest_platform(wheel("1", "cp310-cp310-win_amd64"), target()) is None
    assert oldest_platform(wheel("1", "cp39-cp39-macosx_12_0_arm64"), target()) is None


@pytest.mark.parametrize("platform", ["macosx_11_0", "manylinux_2_17", "musllinux_1_2"])
@pytest.mark.parametrize("python", ["3.9", "3.13", "3.13t"])
def test_the_oldest_platform_is_the_first_that_accepts_a_tag(platform: str, python: str):
    arch = "arm64" if platform.startswith("macosx") else "aarch64"
    asked = target(f"{platform}_{arch}", python)
    pairs = ("cp313-cp313", "cp313-cp313t", "cp39-abi3", "py3-none", "cp39-none", "cp314-cp314")
    systems = (
        *("any", "macosx_10_9_universal2", "macosx_11_0_arm64", "macosx_13_0_arm64"),
        *("macosx_13_3_arm64", "macosx_10_9_x86_64", "macosx_14_0_universal2", "win_arm64"),
        *("manylinux_2_17_aarch64", "manylinux2014_aarch64", "manylinux_2_5_aarch64"),
        *("manylinux_2_34_aarch64", "manylinux_2_17_x86_64", "musllinux_1_2_aarch64"),
        *("musllinux_1_1_x86_64", "linux_aarch64", "musllinux_1_1_aarch64"),
    )
    bounds = {"macos": ((11, 0), (20, 0)), "glibc": ((2, 17), (2, 40)), "musl": ((1, 1), (1, 5))}
    (major, low), (newest, high) = bounds[asked.platform.libc or "macos"]
    minimums = [(number, 0) for number in range(major, newest + 1)]
    if asked.platform.os == "linux":
        minimums = [(major, number) for number in range(low, high + 1)]
    platforms = [msgspec.structs.replace(asked.platform, minimum=minimum) for minimum in minimums]
    for tag in (f"{pair}-{system}" for pair in pairs for system in systems):
        accepting = (
            candidate
            for candidate in platforms
            if tag in accepted(Target(platform=candidate, interpreter=asked.interpreter))
        )
        assert oldest_platform(wheel("1", tag), asked) == next(accepting, None), tag


def test_settings_without_a_redirect_are_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="names no redirect"):
        step(wheel("2.10.0"), settings=BuildSettings())
