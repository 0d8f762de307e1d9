"""``orchestrate emulator``: Pythons of other machines, run here."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from orchestrator.cli.ending import end_on_signals

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from orchestrator.emulator.roots import Root
    from orchestrator.model import Interpreter, Platform

DEFAULT_PYTHON = "3.11"
_MEBIBYTE = 1024**2
# Wheels for musl have no short form among the platforms, because nothing is built for it unasked.
_MUSL = {"musllinux": "musllinux_1_2_aarch64"}

_as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


def _platform_option(default: str | None) -> Callable[..., Any]:
    return click.option(
        "--platform",
        default=default,
        show_default=True,
        metavar="TAG",
        help="linux, musllinux, or a wheel platform tag.",
    )


@click.group()
def emulator() -> None:
    """Set up Pythons of other machines, to run wheels here.

    Emulator and Pythons are in a folder of their own, $ORCHESTRATE_DATA/emulator; the machine is
    left as it is.
    """


@emulator.command()
@click.option(
    "--python",
    "pythons",
    metavar="X.Y",
    multiple=True,
    default=(DEFAULT_PYTHON,),
    show_default=True,
    help="CPython version. Repeatable.",
)
@_platform_option("linux")
@click.option("--compiler", is_flag=True, help="Fetch the target's GCC too.")
@_as_json
@click.option("-v", "--verbose", is_flag=True, help="Show every line that the programs print.")
def setup(
    pythons: tuple[str, ...], platform: str, compiler: bool, as_json: bool, verbose: bool
) -> None:
    """Fetch qemu-user and a target's Python; what is there stays."""
    from orchestrator.emulator.compilers import set_up_compilers  # noqa: PLC0415
    from orchestrator.emulator.setup import Setup, needs_emulator, set_up  # noqa: PLC0415
    from orchestrator.process import Processes  # noqa: PLC0415
    from orchestrator.targets.host import this_host  # noqa: PLC0415

    interpreters, wanted = _interpreters(pythons), _platform(platform)
    if not needs_emulator(wanted, this_host()):
        _no_need(wanted, interpreters, as_json=as_json)
        return
    end_on_signals()
    wishes = Setup(
        interpreters=interpreters,
        libc="musl" if wanted.libc == "musl" else "glibc",
        processes=Processes(),
        on_step=lambda step: click.echo(f"{step} …", err=True),
        on_line=lambda line: click.echo(f"  {line}", err=True) if verbose else None,
    )
    roots = set_up(wishes)
    if compiler:
        set_up_compilers(wishes.processes, wishes.on_step, wishes.on_line)
    _show(roots, as_json=as_json)


@emulator.command("list")
@_as_json
def list_emulated(as_json: bool) -> None:
    """List the Pythons that are set up."""
    from orchestrator.emulator.roots import installed_roots  # noqa: PLC0415

    _show(installed_roots(), as_json=as_json)


@emulator.command()
@click.option("--python", "pythons", metavar="X.Y", multiple=True, help="Only this. Repeatable.")
@_platform_option(None)
@_as_json
def remove(pythons: tuple[str, ...], platform: str | None, as_json: bool) -> None:
    """Remove what was set up: all of it, emulator too, or some Pythons."""
    from orchestrator.emulator import roots  # noqa: PLC0415
    from orchestrator.emulator.compilers import remove_compilers  # noqa: PLC0415

    interpreters = _interpreters(pythons)
    libc = _platform(platform).libc if platform else ""
    gone = []
    with roots.locked():
        for root in roots.installed_roots():
            if root.interpreter in (interpreters or (root.interpreter,)) and (
                root.libc == libc or not libc
            ):
                roots.remove_root(root)
                gone.append(root.name)
        if not pythons and not platform:
            roots.qemu_path().unlink(missing_ok=True)
            gone += ["gcc"] if remove_compilers() else []
    if as_json:
        _print_json({"removed": gone})
    else:
        click.echo("\n".join(f"Removed {name}" for name in gone) or "There was nothing to remove.")


def _interpreters(pythons: Sequence[str]) -> tuple[Interpreter, ...]:
    from orchestrator.targets.tags import parse_interpreter  # noqa: PLC0415

    return tuple(dict.fromkeys(map(parse_interpreter, pythons)))


def _platform(text: str) -> Platform:
    from orchestrator.targets.tags import parse_platform  # noqa: PLC0415

    return parse_platform(_MUSL.get(text, text))


def _no_need(platform: Platform, interpreters: Sequence[Interpreter], *, as_json: bool) -> None:
    versions = " ".join(each.version for each in interpreters)
    message = f"This machine runs {platform.tag} wheels itself: no emulator is needed."
    if as_json:
        _print_json({"needed": False, "message": message})
    else:
        click.echo(f"{message}\nTo have the Pythons: uv python install {versions}")


def _show(roots: Sequence[Root], *, as_json: bool) -> None:
    """The emulator and Pythons."""
    from orchestrator.emulator.compilers import find_compilers  # noqa: PLC0415
    from orchestrator.emulator.qemu import qemu_version  # noqa: PLC0415
    from orchestrator.emulator.roots import qemu_path  # noqa: PLC0415

    version, compilers = qemu_version(qemu_path()), find_compilers()
    rows = [_row(root) for root in roots]
    if as_json:
        qemu = {"version": version, "path": str(qemu_path())} if version else None
        gcc = {"version": compilers.version, "path": str(compilers.root)} if compilers else None
        _print_json({"qemu": qemu, "pythons": rows, "gcc": gcc})
        return
    if not version or not rows:
        click.echo("Nothing is set up: orchestrate emulator setup")
        return
    click.echo(f"{version} in {qemu_path()}")
    for row in rows:
        size = f"{row['size'] / _MEBIBYTE:.0f} MiB"
        words = f"Python {row['version']}, {row['libc']} {row['libc_version']}, {row['source']}"
        click.echo(f"{words}, {size} in {row['path']}")
    if compilers:
        words = f"GCC {compilers.version}, Debian {compilers.release}"
        click.echo(f"{words}, in {compilers.root.parent}")


def _row(root: Root) -> dict[str, Any]:
    from orchestrator.emulator.roots import size_of  # noqa: PLC0415

    return {
        "python": root.interpreter.version,
        "version": root.version,
        "libc": root.libc,
        "libc_version": ".".join(map(str, root.libc_version)),
        "source": root.source,
        "size": size_of(root.directory),
        "path": str(root.directory),
        "executable": str(root.python),
    }


def _print_json(value: object) -> None:
    import msgspec  # noqa: PLC0415

    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
