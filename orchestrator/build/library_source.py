"""The source of a library: from its URL or repository, else from Debian's source package."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.build.fetch import keep, kept
from orchestrator.build.sources import prepare
from orchestrator.emulator.debian import fetch_source
from orchestrator.errors import DebianPackagesError, IndexUnreachableError

if TYPE_CHECKING:
    from orchestrator.build.fetch import Progress
    from orchestrator.model import SourceTree, Step
    from orchestrator.process import OnLine, Processes
    from orchestrator.resolve.configuration import IndexConfiguration


def prepare_library(
    step: Step,
    into: Path,
    configuration: IndexConfiguration,
    *,
    processes: Processes,
    on_line: OnLine,
    progress: Progress,
) -> SourceTree:
    """Lays a library's source out in a folder of its own.

    Args:
        step: Of the library.
        into: Folder that does not exist yet.
        configuration: How to reach the network.
        processes: Runs apt.
        on_line: Sees what apt prints, and what was tried.
        progress: Called while downloading.

    Raises:
        OrchestratorError: Any of those about sources (SRC), or that Debian has no such archive.
    """
    source, override = step.source, step.settings.source
    assert override is not None  # noqa: S101 (a library's source always is pinned)
    unreached: IndexUnreachableError | None = None
    if override.url or override.git:
        try:
            return prepare(source, into, configuration, progress)
        except IndexUnreachableError as error:
            if not override.debian:
                raise
            unreached = error
            on_line(f"{error.message} Trying Debian's source package {override.debian}.")
    if not kept(override.sha256, source.filename).is_file():
        suite, _, name = override.debian.partition("/")
        with tempfile.TemporaryDirectory() as folder:
            try:
                archive = fetch_source(
                    name, into=Path(folder), suite=suite, processes=processes, on_line=on_line
                )
            except DebianPackagesError as error:
                if unreached:
                    error.details = (unreached.message, *error.details)
                raise
            keep(archive, override.debian, override.sha256, source.filename)
    return prepare(source, into, configuration, progress)
