"""``orchestrate test``: proof by running."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from orchestrator.cli.ending import common_status, end_on_signals
from orchestrator.cli.wheelhouse import WheelhousePath, recipes_option


@click.command()
@click.argument("wheels", metavar="WHEEL...", nargs=-1, type=click.Path(path_type=Path))
@recipes_option()
@click.option(
    "--wheelhouse",
    metavar="DIR|URL",
    envvar="ORCHESTRATE_WHEELHOUSE",
    type=WheelhousePath(),
    help="Holds the wheels' records and siblings.  [default: each wheel's own folder]",
)
@click.option(
    "--source",
    metavar="REQUIREMENT",
    default="",
    help="Where the tests' files come from.  [default: what the wheel's record says]",
)
@click.option("--imports-only", is_flag=True, help="Leave the recipes' test commands out.")
@click.option(
    "--cpu",
    "cpus",
    metavar="MODEL",
    multiple=True,
    help="CPU model of the emulator. Repeatable.  [default: max, then an ARMv8.0 one]",
)
@click.option(
    "--timeout",
    metavar="SECONDS",
    type=click.FloatRange(min=0, min_open=True),
    help="How long each program may take.  [default: its usual time, more when emulated]",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("-v", "--verbose", is_flag=True, help="Show every line that the programs print.")
@click.pass_context
def test(
    context: click.Context,
    *,
    wheels: tuple[Path, ...],
    recipes: tuple[Path, ...],
    wheelhouse: Path | None,
    source: str,
    imports_only: bool,
    cpus: tuple[str, ...],
    timeout: float | None,
    as_json: bool,
    verbose: bool,
) -> None:
    """Run WHEELs: install each into a fresh environment, import it, run its recipe's tests.

    A wheel for this machine's kind is run as it is; one for Linux aarch64 is run under an emulator
    (`orchestrate emulator setup`); one for macOS only on a Mac. What came of it is written into
    the wheel's record, where its wheelhouse has one.

    Exit status: 0 all passed, 2 wrong input, 3 nothing here runs a wheel or installs what it
    requires, 4 a test failed, 1 several of these.
    """
    from orchestrator.pipeline import testing  # noqa: PLC0415 (--help stays quick)
    from orchestrator.report.proofs import proofs_event, write_tested  # noqa: PLC0415
    from orchestrator.report.reporter import reporter_for  # noqa: PLC0415

    if not wheels:
        raise click.UsageError("Name the wheels to run, such as: orchestrate test wheelhouse/*.whl")
    end_on_signals()
    options = testing.TestOptions(
        wheelhouse=wheelhouse,
        recipes=recipes,
        source=source,
        imports_only=imports_only,
        cpus=tuple(dict.fromkeys(cpus)),
        seconds=timeout or 0,
    )
    with reporter_for(sys.stdout, as_json=as_json, verbose=verbose) as reporter:
        tested = testing.prove_wheels(wheels, options, reporter.handle)
    if as_json:
        click.echo(json.dumps(proofs_event(tested)))
    else:
        write_tested(tested, sys.stdout)
    context.exit(common_status([wheel.failure for wheel in tested if wheel.failure]))
