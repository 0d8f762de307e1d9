"""Reads what a user asks for: requirements, requirements files, projects."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from orchestrator.errors import (
    MissingInputError,
    NoInputError,
    UnknownInputError,
    UnparsableInputError,
)
from orchestrator.model import Value
from orchestrator.resolve.inputs import COMMAND_LINE, IndexOptions, Inputs, parse_root
from orchestrator.resolve.pyproject import project_roots
from orchestrator.resolve.requests import has_scheme
from orchestrator.resolve.requirements_text import parse_requirements
from orchestrator.resolve.urls import local_path

if TYPE_CHECKING:
    from collections.abc import Mapping

_REQUIREMENTS = (".txt", ".in", "")


class Wanted(Value):
    """What a command line names.

    Attributes:
        requirements: PEP 508, or paths and URLs of sources.
        files: Of ``-r``: of any kind that is known.
        constraints: Of ``-c``.
        project: Folder of a project, or None.
        lock: A lock file, or None.
        extras: Of the project.
        groups: Dependency groups of the project.
    """

    requirements: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()
    constraints: tuple[Path, ...] = ()
    project: Path | None = None
    lock: Path | None = None
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


def read_inputs(wanted: Wanted, cwd: Path, environ: Mapping[str, str]) -> Inputs:
    """Reads everything that is named, and what that names.

    Args:
        wanted: Of the command line.
        cwd: Absolute folder that relative paths start from.
        environ: For variables in requirements files.

    Raises:
        UnparsableInputError: Something can't be understood.
        MissingInputError: A file is not there.
        UnknownInputError: A file is of no known kind.
        UnknownExtraError: The project lacks an extra or a group that was asked for.
        NoInputError: Nothing is asked for.
    """
    reader = _Reader(wanted, cwd, environ)
    inputs = Inputs(
        roots=tuple(parse_root(text, COMMAND_LINE, cwd) for text in wanted.requirements)
    )
    for path in wanted.files:
        inputs = inputs.joined(reader.file(path))
    for path in wanted.constraints:
        inputs = inputs.joined(reader.requirements(path, COMMAND_LINE, constraints=True))
    if wanted.project:
        inputs = inputs.joined(reader.project(wanted.project))
    for root in (*inputs.roots, *inputs.constraints):
        if root.location and not has_scheme(root.location) and not Path(root.location).exists():
            raise MissingInputError(f"{root.where}: {root.text}: there is no such file or folder.")
    if not inputs.roots:
        raise NoInputError("There is no requirement to look at.", details=inputs.unread)
    return inputs


class _Reader:
    def __init__(self, wanted: Wanted, cwd: Path, environ: Mapping[str, str]) -> None:
        self._wanted = wanted
        self._cwd = cwd
        self._environ = environ
        self._seen = set[tuple[Path, bool]]()

    def file(self, path: Path) -> Inputs:
        if path.name == "pyproject.toml":
            return self.pyproject(path)
        if path.suffix in _REQUIREMENTS:
            return self.requirements(path, COMMAND_LINE, constraints=False)
        if not path.exists():
            raise MissingInputError(f"{path}: there is no such file.")
        raise UnknownInputError(f"{path}: requirements are not read from files of this kind.")

    def requirements(self, path: Path, where: str, *, constraints: bool) -> Inputs:
        """A requirements file and those that it names; each is read once."""
        absolute = (self._cwd / path).resolve()
        if (absolute, constraints) in self._seen:
            return Inputs()
        self._seen.add((absolute, constraints))
        text = self._text(path, where)
        parsed = parse_requirements(
            text, str(path), self._cwd, self._environ, constraints=constraints
        )
        options = _absolute(parsed.inputs.options, absolute.parent, self._cwd)
        inputs = msgspec.structs.replace(parsed.inputs, options=options)
        for include in parsed.includes:
            # Such paths start at the file that names them.
            other = path.parent / include.path
            inputs = inputs.joined(
                self.requirements(other, include.where, constraints=include.constraints)
            )
        return inputs

    def pyproject(self, path: Path) -> Inputs:
        text = self._text(path, COMMAND_LINE)
        tables = _toml(text, path)
        absolute = (self._cwd / path).absolute()
        extras, groups = self._wanted.extras, self._wanted.groups
        roots = project_roots(tables, text, absolute, extras, groups)
        if "project" not in tables:
            return Inputs(roots=roots)
        return Inputs(
            roots=tuple(msgspec.structs.replace(root, requirement="") for root in roots),
            projects=(str(absolute),),
            extras=extras,
            groups=groups,
        )

    def project(self, folder: Path) -> Inputs:
        if not folder.is_dir():
            raise MissingInputError(f"{folder}: there is no such folder.")
        if (folder / "pyproject.toml").is_file():
            return self.pyproject(folder / "pyproject.toml")
        if (folder / "requirements.txt").is_file():
            return self.requirements(folder / "requirements.txt", COMMAND_LINE, constraints=False)
        raise MissingInputError(f"{folder} has neither pyproject.toml nor requirements.txt.")

    def _text(self, path: Path, where: str) -> str:
        named = "" if where == COMMAND_LINE else f" ({where} names it)"
        try:
            return (self._cwd / path).read_text(encoding="utf-8-sig")
        except FileNotFoundError as error:
            raise MissingInputError(f"{path}: there is no such file{named}.") from error
        except (OSError, UnicodeDecodeError) as error:
            raise UnparsableInputError(f"{path} can't be read{named}: {error}.") from error


def _toml(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UnparsableInputError(f"{path}: {error}.", hint="Mend the file named.") from error


def _absolute(options: IndexOptions, folder: Path, cwd: Path) -> IndexOptions:
    """Like pip: a find-links folder is looked for beside the file first."""

    def absolute(place: str) -> str:
        path = local_path(place)
        if path is None or place.lower().startswith("file:") or Path(place).is_absolute():
            return place
        return str(folder / place if (folder / place).exists() else cwd / place)

    return msgspec.structs.replace(
        options, find_links=tuple(absolute(place) for place in options.find_links)
    )
