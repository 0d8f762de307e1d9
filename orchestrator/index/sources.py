"""The facts of a whole index, as an export needs them: everything asked for, everything here."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from orchestrator.index.catalogue import FILES
from orchestrator.index.listing import METADATA
from orchestrator.index.merged import Merged
from orchestrator.index.service import open_facts
from orchestrator.wheelhouse.store import find_wheelhouse

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.index.catalogue import Catalogue


def quiet(wheelhouse: Path) -> AbstractContextManager[None]:
    """While it is entered, nobody publishes into the wheelhouse, deletes from it, or decides."""
    store = find_wheelhouse(wheelhouse)
    return store.reading() if store else nullcontext()


def whole_facts(wheelhouse: Path, upstream: str = "") -> Catalogue | Merged:
    """What a wheelhouse offers, and the upstream that it is merged with, once all of it is here.

    Args:
        wheelhouse: A folder; of a wheelhouse in an object store, its local half.
        upstream: URL of simple pages; empty: what ``index.toml`` says, if anything.

    Raises:
        OrchestratorError: It is not there, or can't be read; upstream does not answer.
    """
    store = find_wheelhouse(wheelhouse)
    if store is not None:
        for filename in store.filenames():
            store.bring(filename)
    facts = open_facts(wheelhouse, upstream)
    if isinstance(facts, Merged):
        for name in facts.names():
            _bring(facts, name)
    return facts


def _bring(facts: Merged, name: str) -> None:
    """Has upstream asked for a project, and its files brought here where they are mirrored."""
    project = facts.project(name)
    for file in project.files if project else ():
        if file.url.startswith(FILES) and facts.path(file.filename) is None:
            facts.bring(file.filename)
        beside = f"{file.filename}{METADATA}"
        if file.url.startswith(FILES) and file.metadata_sha256 and facts.path(beside) is None:
            facts.bring(beside)
