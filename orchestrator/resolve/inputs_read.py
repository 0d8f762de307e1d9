"""Reads what a user asks for: requirements, requirements files, projects."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from orchestrator.errors import (
    MissingInputError,
    MixedInputError,
    NoInputError,
    UnknownInputError,
    UnparsableInputError,
)
from orchestrator.model import Value
from orchestrator.resolve.inputs import (
    COMMAND_LINE,
    IndexOptions,
    Inputs,
    LockFile,
    Root,
    parse_root,
)
from orchestrator.resolve.project import form_of
from orchestrator.resolve.pyproject import project_roots
from orchestrator.resolve.requests import has_scheme
from orchestrator.resolve.requirements_text import parse_requirements
from orchestrator.resolve.urls import local_path

if TYPE_CHECKING:
    from collections.abc import Mapping

# By the file's name. Any other name is judged by its suffix.
_LOCKS: dict[str, Literal["uv", "poetry"]] = {"uv.lock": "uv", "poetry.lock": "poetry"}
_PYLOCK = re.compile(r"pylock(\.[^.]+)?\.toml")
# In the order in which a project's are preferred.
_PROJECT_LOCKS = ("uv.lock", "pylock.toml", "poetry.lock")
_REQUIREMENTS = (".txt", ".in", "")
_ENVIRONMENTS = (".yml", ".yaml")


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
    if wanted.lock:
        inputs = inputs.joined(reader.lock(wanted.lock))
    if wanted.project:
        inputs = inputs.joined(reader.project(wanted.project))
    _check(inputs)
    return inputs


def _check(inputs: Inputs) -> None:
    for root in (*inputs.roots, *inputs.constraints):
        if root.location and not has_scheme(root.location) and not Path(root.location).exists():
            raise MissingInputError(f"{root.where}: {root.text}: there is no such file or folder.")
    if not inputs.roots and not inputs.lock:
        raise NoInputError("There is no requirement to look at.", details=inputs.unread)
    others = [root for root in inputs.roots if root.requirement and not root.alone]
    if inputs.lock and others:
        raise MixedInputError(
            f"{inputs.lock.path} is taken as it is: nothing can be added to it, not even"
            f" {others[0].text} ({others[0].where})."
        )


class _Reader:
    def __init__(self, wanted: Wanted, cwd: Path, environ: Mapping[str, str]) -> None:
        self._wanted = wanted
        self._cwd = cwd
        self._environ = environ
        self._seen = set[tuple[Path, bool]]()

    def file(self, path: Path) -> Inputs:
        """A file of ``-r``, read by what its name says it is."""
        if not (self._cwd / path).is_file():
            raise MissingInputError(f"{path}: there is no such file.")
        if path.name == "pyproject.toml":
            return self.pyproject(path)
        if path.name in _LOCKS or _PYLOCK.fullmatch(path.name):
            return self.lock(path)
        if path.suffix in _ENVIRONMENTS:
            return self.environment(path)
        if path.suffix in _REQUIREMENTS:
            return self.requirements(path, COMMAND_LINE, constraints=False)
        raise UnknownInputError(f"{path}: requirements are not read from files of this kind.")

    def lock(self, path: Path) -> Inputs:
        """A lock, with the roots of the project beside it."""
        kind = _LOCKS.get(path.name) or ("pylock" if path.suffix == ".toml" else None)
        if kind is None:
            raise UnknownInputError(
                f"{path}: not a lock that is known by its name.",
                hint="Locks are uv.lock, poetry.lock, and pylock.toml or pylock.NAME.toml.",
            )
        content = _toml(self._text(path, COMMAND_LINE), path)
        absolute = (self._cwd / path).absolute()
        lock = LockFile(kind=kind, path=str(absolute), content=content)
        project = path.parent / "pyproject.toml"
        extras, groups = self._wanted.extras, self._wanted.groups
        roots: tuple[Root, ...] = ()
        if kind != "pylock" and (self._cwd / project).is_file():
            roots = self.pyproject(project).roots
            roots = tuple(msgspec.structs.replace(root, requirement="") for root in roots)
        return Inputs(roots=roots, lock=lock, extras=extras, groups=groups)

    def environment(self, path: Path) -> Inputs:
        """The pip part of a conda environment; the rest is told of."""
        from orchestrator.resolve.environment_yml import (  # noqa: PLC0415 (YAML is rare here)
            parse_environment,
        )

        parsed = parse_environment(self._text(path, COMMAND_LINE), str(path))
        inputs = Inputs()
        if parsed.conda:
            listed = ", ".join(parsed.conda)
            told = f"{path}: conda's packages are not wheels, and were not looked at: {listed}"
            inputs = Inputs(unread=(told,))
        lines = dict(parsed.pip)
        # Each in its own line, so that messages have the right number.
        text = "\n".join(lines.get(number, "") for number in range(1, max(lines, default=0) + 1))
        return inputs.joined(self._parsed(text, path))

    def requirements(self, path: Path, where: str, *, constraints: bool) -> Inputs:
        """A requirements file and those that it names; each is read once."""
        absolute = (self._cwd / path).resolve()
        if (absolute, constraints) in self._seen:
            return Inputs()
        self._seen.add((absolute, constraints))
        text = self._text(path, where)
        return self._parsed(text, path, constraints=constraints)

    def _parsed(self, text: str, path: Path, *, constraints: bool = False) -> Inputs:
        parsed = parse_requirements(
            text, str(path), self._cwd, self._environ, constraints=constraints
        )
        folder = (self._cwd / path).parent
        options = _absolute(parsed.inputs.options, folder, self._cwd)
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
        roots = project_roots(tables, text, str(path), absolute.parent, extras, groups)
        if "project" not in tables:
            return Inputs(roots=roots)
        return Inputs(
            roots=tuple(msgspec.structs.replace(root, requirement="") for root in roots),
            projects=(str(absolute),),
            extras=extras,
            groups=groups,
        )

    def project(self, folder: Path) -> Inputs:
        """A project: its lock, else what its pyproject.toml says; with itself if it is compiled."""
        if not (self._cwd / folder).is_dir():
            raise MissingInputError(f"{folder}: there is no such folder.")
        here = [name for name in _PROJECT_LOCKS if (self._cwd / folder / name).is_file()]
        project = folder / "pyproject.toml"
        itself = self._itself(folder)
        if here:
            return Inputs(roots=itself).joined(self.lock(folder / here[0]))
        if (self._cwd / project).is_file():
            return Inputs(roots=itself).joined(self.pyproject(project))
        if itself:
            return Inputs(roots=(msgspec.structs.replace(itself[0], alone=False),))
        if (self._cwd / folder / "requirements.txt").is_file():
            return self.requirements(folder / "requirements.txt", COMMAND_LINE, constraints=False)
        raise MissingInputError(f"{folder} has no pyproject.toml, setup.py or requirements.txt.")

    def _itself(self, folder: Path) -> tuple[Root, ...]:
        """The project as a root, where its own wheel must be built for each target."""
        named = ("pyproject.toml", "setup.py")
        files = {name: folder / name for name in named if (self._cwd / folder / name).is_file()}
        texts = {name: self._text(path, COMMAND_LINE) for name, path in files.items()}
        tables = (
            _toml(texts["pyproject.toml"], files["pyproject.toml"])
            if "pyproject.toml" in texts
            else {}
        )
        described = "pyproject.toml" in texts
        if not texts or (described and form_of(tables, texts, str(folder)) != "wheel"):
            return ()
        root = parse_root(str((self._cwd / folder).absolute()), COMMAND_LINE, self._cwd)
        return (msgspec.structs.replace(root, text=str(folder), alone=True),)

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
