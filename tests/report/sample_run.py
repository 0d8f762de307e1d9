"""A run as the pipeline would tell of it; as a program, shows it on standard output.

``python sample_run.py [json] [verbose] [slow]``
"""

import sys
import threading
import time
from pathlib import Path

from orchestrator.model import (
    BuildReport,
    Event,
    Failure,
    LogLine,
    Notice,
    PhaseStarted,
    Progress,
    PublishedWheel,
    Record,
    Skipped,
    Source,
    StepFailed,
    StepFinished,
    StepSkipped,
    StepStarted,
    ToolchainIdentity,
)
from orchestrator.report.reporter import Reporter, reporter_for

ANNOY = "annoy==1.17.3 for cp311-macosx_11_0_arm64"
ARGON = "argon2-cffi-bindings==21.2.0 for cp311-macosx_11_0_arm64"
UJSON = "ujson==5.10.0 for cp311-macosx_11_0_arm64"
USER = "uses-annoy==1.0 for cp311-macosx_11_0_arm64"
ARGON_WHEEL = "argon2_cffi_bindings-21.2.0-cp36-abi3-macosx_11_0_arm64.whl"
UJSON_WHEEL = "ujson-5.10.0-cp311-cp311-macosx_11_0_arm64.whl"
COMPILE = (
    "c++ -DNDEBUG -O3 -Wall -I/tmp/build/kit/include -c src/annoymodule.cc -o build/annoymodule.o"
)
HINT = "The whole output is in the log."
LOG = "/home/someone/projects/wheelhouse/.logs/annoy-1.17.3-cp311-macosx_11_0_arm64-1.log"
MESSAGE = "annoy==1.17.3: the build backend failed: src/annoymodule.cc does not compile"


def wheel(
    name: str, version: str, filename: str, *, size: int, seconds: float, cached: bool
) -> PublishedWheel:
    record = Record(
        format=1,
        name=name,
        version=version,
        filename=filename,
        sha256="ab" * 32,
        size=size,
        platform="macosx_11_0_arm64",
        python="3.11",
        proof="structural",
        fingerprint="cd" * 32,
        source=Source(name=name, version=version, kind="index", location=""),
        recipe_digest="",
        recipes=(),
        patches=(),
        toolchain=ToolchainIdentity(name="zig", versions={}),
        build_requires=(),
        grafted=(),
        findings=(),
        notes=(),
        requires_python="",
        metadata_sha256="",
        seconds=seconds,
        created="2025-06-01T12:00:00Z",
    )
    path = Path("/home/someone/projects/wheelhouse") / filename
    return PublishedWheel(record=record, path=path, cached=cached)


WHEELS = (
    wheel("argon2-cffi-bindings", "21.2.0", ARGON_WHEEL, size=54_321, seconds=7.25, cached=False),
    wheel("ujson", "5.10.0", UJSON_WHEEL, size=1_345_678, seconds=74.0, cached=True),
)
FAILED = Failure(
    name="annoy",
    version="1.17.3",
    code="BLD002",
    message=MESSAGE,
    hint=HINT,
    log=LOG,
    details=(
        "src/annoymodule.cc:15:10: fatal error: 'annoylib.h' file not found",
        '   15 | #include "annoylib.h"',
        "      |          ^~~~~~~~~~~~",
    ),
)
REPORT = BuildReport(
    wheels=WHEELS,
    failed=(FAILED,),
    wheelhouse=Path("/home/someone/projects/wheelhouse"),
    skipped=(Skipped(step=USER, because=ANNOY),),
)


def events() -> tuple[tuple[Event, ...], ...]:
    """What the threads of the run tell, one after the other."""
    annoy: tuple[Event, ...] = (
        StepStarted(step=ANNOY),
        PhaseStarted(step=ANNOY, phase="fetch"),
        PhaseStarted(step=ANNOY, phase="environment"),
        LogLine(step=ANNOY, line="Resolved 2 packages in 12ms\n"),
        PhaseStarted(step=ANNOY, phase="build"),
        LogLine(step=ANNOY, line="\x1b[1mrunning\x1b[0m build_ext [not markup]"),
        LogLine(step=ANNOY, line=COMPILE),
        StepFailed(step=ANNOY, code="BLD002", message=MESSAGE, hint=HINT, log=LOG),
        StepSkipped(step=USER, because=ANNOY),
        Progress(ended=3, total=4, seconds=90.0),
    )
    argon: tuple[Event, ...] = (
        StepStarted(step=ARGON),
        PhaseStarted(step=ARGON, phase="build"),
        LogLine(step=ARGON, line="10%\r50%\r100% of extras/libargon2/src/blake2/blake2b.c"),
        Notice(step=ARGON, message="dropped -flto: the linker has no LTO for Mach-O"),
        PhaseStarted(step=ARGON, phase="publish"),
        StepFinished(step=ARGON, filename=ARGON_WHEEL, cached=False, seconds=7.25),
    )
    ujson: tuple[Event, ...] = (
        StepStarted(step=UJSON),
        StepFinished(step=UJSON, filename=UJSON_WHEEL, cached=True, seconds=0.01),
    )
    return ujson, annoy, argon


def tell(reporter: Reporter, part: tuple[Event, ...], pause: float) -> None:
    for event in part:
        reporter.handle(event)
        time.sleep(pause)


def main(words: list[str]) -> None:
    pause = 0.4 if "slow" in words else 0.02
    reporter = reporter_for(sys.stdout, as_json="json" in words, verbose="verbose" in words)
    with reporter:
        threads = [threading.Thread(target=tell, args=(reporter, p, pause)) for p in events()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        reporter.finish(REPORT)


if __name__ == "__main__":
    main(sys.argv[1:])
