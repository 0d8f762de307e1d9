"""What runs amount to together."""

import msgspec
import pytest

from orchestrator.model import Proof, ProofRun, strongest

PASSED = ProofRun(
    proof="emulated",
    host="Linux x86_64",
    cpu="max",
    python="3.11.2",
    imports=("a",),
    command="pytest",
    outcome="passed",
    seconds=1.0,
    created="2025-06-01T12:00:00Z",
)


def like(**changes: object) -> ProofRun:
    return msgspec.structs.replace(PASSED, **changes)


FAILED = like(outcome="failed")
EXECUTED = like(proof="executed", cpu="")


@pytest.mark.parametrize(
    ("runs", "proof"),
    [
        ([], "structural"),
        ([PASSED], "emulated"),
        ([PASSED, EXECUTED], "executed"),
        ([EXECUTED, PASSED], "executed"),
        ([FAILED], "structural"),
        ([PASSED, FAILED], "structural"),
        ([FAILED, PASSED], "emulated"),
        # The next try is of something else, or of less.
        ([FAILED, like(cpu="cortex-a57")], "structural"),
        ([FAILED, like(command="")], "structural"),
        ([FAILED, like(imports=("b",))], "structural"),
        ([like(outcome="crashed", command=""), PASSED], "emulated"),
        # Hardware knows better than an emulator, whichever way.
        ([FAILED, EXECUTED], "executed"),
        ([PASSED, like(proof="executed", cpu="", outcome="failed")], "structural"),
    ],
)
def test_runs_together(runs: list[ProofRun], proof: Proof) -> None:
    assert strongest(runs) == proof
