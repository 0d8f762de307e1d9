"""Writes what was made for other tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.emit.dockerfile import IGNORED
from orchestrator.errors import OutputError
from orchestrator.files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def write_dockerfile(text: str, output: Path, project: Path, *, force: bool) -> tuple[Path, ...]:
    """Writes the Dockerfile, and beside it its own ``.dockerignore`` if the project has none.

    Args:
        text: Of the Dockerfile.
        output: Where it goes.
        project: Folder of the project, Docker's build context.
        force: Whether to replace what is there.

    Returns:
        What was written.

    Raises:
        OutputError: The file is there already, or can't be written.
    """
    ignored = output.with_name(f"{output.name}.dockerignore")
    files = {output: text.encode()}
    # Docker reads the one named after the Dockerfile in place of the project's, which is right
    # already where there is one.
    beside = {}
    if not (project / ".dockerignore").exists() and not ignored.exists():
        beside = {ignored: IGNORED.encode()}
    return write_files(files, force=force) + write_files(beside, force=force)


def write_files(files: Mapping[Path, bytes], *, force: bool) -> tuple[Path, ...]:
    """Writes files, and the folders that they are in.

    Args:
        files: By path.
        force: Whether to replace what is there.

    Returns:
        What was written.

    Raises:
        OutputError: One is there already, or can't be written.
    """
    for path in files:
        if path.exists() and not force:
            raise OutputError(f"{path} exists already.", hint="Replace it with --force.")
    for path, content in files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, content)
        except OSError as error:
            raise OutputError(f"{path} can't be written: {error.strerror}.") from error
    return tuple(files)
