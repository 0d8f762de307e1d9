"""How programs of other machines end, as qemu and shells tell it."""

from orchestrator.prove.ending import ending_of_command, ending_of_imports

QEMU = """\
orchestrate: importing annoy
Fatal Python error: Segmentation fault

Current thread 0x0000004002a9c040 (most recent call first):
  File "<frozen importlib._bootstrap>", line 241 in _call_with_frames_removed
  File "/e/lib/python3.11/site-packages/annoy/__init__.py", line 15 in <module>
  File "/usr/lib/python3.11/importlib/__init__.py", line 126 in import_module
  File "/x/orchestrator/prove/importer.py", line 23 in main

Extension modules: annoy.annoylib (total: 1)
qemu: uncaught target signal 11 (Segmentation fault) - core dumped
""".splitlines()


def test_a_crash_under_qemu() -> None:
    ending = ending_of_imports(-11, QEMU)
    assert (ending.outcome, ending.reason) == ("crashed", "import of annoy: Segmentation fault")
    assert ending.details == (
        "Fatal Python error: Segmentation fault",
        "Current thread 0x0000004002a9c040 (most recent call first):",
        '  File "/e/lib/python3.11/site-packages/annoy/__init__.py", line 15 in <module>',
        "qemu: uncaught target signal 11 (Segmentation fault) - core dumped",
    )


def test_an_instruction_that_the_cpu_model_lacks() -> None:
    ending = ending_of_imports(-4, ["orchestrate: importing simd"])
    assert (ending.outcome, ending.reason) == ("crashed", "import of simd: Illegal instruction")


def test_an_interpreter_that_does_not_start() -> None:
    ending = ending_of_imports(1, ["qemu-aarch64: Could not open '/lib/ld-linux-aarch64.so.1'"])
    assert ending.outcome == "failed"
    assert ending.reason.startswith("start of the interpreter")
    assert ending.details == ("qemu-aarch64: Could not open '/lib/ld-linux-aarch64.so.1'",)


def test_a_shell_s_word_for_a_signal() -> None:
    assert ending_of_command(139, []).reason == "test command: Segmentation fault"
    assert ending_of_command(137, []).outcome == "crashed"
    assert ending_of_command(-6, []).reason == "test command: Aborted"


def test_a_large_exit_status_need_not_be_a_signal() -> None:
    assert ending_of_command(255, []).outcome == "failed"
    assert ending_of_command(128, []).outcome == "failed"


def test_many_failures_are_shown_as_far_as_there_is_room() -> None:
    lines = [f"FAILED test_a.py::test_{number}" for number in range(99)]
    details = ending_of_command(1, [*lines, "99 failed in 3.0s"]).details
    assert details[0] == lines[0]
    assert details[-1] == "99 failed in 3.0s"
    assert len(details) <= 16
