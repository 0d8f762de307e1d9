"""What a setuptools project requires, where its files say it outright: read, never run. Pure.

A ``setup.py`` is a program, but most call ``setup()`` with literals. Only what can't mean anything
else is taken; whatever looks like more is left to the build backend.
"""

from __future__ import annotations

import ast
import configparser
import re
import tomllib
from typing import TYPE_CHECKING, Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from orchestrator.model import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# Build requirements that leave an sdist's own requirements alone. Others may be plugins of
# setuptools that fill them in, such as pbr.
_HARMLESS = frozenset(
    (
        *("cffi", "cmake", "cython", "nanobind", "ninja", "numpy", "oldest-supported-numpy"),
        *("packaging", "pip", "pkgconfig", "pybind11", "pytest-runner", "scikit-build"),
        *("setuptools", "setuptools-scm", "swig", "tomli", "wheel"),
    )
)
# Arguments of setup() that are read here; and those by which plugins fill requirements in.
_READ = ("install_requires", "extras_require", "python_requires")
_PLUGINS = ("d2to1", "distclass", "pbr")
_DIRECTIVE = re.compile(r"\s*(?:file|attr)\s*:")


class Stated(Value):
    """What a project states.

    Attributes:
        name: As written; empty where it is not stated outright.
        requires_dist: PEP 508 strings, those of extras with their marker.
        requires_python: PEP 440 specifier set, may be empty.
        extras: Names.
    """

    name: str = ""
    requires_dist: tuple[str, ...] = ()
    requires_python: str = ""
    extras: tuple[str, ...] = ()


def stated_requirements(files: Mapping[str, str]) -> Stated | None:
    """What a project's files state of its requirements.

    Args:
        files: Text of ``setup.py``, ``setup.cfg`` and ``pyproject.toml``, those that it has.

    Returns:
        None where only its build backend can tell.
    """
    try:
        arguments = _arguments(files["setup.py"]) if "setup.py" in files else {}
        options = _options(files.get("setup.cfg", ""))
        if not _plain_backend(files.get("pyproject.toml", ""), arguments, options):
            return None
        if set(arguments) & set(options) & set(_READ):
            return None  # which of them counts is setuptools' business
        return _stated({**options, **arguments})
    except (_UnclearError, SyntaxError, ValueError, RecursionError):
        return None
    except (configparser.Error, InvalidRequirement, InvalidSpecifier):
        return None


class _UnclearError(Exception):
    """Something is not stated outright."""


def _arguments(text: str) -> dict[str, Any]:
    """The arguments of ``setup()`` that matter; of several calls (one is a second try) the same."""
    tree = ast.parse(text)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    found = [_passed(call, tree, text) for call in calls if _name(call.func) == "setup"]
    if not found or any(one != found[0] for one in found):
        raise _UnclearError
    return found[0]


def _passed(call: ast.Call, tree: ast.Module, text: str) -> dict[str, Any]:
    if call.args:
        raise _UnclearError
    found: dict[str, Any] = {}
    for word in call.keywords:
        if word.arg is None:
            _check_table(word.value, tree, text)
        elif word.arg in _PLUGINS:
            raise _UnclearError
        elif word.arg in (*_READ, "setup_requires"):
            found[word.arg] = _literal(word.value, tree)
        elif word.arg == "name" and isinstance(word.value, ast.Constant):
            found["name"] = word.value.value
    return found


