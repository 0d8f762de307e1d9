"""Writes a Dockerfile, and what Docker shall leave out of its build context."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.emit.dockerfile import IGNORED
from orchestrator.errors import OutputError
from orchestrator.files import write_atomically

if TYPE_CHECKING:
    from pathlib import Path


def write_files(text: str, output: Path, project: Path, *, force: bool) -> tuple[Path, ...]:
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
    if output.exists() and not force:
        raise OutputError(f"{output} exists already.", hint="Replace it with --force.")
    ignored = output.with_name(f"{output.name}.dockerignore")
    files = {output: text}
    # Docker reads the one named after the Dockerfile in place of the project's, which is right
    # already where there is one.
    if not (project / ".dockerignore").exists() and not ignored.exists():
        files[ignored] = IGNORED
    for path, content in files.items():
        try:
            write_atomically(path, content.encode())
        except OSError as error:
            raise OutputError(f"{path} can't be written: {error.strerror}.") from error
    return tuple(files)
