"""What a project's own files say about how to install it. Pure: contents in, value out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidName, canonicalize_name

from orchestrator.errors import BadMetadataError, NoProjectError
from orchestrator.model import Value

if TYPE_CHECKING:
    from collections.abc import Mapping

LOCKS = ("uv.lock", "pylock.toml", "requirements.txt")
"""In the order in which they are preferred: the first that a project has is followed."""

Form = Literal["files", "source", "wheel"]

# Build requirements that call for a compiler, or for git to tell the version: neither is in a slim
# image. Names that contain one of the latter words are build hooks of the same kind.
_HEAVY = frozenset(
    (
        *("cffi", "cython", "nanobind", "numpy", "oldest-supported-numpy", "pybind11", "swig"),
        *("cmeel", "enscons", "maturin", "meson-python", "py-build-cmake", "setuptools-rust"),
        *("scikit-build", "scikit-build-core", "dunamai", "versioneer", "versioningit"),
        *("poetry-dynamic-versioning", "setuptools-git-versioning", "uv-dynamic-versioning"),
    )
)
_HEAVY_WORDS = ("cython", "mypyc", "-scm", "-vcs")
_EXTENSIONS = re.compile(r"\b(ext_modules|cffi_modules|rust_extensions|Extension\s*\()")
_HASH = re.compile(r"\s--hash[= ]")
_INCLUDED = re.compile(r"(?m)^\s*(?:-r|-c|--requirement|--constraint)[= ]*([\w./-]+)")


class Project(Value):
    """A Python project that is to be put into a container.

    Attributes:
        name: Normalized.
        requires_python: PEP 440 specifier set, may be empty.
        command: What starts it: a script's name, or python with a file; empty when unknown.
        form: How it is installed: its ``files`` are copied and run (no build system); a pure wheel
            is built from its ``source``; or its ``wheel`` is built outside, where a compiler is.
        dynamic: Whether only a build tells its dependencies.
        lock: One of ``LOCKS``, or empty.
        hashed: Whether the lock holds hashes.
        included: Files that ``requirements.txt`` names with ``-r`` or ``-c``.
    """

    name: str
    requires_python: str = ""
    command: tuple[str, ...] = ()
    form: Form = "source"
    dynamic: bool = False
    lock: str = ""
    hashed: bool = False
    included: tuple[str, ...] = ()

    @property
    def separable(self) -> bool:
        """Whether its dependencies can be installed without it."""
        return bool(self.lock) or not self.dynamic


def describe_project(tables: Mapping[str, Any], files: Mapping[str, str], where: str) -> Project:
    """What pyproject.toml and the files beside it say.

    Args:
        tables: Content of ``pyproject.toml``.
        files: Text of the files in the project's folder that matter here, by name: ``setup.py``,
            ``main.py`` and those of ``LOCKS``.
        where: The project's folder, for messages.

    Raises:
        NoProjectError: There is no [project] table with a name.
        BadMetadataError: A value in it is not what the specification asks for.
    """
    table = _table(tables, "project", where)
    if not isinstance(table.get("name"), str):
        raise NoProjectError(f"{where}/pyproject.toml has no [project] table with a name.")
    lock = next((name for name in LOCKS if name in files), "")
    form = form_of(tables, files, where)
    dynamic = table.get("dynamic", ())
    return Project(
        name=_name(table["name"], where),
        requires_python=_text(table, "requires-python", where),
        command=_command(table, files, form, where),
        form=form,
        dynamic=isinstance(dynamic, list) and "dependencies" in dynamic,
        lock=lock,
        hashed=lock != "requirements.txt" or bool(_HASH.search(files[lock])),
        included=tuple(_INCLUDED.findall(files[lock])) if lock == "requirements.txt" else (),
    )


def form_of(tables: Mapping[str, Any], files: Mapping[str, str], where: str) -> Form:
    """How a project is installed; arguments as of ``describe_project``.

    Raises:
        BadMetadataError: A value is not what the specification asks for.
    """
    system = _table(tables, "build-system", where)
    tool = _table(tables, "tool", where)
    packaged = _table(tool, "uv", where).get("package", bool(system) or "setup.py" in files)
    if not packaged:
        return "files"
    requires = system.get("requires", [])
    if not isinstance(requires, list):
        raise _bad(where, "build-system.requires is not a list")
    names = [_required(text, where) for text in requires]
    heavy = any(name in _HEAVY or any(word in name for word in _HEAVY_WORDS) for name in names)
    declared = _table(tool, "setuptools", where).get("ext-modules")
    if heavy or declared or _EXTENSIONS.search(files.get("setup.py", "")):
        return "wheel"
    return "source"


def _command(
    table: Mapping[str, Any], files: Mapping[str, str], form: Form, where: str
) -> tuple[str, ...]:
    if form == "files":
        return ("python", "main.py") if "main.py" in files else ()
    scripts = list(_table(table, "scripts", where))
    own = [name for name in scripts if canonicalize_name(name) == canonicalize_name(table["name"])]
    return tuple(own or scripts) if len(own or scripts) == 1 else ()


def _name(text: str, where: str) -> str:
    try:
        return canonicalize_name(text, validate=True)
    except InvalidName as error:
        raise _bad(where, f"project.name: {error}") from error


def _required(text: Any, where: str) -> str:
    try:
        return canonicalize_name(Requirement(text).name)
    except (InvalidRequirement, TypeError) as error:
        raise _bad(where, f"build-system.requires: {error}") from error


def _text(table: Mapping[str, Any], key: str, where: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise _bad(where, f"project.{key} is not a string")
    return value


def _table(tables: Mapping[str, Any], key: str, where: str) -> Mapping[str, Any]:
    value = tables.get(key, {})
    if not isinstance(value, dict):
        raise _bad(where, f"{key} is not a table")
    return value


def _bad(where: str, problem: str) -> BadMetadataError:
    return BadMetadataError(f"{where}/pyproject.toml: {problem}.", hint="Mend the file named.")
