"""``orchestrate token``: who may read the wheel index, upload to it, or manage it."""

from __future__ import annotations

import contextlib
import getpass
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from orchestrator.cli.wheelhouse import wheelhouse_option

if TYPE_CHECKING:
    from orchestrator.index.tokens import Token

_FILE = click.option(
    "--tokens",
    "file",
    metavar="FILE",
    envvar="ORCHESTRATE_TOKENS",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="What `orchestrate serve --tokens` is given.  [default: $ORCHESTRATE_TOKENS]",
)
_WHEELHOUSE = wheelhouse_option("Whose journal gets a line.")


@click.group()
def token() -> None:
    """Make, list and revoke tokens of the wheel index."""


@token.command()
@_FILE
@click.option("--note", default="", help="Whose it is, e.g. 'CI of acme'.")
@click.option("--read", is_flag=True, help="It may read pages and files.")
@click.option(
    "--upload", metavar="PATTERN", multiple=True,
    help="It may upload files of projects with such names, e.g. 'acme-*'.",
)  # fmt: skip
@click.option("--admin", is_flag=True, help="It may do everything, also delete and yank.")
@click.option("--days", type=click.IntRange(1, 36500), help="After which it expires.")
@_WHEELHOUSE
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def create(
    *,
    file: Path,
    note: str,
    read: bool,
    upload: tuple[str, ...],
    admin: bool,
    days: int | None,
    wheelhouse: Path,
    as_json: bool,
) -> None:
    """Make a token and print it, once: only a digest of it is kept."""
    from orchestrator.index.journal import utc_now  # noqa: PLC0415 (--help stays quick)
    from orchestrator.index.tokens import Tokens  # noqa: PLC0415

    made, text = Tokens(file).create(
        created=utc_now(),
        note=note,
        read=read,
        upload=upload,
        admin=admin,
        expires=utc_now(days) if days else "",
    )
    _note("token created", made, wheelhouse)
    if as_json:
        import msgspec  # noqa: PLC0415

        click.echo(msgspec.json.encode({"token": text, **_shown(made)}))
        return
    click.echo(text)
    until = f"until {made.expires}" if made.expires else "until it is revoked"
    click.echo(f"{made.id} may {', '.join(made.scopes)} {until}. It is not shown again.", err=True)


@token.command("list")
@_FILE
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
def list_(*, file: Path, as_json: bool) -> None:
    """Show which tokens there are; the tokens themselves are nowhere kept."""
    from orchestrator.index.tokens import Tokens  # noqa: PLC0415 (--help stays quick)

    tokens = Tokens(file).all()
    if as_json:
        import msgspec  # noqa: PLC0415

        click.echo(msgspec.json.encode(list(map(_shown, tokens))))
        return
    if not tokens:
        click.echo(f"{file} has no token.")
    for one in tokens:
        until = f" until {one.expires}" if one.expires else ""
        note = f"  {one.note}" if one.note else ""
        click.echo(f"{one.id}  {one.created}{until}  {', '.join(one.scopes)}{note}")


@token.command()
@click.argument("identifiers", metavar="ID...", nargs=-1, required=True)
@_FILE
@_WHEELHOUSE
def revoke(*, identifiers: tuple[str, ...], file: Path, wheelhouse: Path) -> None:
    """Make tokens worthless, at once."""
    from orchestrator.index.tokens import Tokens  # noqa: PLC0415 (--help stays quick)

    for identifier in identifiers:
        # Also the token itself says its identifier, to whoever has nothing else.
        bare = identifier.removeprefix("orc_").partition("_")[0]
        gone = Tokens(file).revoke(bare)
        _note("token revoked", gone, wheelhouse)
        click.echo(f"{gone.id} is revoked.")


def _shown(token: Token) -> dict[str, object]:
    """Of a token what may be shown."""
    return {
        "id": token.id,
        "note": token.note,
        "scopes": token.scopes,
        "created": token.created,
        "expires": token.expires,
    }


def _note(event: Literal["token created", "token revoked"], token: Token, wheelhouse: Path) -> None:
    from orchestrator.index.journal import Journal  # noqa: PLC0415 (--help stays quick)

    if not (wheelhouse / ".records").is_dir():
        click.echo(f"In no journal: {wheelhouse} is no wheelhouse (--wheelhouse DIR).", err=True)
        return
    why = f"{', '.join(token.scopes)} {token.note}".strip()
    Journal(wheelhouse).add(event, who=operator(), subject=token.id, why=why)


def operator() -> str:
    """Who runs a command, as the journal calls them."""
    user = "?"
    with contextlib.suppress(OSError, KeyError):  # a container's user may have no name
        user = getpass.getuser()
    return f"{user}@{socket.gethostname()}"
