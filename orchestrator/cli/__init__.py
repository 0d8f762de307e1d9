"""The ``orchestrate`` command: one small file per command; parses, calls the pipeline, renders.

Commands are imported when they are called, so that ``--help`` answers at once.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, NoReturn

import click

from orchestrator import __version__
from orchestrator.errors import (
    EXIT_INPUT,
    EXIT_INTERRUPTED,
    OrchestratorError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

# command -> (module, one line of help): said here so that --help imports no command.
COMMANDS = {
    "audit": ("audit", "Say what lacks wheels for arm64, or is installed and can't be loaded."),
    "build": ("build", "Build arm64 wheels of requirements and publish them."),
    "compare": ("compare", "Compare a wheel with a reference, such as the official one."),
    "config": ("config", "Print what pip, uv and others need to use a wheel index."),
    "doctor": ("doctor", "Say what is here, what is missing, and how to mend it."),
    "emit": ("emit", "Write files for other tools, such as a Dockerfile."),
    "emulator": ("emulator", "Set up Pythons of other machines, to run wheels here."),
    "export": ("export", "Write the wheelhouse as a package index of static files."),
    "history": ("history", "Show what builds took, and how they ended."),
    "install": ("install", "Install requirements from wheels of the index and the wheelhouse."),
    "lock": ("lock", "Write down what a plan is made of, for builds that must be the same."),
    "plan": ("plan", "Say what a build would do, in which order, and how long it takes."),
    "recipe": ("recipe", "Show, make and check recipes."),
    "repair": ("repair", "Copy the libraries a wheel needs into it; make it canonical."),
    "serve": ("serve", "Serve the wheelhouse as a package index."),
    "test": ("test", "Run wheels: install, import, and their recipe's tests."),
    "token": ("token", "Make, list and revoke tokens of the wheel index."),
    "verify": ("verify", "Say what is wrong with wheels, rule by rule."),
    "why": ("why", "Say which inputs changed since a wheel was built."),
    "worker": ("worker", "Do steps of builds that are directed elsewhere."),
    "yank": ("yank", "Mark published wheels as broken, or take that back."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        """The commands, sorted."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Imports a command's module."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"orchestrator.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The list of commands in ``--help``."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in sorted(COMMANDS)])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="orchestrate")
def orchestrate() -> None:
    """Build the arm64 wheels that Python packages lack.

    Wheels for macOS (Apple Silicon) are built from sdists on a Mac, or on Linux without one,
    repaired, verified and published into a wheelhouse that pip and uv install from.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line; every failure ends in one clear error and an exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in words
    try:
        status = orchestrate.main(words, prog_name="orchestrate", standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(EXIT_INTERRUPTED)
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(EXIT_INPUT)
    except OrchestratorError as error:
        _fail(error, as_json=as_json)
    except BrokenPipeError:
        sys.stderr.close()  # the reader went away: nobody to tell
        sys.exit(1)
    except Exception as error:  # noqa: BLE001 (the last resort: no tracebacks at users)
        from orchestrator.report.unforeseen import unforeseen  # noqa: PLC0415 (only on failure)

        _fail(unforeseen(error), as_json=as_json)
    sys.exit(status if isinstance(status, int) else 0)


def _fail(error: OrchestratorError, *, as_json: bool) -> NoReturn:
    from orchestrator.report.problem import render_error  # noqa: PLC0415 (only on failure)

    render_error(error, sys.stdout if as_json else sys.stderr, as_json=as_json)
    sys.exit(error.exit_status)
