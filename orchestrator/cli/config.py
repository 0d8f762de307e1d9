"""``orchestrate config``: what clients need to use an index."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import click

from orchestrator.index.clients import CLIENTS, CREDENTIALS, configuration, place_of

if TYPE_CHECKING:
    from orchestrator.index.clients import Credentials


@click.command()
@click.argument("client", type=click.Choice(tuple(CLIENTS)))
@click.argument("url")
@click.option(
    "--name",
    default="internal",
    show_default=True,
    help="What the configuration calls the index; variables are named after it.",
)
@click.option(
    "--credentials",
    type=click.Choice(CREDENTIALS),
    default="none",
    show_default=True,
    help="Where the client finds its token, which is never printed: in environment variables"
    " (of docker: build secrets), in a netrc file, or in the keyring.",
)
@click.option(
    "--beside",
    is_flag=True,
    help="Leave the client its usual index too, for what this one lacks.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def config(
    *, client: str, url: str, name: str, credentials: str, beside: bool, as_json: bool
) -> None:
    """Print what CLIENT needs to use the index at URL, and say which file it belongs into.

    The file is named on standard error, so that what is printed can be put into it.
    """
    place = place_of(url, name=name, credentials=cast("Credentials", credentials), beside=beside)
    made = configuration(client, place)
    if as_json:
        import msgspec  # noqa: PLC0415

        click.echo(msgspec.json.encode(made).decode())
        return
    click.echo(made.text, nl=False)
    click.echo(f"This belongs into {made.file}", err=True)
