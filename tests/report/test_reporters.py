import io
import json
import os
import pty
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import msgspec
import pytest
import sample_run
from rich.console import Console
from sample_run import ANNOY, ARGON, ARGON_WHEEL, REPORT, UJSON_WHEEL

from orchestrator.model import (
    BuildReport,
    Event,
    LogLine,
    Notice,
    PhaseStarted,
    Progress,
    StepFinished,
    StepStarted,
    StepTested,
)
from orchestrator.report.live import LiveReporter
from orchestrator.report.reporter import reporter_for
from orchestrator.report.summary import install_command, print_summary

SUMMARY_KEYS = {
    "wheels": [
        "name",
        "version",
        "kind",
        "filename",
        "path",
        "sha256",
        "platform",
        "python",
        "proof",
        "runs",
        "fingerprint",
        "cached",
        "seconds",
    ],
    "failed": ["name", "version", "code", "message", "hint", "log"],
    "skipped": ["step", "because"],
}


def told(*, as_json: bool = False, verbose: bool = False) -> list[str]:
    """The lines of the sample run in a pipe."""
    stream = io.StringIO()
    with reporter_for(stream, as_json=as_json, verbose=verbose) as reporter:
        for part in sample_run.events():
            for event in part:
                reporter.handle(event)
        reporter.finish(REPORT)
    return stream.getvalue().splitlines()


# --- JSON -----------------------------------------------------------------------------------


def test_json_is_one_object_a_line_and_the_summary_last() -> None:
    *events, summary = [json.loads(line) for line in told(as_json=True)]
    assert list(summary) == ["event", "wheels", "failed", "skipped", "install"]
    assert summary["event"] == "summary"
    for key, names in SUMMARY_KEYS.items():
        assert summary[key]
        assert all(list(item) == names for item in summary[key])
    assert summary["wheels"][1] == {
        "name": "ujson",
        "version": "5.10.0",
        "kind": "wheel",
        "filename": UJSON_WHEEL,
        "path": f"/home/someone/projects/wheelhouse/{UJSON_WHEEL}",
        "sha256": "ab" * 32,
        "platform": "macosx_11_0_arm64",
        "python": "3.11",
        "proof": "structural",
        "runs": [],
        "fingerprint": "cd" * 32,
        "cached": True,
        "seconds": 74.0,
    }
    assert [event["event"] for event in events if event.get("step") == ANNOY] == [
        "started",
        "phase",
        "phase",
        "phase",
        "failed",
    ]


def test_json_events_decode_to_the_same_values() -> None:
    *events, _ = told(as_json=True, verbose=True)
    decoded = [msgspec.json.decode(line, type=Event) for line in events]
    assert decoded == [event for part in sample_run.events() for event in part]


def test_json_of_undecodable_output() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    line = b"caf\xe9 \xc3\xa9".decode("utf-8", "surrogateescape")
    with reporter_for(stream, as_json=True, verbose=True) as reporter:
        reporter.handle(LogLine(step="s", line=line))
    stream.seek(0)
    assert json.loads(stream.read())["line"] == line


