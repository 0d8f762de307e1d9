"""``orchestrate emit github-actions``: a plan as a workflow."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestrator.cli.inputs import Asked, input_options
from orchestrator.cli.wheelhouse import recipes_option
from orchestrator.words import counted, duration

if TYPE_CHECKING:
    from orchestrator.pipeline.workflow import Emitted, Wanted


@click.command("github-actions")
@input_options
@recipes_option("A folder of recipes that refine the built-in ones, in the repository. Repeatable.")
@click.option(
    "--jobs",
    metavar="N",
    type=click.IntRange(min=1, max=100),
    default=4,
    show_default=True,
    help="How many jobs there may be for each kind of machine.",
)
@click.option(
    "--bucket",
    metavar="ADDRESS",
    default="",
    help="Keep wheels in an object store, s3://BUCKET/PREFIX.  [default: in artifacts]",
)
@click.option(
    "--orchestrate",
    "install",
    metavar="REQUIREMENT",
    default="",
    help="Where jobs install orchestrate from, as pip takes it.  [default: as it is here]",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where to write it, such as .github/workflows/wheels.yml.  [default: standard output]",
)
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def github_actions(
    *,
    asked: Asked,
    recipes: tuple[Path, ...],
    jobs: int,
    bucket: str,
    install: str,
    output: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Write a workflow that builds what the requirements' closure lacks, on GitHub's machines.

    The independent parts of the plan are jobs, on arm64 macOS and arm64 Linux; wheels are artifacts
    of the workflow, or go into a bucket. Run it in the folder of the repository.
    """
    from orchestrator.pipeline.workflow import Wanted  # noqa: PLC0415 (--help: quick)

    wanted = Wanted(
        most=jobs,
        bucket=bucket,
        install=install,
        recipes=recipes,
        build_metadata=asked.build_metadata,
    )
    emitted = _emit(asked, wanted, quiet=as_json)
    if output:
        from orchestrator.emit.write import write_files  # noqa: PLC0415

        write_files({output: emitted.text.encode()}, force=force)
    if as_json:
        _print_json(emitted, output)
    elif output:
        _say(emitted, output)
    else:
        click.echo(emitted.text, nl=False)


def _emit(asked: Asked, wanted: Wanted, *, quiet: bool) -> Emitted:
    from orchestrator.pipeline.workflow import emit_workflow  # noqa: PLC0415
    from orchestrator.report.reporter import watching  # noqa: PLC0415

    inputs, explicit = asked.read(), asked.explicit_platform
    with watching(quiet=quiet) as tell:
        return emit_workflow(inputs, asked.targets, wanted, tell, explicit=explicit)


def _say(emitted: Emitted, output: Path) -> None:
    click.echo(f"Wrote {output}: {counted(len(emitted.jobs), 'job')}")
    for job in emitted.jobs:
        after = f", after {' and '.join(job.needs)}" if job.needs else ""
        steps = counted(len(job.steps), "wheel")
        click.echo(f"  {job.name}: {steps}, about {duration(job.seconds)}{after}")
    for item in emitted.lost:
        click.echo(f"  not built: {item.name}=={item.version} for {item.target}: {item.message}")


def _print_json(emitted: Emitted, output: Path | None) -> None:
    import msgspec  # noqa: PLC0415

    shown = {
        "workflow": emitted.text,
        "written": str(output or ""),
        "jobs": [
            {
                "name": job.name,
                "runner": job.runner,
                "needs": job.needs,
                "steps": [item.step.label for item in job.steps],
                "seconds": job.seconds,
            }
            for job in emitted.jobs
        ],
        "unbuildable": emitted.lost,
    }
    click.echo(msgspec.json.encode(shown).decode())
