import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from orchestrator.targets.host import (
    COMMAND_NOT_FOUND,
    Answer,
    Run,
    mac_host,
    run_command,
    this_host,
)

APPLE = Path(__file__).parent.parent / "data" / "apple"


def kernel(known: dict[str, str]) -> Run:
    """A Mac's ``sysctl``, which this machine lacks: it knows some names and no others."""

    def run(command: Sequence[str]) -> Answer:
        assert tuple(command[:2]) == ("sysctl", "-n")
        if command[2] in known:
            return Answer(status=0, stdout=f"{known[command[2]]}\n")
        return Answer(status=1, stderr=(APPLE / "sysctl-unknown-translated.txt").read_text())

    return run


@pytest.mark.parametrize(
    ("known", "arch", "translated"),
    [
        ({"hw.optional.arm64": "1", "sysctl.proc_translated": "0"}, "arm64", False),
        ({"hw.optional.arm64": "1", "sysctl.proc_translated": "1"}, "arm64", True),
        ({"hw.optional.arm64": "0"}, "x86_64", False),
        ({}, "x86_64", False),
    ],
    ids=["apple silicon", "rosetta", "late intel", "intel"],
)
def test_a_mac_is_what_its_kernel_says(known: dict[str, str], arch: str, translated: bool):
    host = mac_host(kernel(known))
    assert (host.os, host.arch, host.translated) == ("macos", arch, translated)


def test_this_machine():
    host = this_host()
    if sys.platform == "darwin":
        assert host.os == "macos"
    else:
        assert (host.os, host.arch) == (sys.platform, platform.machine())
        assert not host.translated


def test_a_program_that_is_not_there_is_an_answer():
    answer = run_command(("/no/such/program",))
    assert answer.status == COMMAND_NOT_FOUND
    assert "/no/such/program" in answer.stderr
    assert answer.text == ""


def test_questions_get_no_input():
    script = "import sys; print(repr(sys.stdin.read()))"
    assert run_command((sys.executable, "-c", script)).text == "''"


def test_the_output_of_a_failure_is_not_an_answer():
    script = "print('half an answer'); raise SystemExit(3)"
    answer = run_command((sys.executable, "-c", script))
    assert (answer.status, answer.text) == (3, "")


def test_output_that_is_no_text_is_an_answer_too():
    script = f"import os; os.write(1, {os.fsencode('ok')!r} + b'\\xff')"
    assert run_command((sys.executable, "-c", script)).text.startswith("ok")
