"""The options that say what is wanted, common to all commands that look at whole closures."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orchestrator.model import Interpreter, Platform, Target, Value
from orchestrator.targets.tags import (
    DEFAULT_PLATFORM,
    DEFAULT_PYTHON,
    SHORT_FORMS,
    parse_interpreter,
    parse_platform,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.resolve.inputs import Inputs

_FILE = click.Path(path_type=Path)
_OPTIONS = (
    click.argument("requirements", metavar="[REQUIREMENT]...", nargs=-1),
    click.option(
        "-r",
        "--requirement",
        "files",
        metavar="FILE",
        multiple=True,
        type=_FILE,
        help="Requirements file, pyproject.toml, lock or environment.yml. Repeatable.",
    ),
    click.option(
        "-c",
        "--constraint",
        "constraints",
        metavar="FILE",
        multiple=True,
        type=_FILE,
        help="Bounds for what others require, as pip takes them. Repeatable.",
    ),
    click.option(
        "--project",
        metavar="DIR",
        type=_FILE,
        help="Folder of a project: its lock, else its pyproject.toml, else its requirements.txt.",
    ),
    click.option(
        "--lock",
        metavar="FILE",
        type=_FILE,
        help="uv.lock, pylock.toml or poetry.lock: taken as it is, not resolved again.",
    ),
    click.option(
        "--extra", "extras", metavar="NAME", multiple=True, help="Of the project. Repeatable."
    ),
    click.option(
        "--group",
        "groups",
        metavar="NAME",
        multiple=True,
        help="Dependency group of the project. Repeatable.",
    ),
    click.option(
        "--no-build-metadata",
        "build_metadata",
        flag_value=False,
        default=True,
        type=bool,
        help="Ask no build backend what its sdist requires; say what stays unknown.",
    ),
)
_TARGETS = (
    click.option(
        "--platform",
        "platforms",
        metavar="TAG",
        multiple=True,
        help=f"Wheel platform tag, or macos, or linux. Repeatable.  [default: {DEFAULT_PLATFORM}]",
    ),
    click.option(
        "--python",
        "pythons",
        metavar="X.Y",
        multiple=True,
        help=f"CPython version, 3.13t for free-threaded. Repeatable.  [default: {DEFAULT_PYTHON}]",
    ),
)


class Asked(Value):
    """What a command line asks for.

    Attributes:
        requirements: PEP 508, or paths and URLs of sources.
        files: Of ``-r``.
        constraints: Of ``-c``.
        project: Folder.
        lock: File.
        extras: Of the project.
        groups: Of the project.
        build_metadata: Whether build backends may be asked what sdists require.
        platforms: Of the targets.
        interpreters: Of the targets.
        explicit_platform: Whether the user named the platforms by their tags.
        named_platforms: As the user wrote them; empty where not said.
        named_pythons: As the user wrote them; empty where not said.
    """

    requirements: tuple[str, ...]
    files: tuple[Path, ...]
    constraints: tuple[Path, ...]
    project: Path | None
    lock: Path | None
    extras: tuple[str, ...]
    groups: tuple[str, ...]
    build_metadata: bool
    platforms: tuple[Platform, ...] = ()
    interpreters: tuple[Interpreter, ...] = ()
    explicit_platform: bool = False
    named_platforms: tuple[str, ...] = ()
    named_pythons: tuple[str, ...] = ()

    @property
    def targets(self) -> tuple[Target, ...]:
        """Each platform with each Python."""
        return tuple(
            Target(platform=platform, interpreter=interpreter)
            for platform in self.platforms
            for interpreter in self.interpreters
        )

    @property
    def has_requirements(self) -> bool:
        """Whether it names any requirement, file, lock or project."""
        return bool(self.requirements or self.files or self.project or self.lock)

    def read(self) -> Inputs:
        """Reads everything that is named.

        Raises:
            OrchestratorError: One of those about inputs (INP).
        """
        import os  # noqa: PLC0415 (only when a command runs)

        from orchestrator.resolve.inputs_read import Wanted, read_inputs  # noqa: PLC0415

        wanted = Wanted(
            requirements=self.requirements,
            files=self.files,
            constraints=self.constraints,
            project=self.project,
            lock=self.lock,
            extras=self.extras,
            groups=self.groups,
        )
        return read_inputs(wanted, Path.cwd(), os.environ)


def input_options(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command the options; it is called with ``asked`` in their place."""

    @functools.wraps(command)
    def called(
        *arguments: Any, platforms: tuple[str, ...], pythons: tuple[str, ...], **options: Any
    ) -> None:
        others, given = _divided(options)
        asked = Asked(
            platforms=tuple(map(parse_platform, dict.fromkeys(platforms or (DEFAULT_PLATFORM,)))),
            interpreters=tuple(map(parse_interpreter, dict.fromkeys(pythons or (DEFAULT_PYTHON,)))),
            explicit_platform=any(tag not in SHORT_FORMS for tag in platforms),
            **given,
        )
        command(*arguments, asked=asked, **others)

    return _with(_OPTIONS, _with(_TARGETS, called))


def requirement_options(command: Callable[..., None]) -> Callable[..., None]:
    """The same without targets, for a command that has one of its own."""

    @functools.wraps(command)
    def called(*arguments: Any, **options: Any) -> None:
        others, given = _divided(options)
        command(*arguments, asked=Asked(**given), **others)

    return _with(_OPTIONS, called)


def _divided(options: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Options that are not those of ``Asked``, and those that are."""
    names = set(Asked.__struct_fields__)
    given = {name: value for name, value in options.items() if name in names}
    return {name: value for name, value in options.items() if name not in names}, given


def _with(
    options: tuple[Callable[..., Callable[..., None]], ...], command: Callable[..., None]
) -> Callable[..., None]:
    for option in reversed(options):
        command = option(command)
    return command
