"""Plans of small steps, and strategies that draw them."""

from typing import Any

from hypothesis import strategies as st

from orchestrator.model import (
    BuildSettings,
    Interpreter,
    PlanStep,
    Platform,
    Source,
    Step,
    Target,
    ToolchainIdentity,
)
from orchestrator.plan.fingerprint import fingerprint_of, parts_of

TARGET = Target(
    platform=Platform(os="macos", arch="arm64", minimum=(11, 0)),
    interpreter=Interpreter(major=3, minor=11),
)
TOOLCHAIN = ToolchainIdentity(name="zig", versions={"ziglang": "0.17.0"})


def label(number: int) -> str:
    return f"p{number:03}==1.0 for {TARGET}"


def plan_step(
    number: int, needs: tuple[int, ...] = (), *, digest: str = "", **more: Any
) -> PlanStep:
    source = Source(
        name=f"p{number:03}",
        version="1.0",
        kind="index",
        location="somewhere",
        digest=digest or f"sha256:{number}",
    )
    parts = parts_of(source, BuildSettings(), TARGET, TOOLCHAIN, "3.11.7")
    step = Step(
        source=source,
        settings=BuildSettings(),
        target=TARGET,
        toolchain=TOOLCHAIN,
        python="3.11.7",
        parts=parts,
        fingerprint=fingerprint_of(parts),
    )
    return PlanStep(step=step, needs=tuple(map(label, needs)), **more)


def changed(item: PlanStep) -> PlanStep:
    """The step with another source of the same version."""
    number, needs = int(item.step.source.name[1:]), [int(need[1:4]) for need in item.needs]
    return plan_step(number, tuple(needs), digest="sha256:other")


@st.composite
def acyclic(draw: st.DrawFn) -> list[PlanStep]:
    """Steps that need some of those drawn before, under shuffled names."""
    count = draw(st.integers(1, 12))
    names = draw(st.permutations(range(count)))
    steps = []
    for place in range(count):
        needs = draw(st.sets(st.sampled_from(names[:place]))) if place else set()
        steps.append(plan_step(names[place], tuple(needs)))
    return steps
