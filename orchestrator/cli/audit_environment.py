"""``orchestrate audit`` of what is installed: ``--environment`` and ``--site-packages``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from orchestrator.errors import EXIT_BUILD
from orchestrator.targets.tags import parse_interpreter, parse_platform

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.audit.environment.audit import EnvironmentAudit


def audit_environment(
    context: click.Context,
    *,
    python: str | None,
    folder: Path | None,
    platforms: tuple[str, ...],
    pythons: tuple[str, ...],
    as_json: bool,
) -> None:
    """Says what is broken in an environment; the exit status is 1 when something is.

    Args:
        context: Of the command.
        python: Of ``--environment``.
        folder: Of ``--site-packages``.
        platforms: Of ``--platform``: what a folder is for.
        pythons: Of ``--python``: what a folder is for.
        as_json: Whether to print one JSON object.
    """
    from orchestrator.audit.environment.audit import (  # noqa: PLC0415 (--help stays quick)
        audit_folder,
        audit_python,
    )

    _check_options(python, folder, platforms, pythons)
    if folder is not None:
        audit = audit_folder(
            folder,
            parse_platform(platforms[0]) if platforms else None,
            parse_interpreter(pythons[0]) if pythons else None,
        )
    else:
        audit = audit_python(python or "python3")
    _show(audit, as_json=as_json)
    context.exit(EXIT_BUILD if audit.is_broken else 0)


def _check_options(
    python: str | None, folder: Path | None, platforms: tuple[str, ...], pythons: tuple[str, ...]
) -> None:
    if python is not None and folder is not None:
        raise click.UsageError("--environment and --site-packages exclude each other.")
    if python is not None and (platforms or pythons):
        raise click.UsageError("--environment asks the Python itself what it is for.")
    if len(platforms) > 1 or len(pythons) > 1:
        raise click.UsageError("A folder of packages is for one --platform and one --python.")


def _show(audit: EnvironmentAudit, *, as_json: bool) -> None:
    if as_json:
        import msgspec  # noqa: PLC0415

        from orchestrator.audit.environment.audit import as_document  # noqa: PLC0415

        click.echo(msgspec.json.encode(as_document(audit)))
        return
    from rich.console import Console  # noqa: PLC0415

    from orchestrator.report.environment import write_environment  # noqa: PLC0415

    write_environment(audit, Console())
