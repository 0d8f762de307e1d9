"""The format of requirements files: their text in, values out. Pure.

As pip's "Requirements File Format" has it: comments, continued lines, ``${VARIABLES}``, options,
and hashes behind a requirement.
"""

from __future__ import annotations

import argparse
import re
import shlex
from typing import TYPE_CHECKING, NoReturn

from orchestrator.errors import UnparsableInputError
from orchestrator.model import Value
from orchestrator.resolve.inputs import IndexOptions, Inputs, Root, parse_root

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_COMMENT = re.compile(r"(^|\s+)#.*$")
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")
# Options of one requirement follow it, behind a space.
_OPTION = re.compile(r"(?:^|\s)(?=-)")


class Include(Value):
    """Another file that a requirements file names.

    Attributes:
        path: As written.
        where: File and line.
        constraints: Whether it holds constraints (``-c``) or requirements (``-r``).
    """

    path: str
    where: str
    constraints: bool


class RequirementsText(Value):
    """What one requirements file says, without the files that it names."""

    inputs: Inputs
    includes: tuple[Include, ...] = ()


def parse_requirements(
    text: str, where: str, cwd: Path, environ: Mapping[str, str], *, constraints: bool = False
) -> RequirementsText:
    """Parses the text of a requirements file.

    Args:
        text: Of the file.
        where: Its path, for messages and for where each root is from.
        cwd: Absolute folder that paths of sources start from (pip's and uv's working directory).
        environ: Values of ``${VARIABLES}``; those it lacks stay as they are.
        constraints: Whether the file holds constraints.

    Raises:
        UnparsableInputError: Lines can't be understood; it names each of them.
    """
    inputs = Inputs()
    includes: list[Include] = []
    problems: list[UnparsableInputError] = []
    for number, line in logical_lines(text):
        place = f"{where}:{number}"
        expanded = _VARIABLE.sub(lambda match: environ.get(match[1], match[0]), line)
        try:
            found = _parse_line(expanded, place, cwd, constraints=constraints)
        except UnparsableInputError as error:
            problems.append(error)
            continue
        inputs = inputs.joined(found.inputs)
        includes += found.includes
    if problems:
        others = tuple(problem.message for problem in problems[1:])
        raise UnparsableInputError(problems[0].message, details=others)
    return RequirementsText(inputs=inputs, includes=tuple(includes))


def logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines that say something, continued ones joined, each with its first line's number."""
    first, parts = 0, list[str]()
    for number, line in enumerate((*text.splitlines(), ""), start=1):
        comment = _COMMENT.match(line)
        first = first or number
        if line.endswith("\\") and not comment:
            parts.append(line[:-1])
            continue
        # A comment ends what it follows, even where it begins the line.
        whole = "".join((*parts, f" {line}" if comment else line))
        if stripped := _COMMENT.sub("", whole).strip():
            yield first, stripped
        first, parts = 0, []


def _parse_line(line: str, place: str, cwd: Path, *, constraints: bool) -> RequirementsText:
    split = _OPTION.search(line)
    before, behind = (line[: split.start()], line[split.start() :]) if split else (line, "")
    options = _parse_options(behind, place)
    if before.strip():
        root = parse_root(before, place, cwd, tuple(options.hash))
        return RequirementsText(inputs=_inputs((root,), IndexOptions(), constraints=constraints))
    roots = tuple(parse_root(text, place, cwd) for text in options.editable)
    return RequirementsText(
        inputs=_inputs(roots, _index_options(options), constraints=constraints),
        includes=(
            *(Include(path=path, where=place, constraints=constraints) for path in options.require),
            *(Include(path=path, where=place, constraints=True) for path in options.constrain),
        ),
    )


def _inputs(roots: tuple[Root, ...], options: IndexOptions, *, constraints: bool) -> Inputs:
    if constraints:
        return Inputs(constraints=roots, options=options)
    return Inputs(roots=roots, options=options)


def _index_options(options: argparse.Namespace) -> IndexOptions:
    return IndexOptions(
        index_url=options.index_url,
        extra_index_urls=tuple(options.extra_index_url),
        find_links=tuple(options.find_links),
        no_index=options.no_index,
        no_binary=_names(options.no_binary),
        only_binary=_names(options.only_binary),
        prereleases=options.pre,
    )


def _names(values: list[str]) -> tuple[str, ...]:
    return tuple(name for value in values for name in value.split(",") if name)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ValueError(message)


def _parse_options(text: str, place: str) -> argparse.Namespace:
    try:
        return _PARSER.parse_args(shlex.split(text))
    except ValueError as error:
        raise UnparsableInputError(f"{place}: {text.strip()!r}: {error}.") from error


def _parser() -> _Parser:
    parser = _Parser(prog="", add_help=False, allow_abbrev=False)
    parser.add_argument("-i", "--index-url", "--pypi-url", default="")
    for names in (
        ("--extra-index-url",),
        ("-f", "--find-links"),
        ("--no-binary",),
        ("--only-binary",),
        ("-e", "--editable"),
        ("--hash",),
        # Of pip, and of no consequence for what is resolved.
        ("--trusted-host",),
        ("--use-feature",),
        ("--config-settings", "--config-setting"),
        ("--global-option",),
    ):
        parser.add_argument(*names, action="append", default=[])
    parser.add_argument("-r", "--requirement", dest="require", action="append", default=[])
    parser.add_argument("-c", "--constraint", dest="constrain", action="append", default=[])
    for flag in ("--no-index", "--pre", "--prefer-binary", "--require-hashes"):
        parser.add_argument(flag, action="store_true")
    return parser


_PARSER = _parser()