def _check_table(node: ast.expr, tree: ast.Module, text: str) -> None:
    """Passes ``**name`` of a table that is made here, where nothing here speaks of requirements."""
    made = [
        statement
        for statement in ast.walk(tree)
        if isinstance(statement, ast.Assign)
        and any(_name(target) == _name(node) for target in statement.targets)
    ]
    plain = all(
        isinstance(one.value, ast.Dict)
        or (isinstance(one.value, ast.Call) and _name(one.value.func) == "dict")
        for one in made
    )
    updated = any(
        isinstance(one, ast.Attribute) and one.attr == "update" and _name(one.value) == _name(node)
        for one in ast.walk(tree)
    )
    if not isinstance(node, ast.Name) or not made or not plain or updated or "_require" in text:
        raise _UnclearError


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _literal(node: ast.expr, tree: ast.Module) -> Any:
    """A literal, or that which a name stands for that is set once and used nowhere else."""
    if isinstance(node, ast.Name):
        uses = [
            found
            for found in ast.walk(tree)
            if isinstance(found, ast.Name) and found.id == node.id and found is not node
        ]
        values = [
            statement.value
            for statement in tree.body
            if isinstance(statement, ast.Assign) and statement.targets == uses
        ]
        if len(uses) != 1 or len(values) != 1:
            raise _UnclearError
        node = values[0]
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError) as error:
        raise _UnclearError from error


def _options(text: str) -> dict[str, Any]:
    """The same of ``setup.cfg``."""
    parser = configparser.RawConfigParser()
    parser.read_string(text)
    found: dict[str, Any] = {}
    if parser.has_option("metadata", "name"):
        found["name"] = parser["metadata"]["name"].strip()
    if parser.has_section("options"):
        section = parser["options"]
        for key in (*_READ[::2], "setup_requires"):
            if key in section:
                found[key] = _lines(section[key])
        if "python_requires" in found:
            found["python_requires"] = ",".join(found["python_requires"])
    if parser.has_section("options.extras_require"):
        extras = parser["options.extras_require"]
        found["extras_require"] = {extra: _lines(extras[extra]) for extra in extras}
    return found


def _lines(text: str) -> list[str]:
    if _DIRECTIVE.match(text):
        raise _UnclearError
    separator = "\n" if "\n" in text.strip() else ";"
    return [line.strip() for line in text.split(separator) if line.strip()]


def _plain_backend(
    pyproject: str, arguments: Mapping[str, Any], options: Mapping[str, Any]
) -> bool:
    """Whether setuptools alone makes the metadata, of nothing but these files."""
    tables = tomllib.loads(pyproject)
    system = tables.get("build-system", {})
    backend = system.get("build-backend", "setuptools.build_meta")
    required = [
        *system.get("requires", ()),
        *_strings(arguments.get("setup_requires") or ()),
        *_strings(options.get("setup_requires") or ()),
    ]
    names = {canonicalize_name(Requirement(text).name) for text in required}
    return (
        "project" not in tables
        and backend.startswith("setuptools.build_meta")
        and names <= _HARMLESS
    )


def _stated(values: Mapping[str, Any]) -> Stated:
    required = [str(Requirement(text)) for text in _strings(values.get("install_requires") or ())]
    extras = values.get("extras_require") or {}
    if not isinstance(extras, dict):
        raise _UnclearError
    for key, texts in extras.items():
        extra, _, marker = str(key).partition(":")
        required += _conditional(extra.strip(), marker.strip(), _strings(texts or ()))
    python = values.get("python_requires") or ""
    named = {str(key).partition(":")[0].strip() for key in extras}
    return Stated(
        name=values["name"] if isinstance(values.get("name"), str) else "",
        requires_dist=tuple(required),
        requires_python=str(SpecifierSet(python)) if isinstance(python, str) else "",
        extras=tuple(sorted(map(canonicalize_name, named - {""}))),
    )


def _conditional(extra: str, marker: str, texts: Iterable[str]) -> Iterator[str]:
    """Requirements of an extra, or of a marker, or of both (``extra:marker`` of setuptools)."""
    for text in texts:
        requirement = Requirement(text)
        conditions = [f"({condition})" for condition in (requirement.marker, marker) if condition]
        if extra:
            conditions.append(f'extra == "{canonicalize_name(extra)}"')
        requirement.marker = None
        yield str(Requirement(f"{requirement} ; {' and '.join(conditions)}"))


def _strings(value: object) -> tuple[str, ...]:
    """A list of requirements as setuptools takes it: of strings, or a string of lines."""
    if isinstance(value, str):
        value = [line.strip() for line in value.splitlines()]
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        raise _UnclearError
    return tuple(item for item in value if item and not item.startswith("#"))
