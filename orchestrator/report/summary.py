"""What a run ends with: the wheels, how to install them, and what failed and why."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import msgspec

from orchestrator.report.problem import print_problem, problem_of_failure, write_problem
from orchestrator.report.text import write_line
from orchestrator.words import counted, duration, size

if TYPE_CHECKING:
    from typing import TextIO

    from rich.console import Console

    from orchestrator.model import BuildReport, Record


def summary_event(report: BuildReport) -> dict[str, object]:
    """The last line of ``--json``, as plain data."""
    return {
        "event": "summary",
        "wheels": [
            {
                "name": wheel.record.name,
                "version": wheel.record.version,
                "kind": wheel.record.kind,
                "filename": wheel.record.filename,
                "path": str(wheel.path),
                "sha256": wheel.record.sha256,
                "platform": wheel.record.platform,
                "python": wheel.record.python,
                "proof": wheel.record.proof,
                "runs": msgspec.to_builtins(wheel.record.runs),
                "fingerprint": wheel.record.fingerprint,
                "cached": wheel.cached,
                "seconds": wheel.record.seconds,
            }
            for wheel in report.wheels
        ],
        "failed": [
            {
                "name": failure.name,
                "version": failure.version,
                "code": failure.code,
                "message": failure.message,
                "hint": failure.hint,
                "log": failure.log,
            }
            for failure in report.failed
        ],
        "skipped": [msgspec.to_builtins(skipped) for skipped in report.skipped],
        "install": list(report.install),
    }


def write_summary(report: BuildReport, stream: TextIO) -> None:
    """Writes the summary as plain lines."""
    rows = _rows(report)
    if rows:
        write_line(stream, f"\n{_heading(report)}")
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        for file, amount, time, proof in rows:
            cells = file.ljust(widths[0]), amount.rjust(widths[1]), time.rjust(widths[2]), proof
            write_line(stream, "  " + "  ".join(cells))
    if commands := install_commands(report):
        write_line(stream, "\nInstall on the target:")
        for command in commands:
            write_line(stream, f"  {command}")
    for failure in report.failed:
        write_line(stream, "")
        write_problem(problem_of_failure(failure), stream)
    for line in _not_tried(report):
        write_line(stream, line)
    if report.failed:
        write_line(stream, f"\n{_score(report)}")


def print_summary(report: BuildReport, console: Console) -> None:
    """Prints the summary on a terminal."""
    from rich.table import Table  # noqa: PLC0415 (only terminals need it)

    rows = _rows(report)
    if rows:
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
        table.add_column("wheel", overflow="fold")
        table.add_column("size", justify="right", no_wrap=True)
        table.add_column("time", justify="right", no_wrap=True)
        table.add_column("proof", no_wrap=True)
        for row in rows:
            table.add_row(*row)
        console.print()
        console.print(_heading(report), soft_wrap=True, highlight=False, markup=False)
        console.print(table, highlight=False)
    if commands := install_commands(report):
        console.print("\nInstall on the target:", style="dim")
        for command in commands:
            console.print(f"  {command}", soft_wrap=True, highlight=False, markup=False)
    for failure in report.failed:
        console.print()
        print_problem(problem_of_failure(failure), console)
    for line in _not_tried(report):
        console.print(line, soft_wrap=True, highlight=False, markup=False)
    if report.failed:
        console.print(f"\n{_score(report)}", style="bold", highlight=False)


def install_commands(report: BuildReport) -> tuple[str, ...]:
    """The commands that install what the run was asked for; none where there is nothing."""
    if report.install or not report.wheels:
        return report.install
    return (install_command(report),)


def install_command(report: BuildReport) -> str:
    """The command that installs this run's wheels, quoted for a shell."""
    records = [wheel.record for wheel in report.wheels]
    redirects = {record.name: record.version for record in records if record.kind == "redirect"}
    names = sorted(
        {
            f"{record.name}=={redirects[record.name]}" if record.name in redirects else record.name
            for record in records
        }
    )
    # What a redirect requires is on an index; the version keeps installers from newer ones there.
    offline = [] if redirects else ["--no-index"]
    return shlex.join(["pip", "install", *offline, "--find-links", str(report.wheelhouse), *names])


def _rows(report: BuildReport) -> list[tuple[str, str, str, str]]:
    """File, size, time and proof of each wheel."""
    return [
        (
            wheel.record.filename,
            size(wheel.record.size),
            "cached" if wheel.cached else duration(wheel.record.seconds),
            _proof(wheel.record),
        )
        for wheel in report.wheels
    ]


def _proof(record: Record) -> str:
    """``emulated, 160 tests``; without a number where nothing was counted."""
    if record.kind == "redirect":
        return record.kind
    most = max((sum(run.tests.values()) for run in record.runs), default=0)
    return f"{record.proof}, {counted(most, 'test')}" if most else record.proof


def _heading(report: BuildReport) -> str:
    reused = sum(wheel.cached for wheel in report.wheels)
    built = len(report.wheels) - reused
    parts = f" ({built} built, {reused} reused)" if built and reused else ""
    return f"{counted(len(report.wheels), 'wheel')}{parts} in {report.wheelhouse}"


def _not_tried(report: BuildReport) -> tuple[str, ...]:
    """What was left out, by the failure that is the cause."""
    causes = dict.fromkeys(skipped.because for skipped in report.skipped)
    return tuple(
        line
        for cause in causes
        for line in (
            f"\nNot tried because of {cause}:",
            *(f"  {skipped.step}" for skipped in report.skipped if skipped.because == cause),
        )
    )


def _score(report: BuildReport) -> str:
    total = len(report.wheels) + len(report.failed) + len(report.skipped)
    skipped = f", {len(report.skipped)} not tried" if report.skipped else ""
    return f"{len(report.failed)} of {total} failed{skipped}."
