"""``orchestrate export``: the wheelhouse as a package index of static files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestrator.cli.wheelhouse import wheelhouse_option
from orchestrator.words import counted

if TYPE_CHECKING:
    from orchestrator.index.manifest import Exported
    from orchestrator.index.places import Place


@click.command()
@click.argument("destination", metavar="DIR|URL")
@wheelhouse_option("What is exported.")
@click.option(
    "--public-url",
    metavar="URL",
    default="",
    help="Where users reach the index: for links that must be whole, and examples.",
)
@click.option(
    "--upstream",
    metavar="URL",
    default="",
    help="Index whose pages are merged into those of the names that index.toml lists.",
)
@click.option(
    "--grace",
    metavar="SECONDS",
    type=click.IntRange(min=0),
    default=600,
    show_default=True,
    help="How long files stay that no page lists any more: a later export deletes them.",
)
@click.option(
    "--copy",
    is_flag=True,
    help="Copy wheels also where they could be hard links to those of the wheelhouse.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def export(
    *,
    destination: str,
    wheelhouse: Path,
    public_url: str,
    upstream: str,
    grace: int,
    copy: bool,
    as_json: bool,
) -> None:
    """Bring the static index in DIR, or below s3://BUCKET/PREFIX, up to date.

    Any web server can serve it; DIR/_server holds configurations for nginx and Caddy, which have
    every client get the form of page that it takes.
    """
    from datetime import UTC, datetime, timedelta  # noqa: PLC0415 (--help stays quick)

    from orchestrator.index.export import Exporter  # noqa: PLC0415
    from orchestrator.index.manifest import unmarked  # noqa: PLC0415
    from orchestrator.index.site_pages import site_pages  # noqa: PLC0415
    from orchestrator.index.snippets import FOLDER, snippets  # noqa: PLC0415
    from orchestrator.index.sources import quiet, whole_facts  # noqa: PLC0415

    facts = whole_facts(wheelhouse, upstream)
    place = _place(destination, copy=copy)
    exporter = Exporter(
        facts,
        place,
        makers=(
            lambda: site_pages(facts, public_url),
            unmarked(FOLDER, lambda: snippets(place.address)),
        ),
        public_url=public_url,
        quiet=lambda: quiet(wheelhouse),
        grace=timedelta(seconds=grace),
        now=datetime.now(UTC),
    )
    done = exporter.run()
    if as_json:
        import msgspec  # noqa: PLC0415

        said = {"export": place.address, **msgspec.to_builtins(done)}
        click.echo(msgspec.json.encode(said).decode())
        return
    for line in _said(done, place.address):
        click.echo(line)


def _place(destination: str, *, copy: bool) -> Place:
    from orchestrator.index.places import Folder, Objects  # noqa: PLC0415

    if "://" not in destination:
        return Folder(Path(destination).absolute(), copy=copy)
    from orchestrator.wheelhouse.bucket import Bucket  # noqa: PLC0415
    from orchestrator.wheelhouse.shared import checked_address  # noqa: PLC0415

    return Objects(Bucket(checked_address(destination)))


def _said(done: Exported, address: str) -> list[str]:
    changes = [
        (done.taken, "file", "taken"),
        (done.pages, "page", "written"),
        (done.deleted, "file", "deleted"),
        (done.withdrawn, "file", "withdrawn, to be deleted later"),
    ]
    what = [f"{counted(number, noun)} {how}" for number, noun, how in changes if number]
    rest = f"{done.unchanged} as they were" if what else "nothing changed"
    return [
        f"{address}: {counted(done.projects, 'project')}, {counted(done.files, 'file')}",
        f"  {', '.join([*what, rest])}",
        *(f"  left out, as it kept changing: {name}" for name in done.missing),
    ]
