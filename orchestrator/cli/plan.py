"""``orchestrate plan``: what a build would do, and why."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from orchestrator.cli.inputs import Asked, input_options
from orchestrator.cli.wheelhouse import recipes_option, wheelhouse_option

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.model import Plan


def _jobs(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> list[int]:  # noqa: ARG001
    found = [re.fullmatch(r"jobs=([1-9]\d{0,3})", value) for value in values]
    if not all(found):
        raise click.BadParameter("say jobs=N, such as jobs=16.")
    return [int(match[1]) for match in found if match]


@click.command()
@input_options
@wheelhouse_option("Whose wheels are not built again.")
@recipes_option()
@click.option(
    "--what-if",
    metavar="jobs=N",
    multiple=True,
    callback=_jobs,
    help="Say, too, how long it would take with N jobs on N CPUs. Repeatable.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--dot", "as_dot", is_flag=True, help="Print the graph for Graphviz.")
def plan(
    *,
    asked: Asked,
    wheelhouse: Path,
    recipes: tuple[Path, ...],
    what_if: list[int],
    as_json: bool,
    as_dot: bool,
) -> None:
    """Say what a build would do: steps, their order, what is there, what can't be built.

    Every package of the requirements' closure that has no wheel for a target becomes a step, and
    so does what its build needs and has no wheel either. Nothing is built.
    """
    import os  # noqa: PLC0415 (--help stays quick)

    from orchestrator.plan.outlook import outlook  # noqa: PLC0415

    found = _plan(asked, wheelhouse, recipes, quiet=as_json or as_dot)
    outlooks = [outlook(found, jobs) for jobs in (os.cpu_count() or 1, *what_if)]
    if as_dot:
        from orchestrator.plan.document import dot_of  # noqa: PLC0415

        click.echo(dot_of(found), nl=False)
    elif as_json:
        import msgspec  # noqa: PLC0415

        from orchestrator.plan.document import document_of  # noqa: PLC0415

        click.echo(msgspec.json.encode(document_of(found, outlooks)))
    else:
        from rich.console import Console  # noqa: PLC0415

        from orchestrator.report.plan_table import print_plan  # noqa: PLC0415

        print_plan(found, outlooks, Console())


def _plan(asked: Asked, wheelhouse: Path, recipes: tuple[Path, ...], *, quiet: bool) -> Plan:
    from orchestrator.pipeline.plans import PlanOptions, plan_inputs  # noqa: PLC0415
    from orchestrator.report.reporter import watching  # noqa: PLC0415

    options = PlanOptions(
        wheelhouse=wheelhouse,
        recipes=recipes,
        explicit_platform=asked.explicit_platform,
        build_metadata=asked.build_metadata,
    )
    with watching(quiet=quiet) as tell:
        return plan_inputs(asked.read(), asked.targets, options, tell)