def test_nothing_else_on_standard_output_with_json() -> None:
    done = subprocess.run(
        [sys.executable, sample_run.__file__, "json", "verbose"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.stderr == ""
    events = [json.loads(line)["event"] for line in done.stdout.splitlines()]
    assert events[-1] == "summary"
    assert events.count("log") == 4


# --- plain ----------------------------------------------------------------------------------


def test_plain_lines() -> None:
    lines = told()
    assert f"{ANNOY}: environment" in lines
    assert f"{ANNOY}: failed: BLD002 {sample_run.MESSAGE}" in lines
    assert f"{ARGON}: {ARGON_WHEEL} (7.2 s)" in lines
    assert f"{sample_run.USER}: not tried because of {ANNOY}" in lines
    assert f"{ARGON}: note: dropped -flto: the linker has no LTO for Mach-O" in lines
    assert not [line for line in lines if "| " in line and line.startswith(ANNOY)]
    assert "\x1b" not in "".join(lines)


def test_plain_verbose_shows_the_tools_lines_cleaned() -> None:
    lines = told(verbose=True)
    assert f"{ANNOY}: | running build_ext [not markup]" in lines
    assert f"{ARGON}: | 100% of extras/libargon2/src/blake2/blake2b.c" in lines


def test_plain_summary() -> None:
    lines = told()
    start = lines.index("2 wheels (1 built, 1 reused) in /home/someone/projects/wheelhouse")
    assert lines[start + 1 : start + 3] == [
        f"  {ARGON_WHEEL}  54.3 kB   7.2 s  structural",
        f"  {UJSON_WHEEL.ljust(len(ARGON_WHEEL))}   1.3 MB  cached  structural",
    ]
    error = lines.index(f"error[BLD002]: {sample_run.MESSAGE}")
    assert error > start
    assert lines[error + 1] == f"  {sample_run.FAILED.details[0]}"
    assert f"  hint: {sample_run.HINT}" in lines
    assert f"  log: {sample_run.LOG}" in lines
    cause = lines.index(f"Not tried because of {ANNOY}:")
    assert lines[cause + 1] == f"  {sample_run.USER}"
    assert lines[-1] == "1 of 4 failed, 1 not tried."


def test_plain_output_to_a_stream_that_lacks_letters() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    with reporter_for(stream, as_json=False, verbose=True) as reporter:
        reporter.handle(LogLine(step="s", line="naïve"))
    stream.seek(0)
    assert stream.read() == "s: | na\\xefve\n"


def test_install_command_is_quoted_and_names_each_project_once() -> None:
    report = BuildReport(
        wheels=(*sample_run.WHEELS, sample_run.WHEELS[0]), failed=(), wheelhouse=Path("/my house")
    )
    assert install_command(report) == (
        "pip install --no-index --find-links '/my house' argon2-cffi-bindings ujson"
    )


def test_pipes_do_not_pay_for_rich() -> None:
    code = (
        "import sys; from orchestrator.report.reporter import reporter_for; "
        "reporter_for(sys.stdout, as_json=False, verbose=False); "
        "print([name for name in sys.modules if name.startswith('rich')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# --- terminals ------------------------------------------------------------------------------


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def drawn(reporter: LiveReporter, width: int = 80) -> list[str]:
    """The running steps as they look."""
    console = Console(file=io.StringIO(), width=width)
    with console.capture() as capture:
        console.print(reporter._running())
    return [line.rstrip() for line in capture.get().splitlines()]


@pytest.fixture
def eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


@pytest.mark.usefixtures("eighty_columns")
def test_rows_of_running_steps() -> None:
    clock = Clock()
    reporter = LiveReporter(io.StringIO(), verbose=False, clock=clock)
    reporter.handle(StepStarted(step=ANNOY))
    reporter.handle(PhaseStarted(step=ANNOY, phase="environment"))
    clock.now = 5
    reporter.handle(StepStarted(step=ARGON))
    reporter.handle(PhaseStarted(step=ARGON, phase="build"))
    reporter.handle(LogLine(step=ARGON, line="\x1b[31m[red]" + "x" * 200))
    clock.now = 67
    first, second = drawn(reporter)
    assert first == "annoy==1.17.3                 environment  1:07"
    assert second.startswith("argon2-cffi-bindings==21.2.0  build        1:02  [red]xxx")
    assert second.endswith("x…")
    assert len(second) <= 80
    reporter.handle(PhaseStarted(step=ARGON, phase="repair"))
    assert drawn(reporter)[1] == "argon2-cffi-bindings==21.2.0  repair       1:02"
    reporter.handle(StepFinished(step=ARGON, filename="f", cached=False, seconds=1))
    assert drawn(reporter) == ["annoy==1.17.3  environment  1:07"]


@pytest.mark.usefixtures("eighty_columns")
def test_below_the_rows_is_how_far_the_run_is() -> None:
    clock = Clock()
    reporter = LiveReporter(io.StringIO(), verbose=False, clock=clock)
    reporter.handle(StepStarted(step=ANNOY))
    reporter.handle(Progress(ended=3, total=12))
    assert drawn(reporter)[-1] == "3 of 12"
    reporter.handle(Progress(ended=4, total=12, seconds=150))
    clock.now = 60
    assert drawn(reporter)[-1] == "4 of 12, about 1 min 30 s left"


@pytest.mark.usefixtures("eighty_columns")
def test_rows_name_targets_that_differ() -> None:
    reporter = LiveReporter(io.StringIO(), verbose=False, clock=Clock())
    other = ANNOY.replace("cp311", "cp313")
    for step in (ANNOY, other):
        reporter.handle(StepStarted(step=step))
    first, second = drawn(reporter)
    assert first.startswith("annoy==1.17.3 cp311-macosx")
    assert second.startswith("annoy==1.17.3 cp313-macosx")


@pytest.mark.usefixtures("eighty_columns")
def test_what_stays_above_the_rows() -> None:
    stream = io.StringIO()
    reporter = LiveReporter(stream, verbose=False, clock=Clock())
    for part in sample_run.events():
        for event in part:
            reporter.handle(event)
    lines = [line.rstrip() for line in stream.getvalue().splitlines()]
    assert f"  cached {UJSON_WHEEL}" in lines
    assert f"   built {ARGON_WHEEL}  7.2 s" in lines
    assert f"  failed {ANNOY}  BLD002" in lines
    note = lines.index(next(line for line in lines if line.startswith("    note argon2")))
    assert lines[note + 1].startswith("         ")
    assert max(map(len, lines)) <= 80
    assert "build_ext" not in stream.getvalue()


@pytest.mark.parametrize("width", [40, 80, 200])
def test_summary_fits(width: int) -> None:
    console = Console(file=io.StringIO(), width=width)
    with console.capture() as capture:
        print_summary(REPORT, console)
    text = capture.get()
    if width >= 80:
        assert re.search(r"wheel +size +time +proof", text)
        assert re.search(rf"{UJSON_WHEEL} +1\.3 MB +cached +structural", text)
    assert "--find-links /home/someone/projects/wheelhouse argon2-cffi-bindings ujson" in text
    assert "error[BLD002]" in text
    assert f"log: {sample_run.LOG}\n" in text  # in one piece, to be copied
    prose = [line for line in text.splitlines() if "/home/" not in line and "==" not in line]
    assert max(len(line.rstrip()) for line in prose) <= max(width, 70)


def through_terminal(*words: str) -> str:
    """What the sample run writes to a real terminal of 80 columns."""
    code = f"import pty, sys; pty.spawn([sys.executable, {sample_run.__file__!r}, *{words!r}])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "TERM": "xterm-256color",
            "COLUMNS": "80",
        },
    )
    return done.stdout.decode()


@pytest.mark.parametrize("terminal", [False, True])
def test_a_wheel_that_was_run_says_what_it_proved(terminal: bool) -> None:
    stream = io.StringIO()
    plain = reporter_for(stream, as_json=False, verbose=False)
    reporter = LiveReporter(stream, verbose=False) if terminal else plain
    with reporter:
        reporter.handle(StepStarted(step="tiny.whl"))
        reporter.handle(StepTested(step="tiny.whl", proof="emulated", seconds=2.0))
    (line,) = stream.getvalue().splitlines()
    assert "tiny.whl" in line
    assert "emulated" in line
    assert "2.0 s" in line


def test_terminal_is_live_and_left_as_it_was() -> None:
    text = through_terminal()
    assert "\x1b[2K" in text  # lines were redrawn
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h") == 1  # the cursor hidden, shown
    assert "0:00" in text
    final = text[text.rindex("\x1b[?25h") :]
    assert UJSON_WHEEL in final
    assert "\x1b[1;31merror[BLD002]:" in final
    assert final.rstrip().endswith("1 of 4 failed, 1 not tried.\x1b[0m")


def test_terminal_verbose_shows_every_line() -> None:
    text = through_terminal("verbose")
    assert "running build_ext [not markup]" in text
    assert "-c src/annoymodule.cc -o build/annoymodule.o" in text


def test_threads_and_the_drawing_thread_do_not_block_each_other() -> None:
    master, slave = pty.openpty()
    drain = threading.Thread(target=drained, args=(master,), daemon=True)
    drain.start()
    with os.fdopen(slave, "w") as stream:
        reporter = reporter_for(stream, as_json=False, verbose=True)
        with reporter:
            workers = [
                threading.Thread(target=chatter, args=(reporter.handle, number), daemon=True)
                for number in range(6)
            ]
            for worker in workers:
                worker.start()
            end = time.monotonic() + 30
            for worker in workers:
                worker.join(end - time.monotonic())
            assert not [worker for worker in workers if worker.is_alive()]
    drain.join(10)


def chatter(handle: object, number: int) -> None:
    assert callable(handle)
    step = f"package{number}==1 for cp311-macosx_11_0_arm64"
    handle(StepStarted(step=step))
    for count in range(100):
        handle(LogLine(step=step, line=f"line {count}"))
    handle(Notice(step=step, message="done"))
    handle(StepFinished(step=step, filename="x.whl", cached=False, seconds=1))


def drained(terminal: int) -> None:
    try:
        while os.read(terminal, 65536):
            pass
    except OSError:
        pass  # the other side was closed
    finally:
        os.close(terminal)
