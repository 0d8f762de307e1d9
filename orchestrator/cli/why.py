"""``orchestrate why``: why a build would build something, or would not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from orchestrator.cli.inputs import Asked, input_options
from orchestrator.cli.wheelhouse import recipes_option, wheelhouse_option

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.plan.changes import Whys


@click.command()
@input_options
@wheelhouse_option("Whose wheels are compared with.")
@recipes_option()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def why(*, asked: Asked, wheelhouse: Path, recipes: tuple[Path, ...], as_json: bool) -> None:
    """Say which inputs changed since a wheel was built: source, recipe, toolchain, needs.

    With -r, --project or --lock, REQUIREMENTs are names of packages in that closure; none means
    all that would be built. Else they are what `orchestrate build` is given.
    """
    found = _whys(asked, wheelhouse, recipes, quiet=as_json)
    if as_json:
        import msgspec  # noqa: PLC0415 (--help stays quick)

        click.echo(msgspec.json.encode(found))
        return
    from rich.console import Console  # noqa: PLC0415

    from orchestrator.report.whys import print_whys  # noqa: PLC0415

    print_whys(found, Console())


def _whys(asked: Asked, wheelhouse: Path, recipes: tuple[Path, ...], *, quiet: bool) -> Whys:
    import msgspec  # noqa: PLC0415 (--help stays quick)
    from packaging.utils import canonicalize_name  # noqa: PLC0415

    from orchestrator.pipeline.plans import PlanOptions  # noqa: PLC0415
    from orchestrator.pipeline.whys import whys_of_closures, whys_of_requests  # noqa: PLC0415
    from orchestrator.pipeline.workshop import BuildOptions  # noqa: PLC0415
    from orchestrator.report.reporter import watching  # noqa: PLC0415

    if not (asked.files or asked.project or asked.lock):
        if not asked.requirements:
            raise click.UsageError("Name a package, or a closure with -r, --project or --lock.")
        options = BuildOptions(
            platforms=asked.platforms,
            interpreters=asked.interpreters,
            explicit_platform=asked.explicit_platform,
            wheelhouse=wheelhouse,
            recipes=recipes,
        )
        return whys_of_requests(asked.requirements, asked.targets, options)
    names = {canonicalize_name(name) for name in asked.requirements}
    inputs = msgspec.structs.replace(asked, requirements=()).read()
    ways = PlanOptions(
        wheelhouse=wheelhouse,
        recipes=recipes,
        explicit_platform=asked.explicit_platform,
        build_metadata=asked.build_metadata,
    )
    with watching(quiet=quiet) as tell:
        return whys_of_closures(names, inputs, asked.targets, ways, tell)
