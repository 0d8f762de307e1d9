"""``orchestrate build``: the main job."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Literal

import click

from orchestrator.cli.ending import common_status, end_on_signals
from orchestrator.cli.inputs import Asked, input_options
from orchestrator.cli.wheelhouse import recipes_option, wheelhouse_option
from orchestrator.errors import OrchestratorError

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@input_options
@wheelhouse_option("Where wheels are published.")
@recipes_option()
@click.option(
    "--locked",
    is_flag=True,
    help="Build exactly what orchestrate.lock says, or say what differs; nothing else.",
)
@click.option("--no-deps", is_flag=True, help="Build only the REQUIREMENTs, not what they need.")
@click.option(
    "--jobs",
    metavar="N",
    type=click.IntRange(min=1),
    help="How many packages may compile at once.  [default: the CPUs of this machine]",
)
@click.option(
    "--runner",
    type=click.Choice(["orchestrate", "cibuildwheel"]),
    default="orchestrate",
    show_default=True,
    help="What compiles. cibuildwheel builds the REQUIREMENTs only, on a Mac or with docker.",
)
@click.option(
    "--cluster",
    metavar="ADDRESS",
    default="",
    help="Have the workers of this Dask cluster build (orchestrate worker), e.g. tcp://host:8786.",
)
@click.option("--fail-fast", is_flag=True, help="Start nothing more after the first failure.")
@click.option("--keep-build-dir", is_flag=True, help="Leave the build folders for a look.")
@click.option(
    "--timeout",
    metavar="MINUTES",
    type=click.FloatRange(min=0, min_open=True),
    default=180,
    show_default=True,
    help="How long one call of a build backend may take.",
)
@click.option(
    "--test",
    "testing",
    type=click.Choice(["auto", "imports", "none"]),
    default="auto",
    show_default=True,
    help="How far wheels are run, where this host can: auto runs their recipes' tests too.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("-v", "--verbose", is_flag=True, help="Show every line that the tools print.")
@click.pass_context
def build(
    context: click.Context,
    *,
    asked: Asked,
    wheelhouse: Path,
    recipes: tuple[Path, ...],
    locked: bool,
    no_deps: bool,
    jobs: int | None,
    runner: Literal["orchestrate", "cibuildwheel"],
    cluster: str,
    fail_fast: bool,
    keep_build_dir: bool,
    timeout: float,
    testing: Literal["auto", "imports", "none"],
    as_json: bool,
    verbose: bool,
) -> None:
    """Build arm64 wheels, and publish them into a wheelhouse.

    A REQUIREMENT is what pip takes (annoy, "numpy==2.2.6"), an sdist, a source directory or
    git+URL@REV: it is built, and so is what it needs that has no wheel. With -r, -c, --project
    or --lock, everything of their closure is built that has no wheel, and nothing else. What the
    wheelhouse already has is not built again.

    Exit status: 0 all built, 1 a build failed, 2 wrong input, 3 toolchain missing, 4 a wheel
    failed verification or its test.
    """
    from orchestrator.model import BuildReport  # noqa: PLC0415 (--help stays quick)
    from orchestrator.pipeline import build as pipeline  # noqa: PLC0415 (--help stays quick)
    from orchestrator.pipeline.locks import lock_path  # noqa: PLC0415
    from orchestrator.pipeline.workshop import BuildOptions, failure_of  # noqa: PLC0415
    from orchestrator.report.reporter import reporter_for  # noqa: PLC0415

    whole = bool(asked.files or asked.constraints or asked.project or asked.lock or locked)
    if not asked.has_requirements:
        raise click.UsageError("Name REQUIREMENTs, or give -r, --project or --lock.")
    if whole and no_deps:
        raise click.UsageError("--no-deps is for REQUIREMENTs alone, and not with --locked.")
    if whole and runner != "orchestrate":
        raise click.UsageError("--runner cibuildwheel is for REQUIREMENTs alone.")
    end_on_signals()
    with reporter_for(sys.stdout, as_json=as_json, verbose=verbose) as reporter:
        try:
            options = BuildOptions(
                platforms=asked.platforms,
                interpreters=asked.interpreters,
                explicit_platform=asked.explicit_platform,
                wheelhouse=wheelhouse,
                recipes=recipes,
                keep_build_dir=keep_build_dir,
                timeout=timeout * 60,
                test=testing,
                jobs=jobs or 0,
                cluster=cluster,
                fail_fast=fail_fast,
                build_metadata=asked.build_metadata,
                locked=lock_path(asked.project) if locked else None,
            )
            if runner == "cibuildwheel":
                from orchestrator.pipeline import cibuildwheel  # noqa: PLC0415

                report = cibuildwheel.build(asked.requirements, options, reporter.handle)
            elif whole:
                report = pipeline.build_closure(asked.read(), options, reporter.handle)
            else:
                deps = not no_deps
                report = pipeline.build(asked.requirements, options, reporter.handle, deps=deps)
        except OrchestratorError as error:
            if not as_json:
                raise
            # Programs read the last line, and it is always the summary.
            failure = failure_of(error, name=" ".join(asked.requirements))
            report = BuildReport(wheels=(), failed=(failure,), wheelhouse=wheelhouse.absolute())
        reporter.finish(report)
    context.exit(common_status(report.failed))
