"""What is to blame for a failing test, from two controls. Pure.

One control is the official wheel, run as ours was; the other is the same source built for this
host by the same compiler, run without an emulator. What a control has in common with our wheel
is cleared when it passes, and what it has not is cleared when it fails:

================  ==================  ==================
control           passes              fails
================  ==================  ==================
official wheel    compiler or port    emulator or source
built for host    emulator or port    compiler or source
================  ==================  ==================

Both together leave one.
"""

from __future__ import annotations

from typing import Literal

from orchestrator.model import Outcome, ProofRun, Value

Suspect = Literal["emulator", "compiler", "source", "port"]

_MEANS: dict[Suspect, str] = {
    "emulator": "it runs code otherwise than hardware does, or the package itself is wrong there",
    "compiler": "our compiler or its flags make wrong code of this source",
    "source": "the package or its tests fail whoever builds it",
    "port": "what we build for the target differs: the cross kit, its flags, a target's library",
}


class Control(Value):
    """One control.

    Attributes:
        wheel: Its file name, or ``name==version`` of an official one.
        outcome: How its run ended; None where it could not be run.
        reason: Why it failed or could not be run.
    """

    wheel: str = ""
    outcome: Outcome | None = None
    reason: str = ""


class Verdict(Value):
    """Who is to blame.

    Attributes:
        suspects: What the controls leave.
        official: The official wheel, in the same place.
        host: The same source built for this host.
    """

    suspects: tuple[Suspect, ...]
    official: Control
    host: Control

    def lines(self) -> tuple[str, ...]:
        """The controls and what follows from them, for people."""
        if not (self.official.outcome or self.host.outcome):
            official, host = self.official.reason, self.host.reason
            return (f"no control: official wheel: {official}; built for this host: {host}",)
        blamed = " or ".join(f"{name} ({_MEANS[name]})" for name in self.suspects)
        return (
            f"control: official wheel: {_words(self.official)}",
            f"control: same source built for this host: {_words(self.host)}",
            f"to blame: {blamed}",
        )


class Refutation(Value):
    """What shows that a wheel does not work: kept beside one that was not published.

    Attributes:
        runs: Of the wheel; the last one did not pass.
        details: Lines of its output that tell why.
        verdict: What the controls say.
    """

    runs: tuple[ProofRun, ...]
    details: tuple[str, ...]
    verdict: Verdict


def judge(official: Control, host: Control, *, emulated: bool) -> Verdict:
    """Says what is to blame for the failure of our wheel.

    Args:
        official: The official wheel, run where ours was.
        host: The same source built for this host by the same compiler.
        emulated: Whether ours is for another machine than this host; else it is its own control.
    """
    suspects: tuple[Suspect, ...] = ("emulator", "compiler", "source", "port")
    if not emulated:
        suspects = ("compiler", "source")
    if official.outcome:
        cleared = {"emulator", "source"} if official.outcome == "passed" else {"compiler", "port"}
        suspects = tuple(name for name in suspects if name not in cleared)
    if host.outcome:
        cleared = {"compiler", "source"} if host.outcome == "passed" else {"emulator", "port"}
        suspects = tuple(name for name in suspects if name not in cleared)
    return Verdict(suspects=suspects, official=official, host=host)


def _words(control: Control) -> str:
    if control.outcome is None:
        return f"not run: {control.reason}"
    reason = f" ({control.reason})" if control.reason else ""
    return f"{control.outcome}{reason}"
