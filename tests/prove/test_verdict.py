"""What the controls say."""

import pytest

from orchestrator.model import Outcome
from orchestrator.prove.verdict import Control, judge

NOT_RUN = Control(reason="there is none")


def control(outcome: Outcome | None) -> Control:
    return Control(wheel="a.whl", outcome=outcome) if outcome else NOT_RUN


@pytest.mark.parametrize(
    ("official", "host", "suspects"),
    [
        ("passed", "passed", {"port"}),
        ("passed", "failed", {"compiler"}),
        ("failed", "passed", {"emulator"}),
        ("crashed", "hung", {"source"}),
        ("passed", None, {"compiler", "port"}),
        ("hung", None, {"emulator", "source"}),
        (None, "passed", {"emulator", "port"}),
        (None, "crashed", {"compiler", "source"}),
        (None, None, {"emulator", "compiler", "source", "port"}),
    ],
)
def test_under_an_emulator(
    official: Outcome | None, host: Outcome | None, suspects: set[str]
) -> None:
    verdict = judge(control(official), control(host), emulated=True)
    assert set(verdict.suspects) == suspects
    if official or host:
        assert all(suspect in verdict.lines()[-1] for suspect in suspects)


@pytest.mark.parametrize(
    ("official", "suspects"),
    [("passed", {"compiler"}), ("failed", {"source"}), (None, {"compiler", "source"})],
)
def test_on_this_machine(official: Outcome | None, suspects: set[str]) -> None:
    verdict = judge(control(official), NOT_RUN, emulated=False)
    assert set(verdict.suspects) == suspects


def test_without_any_control_nobody_is_blamed() -> None:
    (line,) = judge(NOT_RUN, NOT_RUN, emulated=True).lines()
    assert line.startswith("no control")
    assert "there is none" in line
