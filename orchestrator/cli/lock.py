"""``orchestrate lock``: what a plan is made of, written down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from orchestrator.cli.inputs import Asked, input_options
from orchestrator.cli.wheelhouse import recipes_option, wheelhouse_option
from orchestrator.errors import EXIT_BUILD

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@input_options
@wheelhouse_option("Of the plan.")
@recipes_option()
@click.option("--upgrade", is_flag=True, help="Take the newest build requirements that will do.")
@click.pass_context
def lock(
    context: click.Context,
    *,
    asked: Asked,
    wheelhouse: Path,
    recipes: tuple[Path, ...],
    upgrade: bool,
) -> None:
    """Write orchestrate.lock: sources, build requirements, toolchains, recipes of a plan.

    It lies in the folder of --project, or in the working directory. With the same inputs,
    `orchestrate build --locked` builds exactly that, or says what differs.
    """
    from orchestrator.pipeline.locks import lock_path, write_lock  # noqa: PLC0415 (quick --help)
    from orchestrator.pipeline.plans import PlanOptions, plan_inputs  # noqa: PLC0415
    from orchestrator.report.reporter import watching  # noqa: PLC0415
    from orchestrator.words import counted  # noqa: PLC0415

    if not asked.has_requirements:
        raise click.UsageError("Name REQUIREMENTs, or give -r, --project or --lock.")
    options = PlanOptions(
        wheelhouse=wheelhouse,
        recipes=recipes,
        explicit_platform=asked.explicit_platform,
        build_metadata=asked.build_metadata,
        fresh=upgrade,
    )
    with watching() as tell:
        plan = plan_inputs(asked.read(), asked.targets, options, tell)
    path = lock_path(asked.project)
    written = write_lock(plan, path)
    click.echo(
        f"{path}: {counted(len(written.package), 'package')}, "
        f"{counted(len(written.step), 'step')}, "
        f"{counted(len(written.build_requirement), 'build requirement')}"
    )
    for missing in plan.unbuildable:
        click.echo(f"{missing.label} can't be built ({missing.code}): {missing.message}", err=True)
    context.exit(EXIT_BUILD if plan.unbuildable else 0)
