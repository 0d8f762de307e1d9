"""``pyproject.toml`` with the build backend that a recipe names. Pure: text in, text out."""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING, Any

from orchestrator.errors import BadMetadataError
from orchestrator.model import Backend

if TYPE_CHECKING:
    from orchestrator.model import Source

_BUILD_SYSTEM = re.compile(r"(?ms)^\[build-system\].*?(?=^\[|\Z)")


def with_backend(text: str, backend: Backend, source: Source, *, described: bool) -> str:
    """The text with another ``[build-system]`` table (PEP 517, 518); its other tables stay.

    Args:
        text: Of the project's own ``pyproject.toml``; empty where it has none.
        backend: Of the recipe.
        source: Whose name and version the project gets, where it says neither (PEP 621).
        described: Whether another file, such as ``setup.py``, says name and version.

    Raises:
        BadMetadataError: The project's own text is not TOML.
    """
    tables = _parsed(text, source)
    # JSON's strings and lists are TOML's.
    lines = [
        "[build-system]",
        f"requires = {json.dumps(backend.requires)}",
        f"build-backend = {json.dumps(backend.build_backend)}",
    ]
    if backend.backend_path:
        lines.append(f"backend-path = {json.dumps(backend.backend_path)}")
    if "project" not in tables and not described:
        lines += ["", "[project]", f"name = {json.dumps(source.name)}"]
        lines.append(f"version = {json.dumps(source.version)}")
    # At the end: keys above the project's first table belong to no table.
    return "\n".join([_BUILD_SYSTEM.sub("", text), *lines, ""])


def own_backend(text: str, source: Source) -> Backend:
    """The build backend that a ``pyproject.toml`` names, or that it has without naming one.

    Raises:
        BadMetadataError: The text is not TOML.
    """
    system = _parsed(text, source).get("build-system", {})
    return Backend(
        build_backend=system.get("build-backend", "setuptools.build_meta:__legacy__"),
        requires=tuple(system.get("requires", ())),
        backend_path=tuple(system.get("backend-path", ())),
    )


def _parsed(text: str, source: Source) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadMetadataError(f"{source.name}: pyproject.toml: {error}") from error
