"""``orchestrate verify``: what is wrong with wheels, rule by rule."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestrator.errors import EXIT_VERIFY
from orchestrator.words import counted

if TYPE_CHECKING:
    from orchestrator.model import Finding

_STYLES = {"error": "red", "warning": "yellow", "note": "cyan"}


@click.command()
@click.argument(
    "wheels", metavar="WHEEL...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each wheel.")
@click.pass_context
def verify(context: click.Context, wheels: tuple[Path, ...], as_json: bool) -> None:
    """Say what is wrong with WHEELs: architecture, tags, symbols, libraries, signatures, RECORD.

    Each wheel is held to what its own tags promise. Exit status 4 when one has an error.
    """
    from orchestrator.targets.sdk import symbols  # noqa: PLC0415 (--help stays quick)
    from orchestrator.verify.check import verify_wheel  # noqa: PLC0415

    failed = False
    for wheel in wheels:
        findings = verify_wheel(wheel, target=None, system=symbols)
        failed = failed or any(finding.severity == "error" for finding in findings)
        _show(wheel, findings, as_json=as_json)
    context.exit(EXIT_VERIFY if failed else 0)


def _show(wheel: Path, findings: tuple[Finding, ...], *, as_json: bool) -> None:
    if as_json:
        import msgspec  # noqa: PLC0415

        click.echo(msgspec.json.encode({"wheel": str(wheel), "findings": findings}))
        return
    errors = sum(finding.severity == "error" for finding in findings)
    verdict = click.style("ok", fg="green")
    if errors:
        verdict = click.style(counted(errors, "error"), fg="red")
    click.echo(f"{wheel.name}: {verdict}")
    for finding in findings:
        severity = click.style(finding.severity, fg=_STYLES[finding.severity])
        where = f"{finding.where}: " if finding.where else ""
        click.echo(f"  {severity}[{finding.code}] {where}{finding.message}")
        if finding.hint:
            click.echo(f"      {finding.hint}")
