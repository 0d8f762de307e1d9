"""Estimates: which earlier builds count, and what they say."""

from __future__ import annotations

import msgspec

from orchestrator.model import (
    BuildSettings,
    Interpreter,
    Past,
    Platform,
    Source,
    Step,
    Target,
    ToolchainIdentity,
    Usage,
)
from orchestrator.plan.estimates import estimate

TARGET = Target(
    platform=Platform(os="macos", arch="arm64", minimum=(11, 0)),
    interpreter=Interpreter(major=3, minor=11),
)
STEP = Step(
    source=Source(name="tiny", version="2.0", kind="index", location=""),
    settings=BuildSettings(),
    target=TARGET,
    toolchain=ToolchainIdentity(name="zig", versions={}),
    python="3.11.7",
    fingerprint="",
)


def past(
    seconds: float, *, version: str = "2.0", target: str = str(TARGET), **usage: float
) -> Past:
    return Past(
        name="tiny",
        version=version,
        target=target,
        host="here",
        fingerprint="",
        outcome="built",
        usage=msgspec.convert({"seconds": seconds, **usage}, Usage),
    )


def test_nothing_is_known_of_what_was_never_built() -> None:
    failed = msgspec.structs.replace(past(5), outcome="failed")
    other = msgspec.structs.replace(past(5), name="other")
    assert estimate(STEP, [failed, other]) is None


def test_median_of_the_newest() -> None:
    builds = [past(3), past(100), past(2), past(4), past(5), past(1000), past(1000)]
    found = estimate(STEP, builds)
    assert found
    assert (found.seconds, found.builds) == (4, 5)


def test_most_alike_count_alone() -> None:
    elsewhere = past(20, target="cp313-macosx_11_0_arm64")
    older = past(300, version="1.0")
    exact = past(7)
    seconds = [
        found.seconds
        for builds in ([older, elsewhere, exact], [older, elsewhere], [older])
        if (found := estimate(STEP, builds))
    ]
    assert seconds == [7, 20, 300]


def test_time_on_one_cpu_of_a_build_that_had_several() -> None:
    found = estimate(STEP, [past(10, cpu_seconds=35, cpus=4, parallelism=3.5, memory=100)])
    assert found
    assert found.seconds == 35
    assert found.cpus > 4
    assert found.memory == 400


def test_cpus_are_known_once_several_were_offered() -> None:
    offered_one = estimate(STEP, [past(10, cpus=1, parallelism=1.0)])
    offered_more = estimate(STEP, [past(10, cpus=1), past(10, cpus=4, parallelism=1.0)])
    assert offered_one
    assert offered_more
    assert (offered_one.cpus, offered_more.cpus) == (0, 1)
