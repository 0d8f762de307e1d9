"""The catalogue of a whole wheelhouse, also of one that is in an object store."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from orchestrator.index.service import open_catalogue
from orchestrator.wheelhouse.store import find_wheelhouse

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.index.catalogue import Catalogue


def quiet(wheelhouse: Path) -> AbstractContextManager[None]:
    """While it is entered, nobody publishes into the wheelhouse, deletes from it, or decides."""
    store = find_wheelhouse(wheelhouse)
    return store.reading() if store else nullcontext()


def whole_catalogue(wheelhouse: Path) -> Catalogue:
    """What a wheelhouse offers, once all of it is here.

    Args:
        wheelhouse: A folder; of a wheelhouse in an object store, its local half.

    Raises:
        OrchestratorError: It is not there, or can't be read.
    """
    store = find_wheelhouse(wheelhouse)
    if store is not None:
        for filename in store.filenames():
            store.bring(filename)
    return open_catalogue(wheelhouse)
