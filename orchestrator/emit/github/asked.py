"""How another machine asks for the step of a plan."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from orchestrator.errors import NotInRepositoryError
from orchestrator.resolve.urls import credentials, split_fragment

if TYPE_CHECKING:
    from orchestrator.model import Source, Step


def asked_as(step: Step, root: str) -> str:
    """The requirement of a step's source, as ``orchestrate build`` takes it.

    Args:
        step: Of the plan.
        root: Folder of the repository that the other machine has, too; absolute.

    Raises:
        NotInRepositoryError: The source is on this machine only, or behind a password.
    """
    source = step.source
    if source.kind == "index" or step.settings.source:  # a recipe's source is found again
        return f"{source.name}=={source.version}"
    if source.kind in {"file", "directory"}:
        return _relative(source, root)
    if credentials(source.location):
        raise NotInRepositoryError(
            f"{source.name}: its address holds a password, which everyone could read."
        )
    if source.kind == "git":
        url, fragment = split_fragment(source.location)
        behind = f"#subdirectory={fragment['subdirectory']}" if "subdirectory" in fragment else ""
        return f"git+{url}@{source.digest.removeprefix('git:')}{behind}"
    return source.location


def _relative(source: Source, root: str) -> str:
    place = PurePath(source.location)
    if not place.is_relative_to(root):
        raise NotInRepositoryError(f"{source.name}: {place} is not below {root}.")
    return f"./{place.relative_to(root).as_posix()}"
