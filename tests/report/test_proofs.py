"""What is told of wheels that were run."""

import io
import json
from pathlib import Path

import msgspec

from orchestrator.model import Failure, ProofRun, TestedWheel
from orchestrator.report.proofs import proofs_event, write_tested

RUN = ProofRun(
    proof="emulated",
    host="Linux x86_64",
    runner="qemu-aarch64 7.2.22",
    cpu="max",
    python="3.11.2",
    imports=("msgpack",),
    command="pytest",
    outcome="passed",
    tests={"passed": 160, "skipped": 2},
    seconds=72.0,
    created="2025-06-01T12:00:00Z",
)
SECOND = msgspec.structs.replace(
    RUN, cpu="cortex-a57", command="", tests={}, imports=("a", "b"), seconds=1.9
)
NAME = "msgpack-1.1.2-cp311-cp311-manylinux_2_28_aarch64.whl"
PASSED = TestedWheel(
    path=Path("/house") / NAME, before="structural", proof="emulated", runs=(RUN, SECOND)
)
MESSAGE = "annoy-1.whl: import of annoy: Segmentation fault (qemu-aarch64 7.2.22, CPU max)"
FAILED = TestedWheel(
    path=Path("annoy-1.whl"),
    runs=(msgspec.structs.replace(RUN, outcome="crashed", tests={}, command=""),),
    failure=Failure(
        name="annoy-1.whl",
        version="",
        code="TST002",
        message=MESSAGE,
        hint="",
        log="/log",
        details=("Fatal Python error: Segmentation fault",),
    ),
)


def written(*tested: TestedWheel) -> list[str]:
    stream = io.StringIO()
    write_tested(tested, stream)
    return stream.getvalue().splitlines()


def test_one_line_a_run() -> None:
    lines = written(PASSED)
    assert lines[1].split() == ["proof", "CPU", "outcome", "ran", "time"]
    assert lines[2] == NAME
    assert lines[3].split()[:3] == ["emulated", "max", "passed"]
    assert "160 passed, 2 skipped" in lines[3]
    assert lines[3].endswith("1 min 12 s")
    assert "cortex-a57" in lines[4]
    assert "2 imports" in lines[4]
    assert lines[5] == "  in its record: structural -> emulated"
    assert len(lines) == 6
    assert all(len(line) <= 80 for line in lines)


def test_a_failure_says_all_and_the_score() -> None:
    text = "\n".join(written(PASSED, FAILED))
    assert "crashed" in text
    assert f"error[TST002]: {MESSAGE}" in text
    assert "Fatal Python error: Segmentation fault" in text
    assert text.endswith("1 of 2 wheels did not pass.")


def test_a_wheel_that_was_not_run_has_no_line() -> None:
    text = "\n".join(written(msgspec.structs.replace(FAILED, runs=())))
    assert "outcome" not in text
    assert "error[TST002]" in text


def test_for_programs() -> None:
    event = json.loads(json.dumps(proofs_event((PASSED, FAILED))))
    assert event["event"] == "summary"
    first, second = event["wheels"]
    assert (first["wheel"], first["before"], first["proof"]) == (NAME, "structural", "emulated")
    assert [run["cpu"] for run in first["runs"]] == ["max", "cortex-a57"]
    assert second["before"] is None
    assert [failure["code"] for failure in event["failed"]] == ["TST002"]
