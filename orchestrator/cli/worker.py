"""``orchestrate worker``: what this machine builds for a cluster."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from orchestrator.pipeline.worker import Joined


@click.command()
@click.argument("address")
@click.option(
    "--platform",
    "platforms",
    metavar="TAG",
    multiple=True,
    help="Build for this one only. Repeatable.  [default: all that this machine builds for]",
)
@click.option("--jobs", metavar="N", type=click.IntRange(min=1), help="Steps that compile at once.")
@click.option("--memory", metavar="SIZE", default="", help="What they share, e.g. 16GB.")
@click.option("--name", default="", help="In the cluster.  [default: host and process]")
@click.option("--json", "as_json", is_flag=True, help="What it offers, as a JSON object.")
def worker(
    address: str,
    *,
    platforms: tuple[str, ...],
    jobs: int | None,
    memory: str,
    name: str,
    as_json: bool,
) -> None:
    """Do steps of builds that are directed elsewhere, until Ctrl-C.

    ADDRESS is that of a Dask scheduler, e.g. tcp://192.0.2.1:8786 (`dask scheduler` starts one).
    `orchestrate build --cluster ADDRESS` sends steps to the workers that can build them.
    Whoever can reach the scheduler can run programs here: keep it in a network that you trust.

    Exit status: 0 ended by a signal, 1 the cluster is gone, 2 there is none, 3 no toolchain.
    """
    from orchestrator.pipeline.worker import Offer, work  # noqa: PLC0415 (--help stays quick)
    from orchestrator.targets.tags import parse_platform  # noqa: PLC0415

    offer = Offer(
        platforms=tuple(map(parse_platform, platforms)),
        jobs=jobs or 0,
        memory=_bytes(memory) if memory else 0,
        name=name,
    )
    work(address, offer, _as_json if as_json else _as_text)


def _bytes(text: str) -> int:
    from orchestrator.pipeline.dask import parse_size  # noqa: PLC0415 (--help stays quick)

    try:
        return parse_size(text)
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is no size; 16GB is one.") from error


def _as_json(joined: Joined) -> None:
    import msgspec  # noqa: PLC0415 (--help stays quick)

    click.echo(json.dumps({"event": "joined", **msgspec.to_builtins(joined)}))


def _as_text(joined: Joined) -> None:
    click.echo(
        f"worker {joined.name} at {joined.address}: {joined.jobs} steps at once, "
        f"{joined.cpus} CPUs, {joined.memory / 2**30:.1f} GiB"
    )
    for resource in joined.resources:
        click.echo(f"  {resource}")
