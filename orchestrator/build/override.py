"""``pyproject.toml`` with the build backend that a recipe names. Pure: text in, text out."""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING

from orchestrator.errors import BadMetadataError

if TYPE_CHECKING:
    from orchestrator.model import Backend, Source

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
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadMetadataError(f"{source.name}: pyproject.toml: {error}") from error
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
