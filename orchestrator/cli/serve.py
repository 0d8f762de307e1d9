"""``orchestrate serve``: the wheelhouse as a package index."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from orchestrator.cli.wheelhouse import wheelhouse_option

if TYPE_CHECKING:
    from typing import BinaryIO

    from orchestrator.index.server import Address


@click.command()
@wheelhouse_option("What is served.")
@click.option("--host", default="127.0.0.1", show_default=True, help="0.0.0.0: to everybody.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535))
@click.option("--base-path", metavar="/PATH", default="", help="Serve everything below this path.")
@click.option(
    "--public-url",
    metavar="URL",
    default="",
    help="Where users reach the index, e.g. through a proxy: for links that must be whole.",
)
@click.option(
    "--trust-proxy",
    metavar="ADDRESS",
    multiple=True,
    help="Believe X-Forwarded-For, -Proto and -Host of this address or network. Repeatable.",
)
@click.option(
    "--tokens",
    metavar="FILE",
    envvar="ORCHESTRATE_TOKENS",
    type=click.Path(path_type=Path),
    help="Who may do more than read (orchestrate token).  [default: $ORCHESTRATE_TOKENS]",
)
@click.option(
    "--upload-policy",
    type=click.Choice(["refuse", "accept"]),
    default="refuse",
    show_default=True,
    help="What becomes of uploaded wheels that verification finds errors in.",
)
@click.option(
    "--max-upload",
    metavar="MB",
    type=click.IntRange(1),
    default=1000,
    show_default=True,
    help="The largest file that can be uploaded.",
)
@click.option("--private", is_flag=True, help="Reading needs a token, too.")
@click.option(
    "--upstream",
    metavar="URL",
    default="",
    help="Merge what .index/index.toml lists with this index; 'default' is the one pip asks.",
)
@click.option("--tls-cert", metavar="FILE", type=click.Path(path_type=Path), help="PEM.")
@click.option("--tls-key", metavar="FILE", type=click.Path(path_type=Path), help="PEM.")
@click.option(
    "--access-log",
    metavar="FILE",
    default="-",
    help="A JSON object for each request; 'off' for none.  [default: standard output]",
)
def serve(
    *,
    wheelhouse: Path,
    host: str,
    port: int,
    base_path: str,
    public_url: str,
    trust_proxy: tuple[str, ...],
    tokens: Path | None,
    upload_policy: Literal["refuse", "accept"],
    max_upload: int,
    private: bool,
    upstream: str,
    tls_cert: Path | None,
    tls_key: Path | None,
    access_log: str,
) -> None:
    """Serve the wheelhouse as a package index, for pip, uv and every other installer.

    What is published while it runs is served within a second. SIGTERM and Ctrl-C end it when the
    requests under way are answered.

    Exit status: 0 ended by a signal, 2 it can't be served (the message says why), 3 what
    serves it is not installed.
    """
    from orchestrator.errors import ServeOptionError  # noqa: PLC0415 (--help stays quick)
    from orchestrator.index.bridge import networks  # noqa: PLC0415
    from orchestrator.index.receiving import Terms  # noqa: PLC0415
    from orchestrator.index.server import Address, check_address  # noqa: PLC0415
    from orchestrator.index.service import Settings  # noqa: PLC0415
    from orchestrator.index.service import serve as serve_index  # noqa: PLC0415

    if (tls_cert is None) != (tls_key is None):
        raise ServeOptionError("--tls-cert and --tls-key belong together.")
    if private and tokens is None:
        raise ServeOptionError("--private needs --tokens: nobody could read anything.")
    if public_url and not public_url.startswith(("http://", "https://")):
        raise ServeOptionError(f"--public-url {public_url}: begin it with https:// or http://.")
    address = check_address(
        Address(
            host=host,
            port=port,
            base_path=_base(base_path),
            certificate=tls_cert,
            key=tls_key,
            proxies=networks(trust_proxy),
        )
    )
    settings = Settings(
        wheelhouse=wheelhouse,
        address=address,
        public_url=public_url,
        tokens=tokens,
        private=private,
        upstream=upstream,
        terms=Terms(policy=upload_policy, limit=max_upload * 1_000_000),
    )
    serve_index(
        settings,
        _log(access_log),
        lambda projects: _greet(wheelhouse, address, public_url, projects),
    )


def _base(text: str) -> str:
    """Empty, or with a slash in front and none behind."""
    stripped = text.strip("/")
    return f"/{stripped}" if stripped else ""


def _log(name: str) -> BinaryIO | None:
    from orchestrator.errors import ServeOptionError  # noqa: PLC0415 (--help stays quick)

    if name == "off":
        return None
    if name == "-":
        return sys.stdout.buffer
    try:
        return Path(name).open("ab")
    except OSError as error:
        raise ServeOptionError(f"--access-log {name}: {error.strerror}.") from error


def _greet(wheelhouse: Path, address: Address, public_url: str, projects: int) -> None:
    """Says on standard error where it is, and how to install from there."""
    from orchestrator.report.text import write_line  # noqa: PLC0415 (--help stays quick)
    from orchestrator.words import counted  # noqa: PLC0415

    url = f"{public_url.rstrip('/')}/" if public_url else address.url
    lines = (
        f"Serving {counted(projects, 'project')} of {wheelhouse} at {address.url}",
        "",
        f"  pip install --index-url {url}simple/ PACKAGE",
        f"  uv pip install --index-url {url}simple/ PACKAGE",
        "",
        "Ctrl-C ends it.",
    )
    for line in lines:
        write_line(sys.stderr, line)
