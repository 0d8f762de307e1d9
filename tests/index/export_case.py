"""An export of a test's wheelhouse, made again and again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from orchestrator.index.catalogue import Catalogue
from orchestrator.index.export import Exporter
from orchestrator.index.manifest import Exported, PageMaker, unmarked
from orchestrator.index.places import Folder, Place
from orchestrator.index.snippets import snippets
from orchestrator.index.sources import quiet

if TYPE_CHECKING:
    from pathlib import Path

    from index_store import Store

START = datetime(2026, 1, 1, tzinfo=UTC)


class Case:
    """A wheelhouse, and the folder that it is exported into.

    Attributes:
        now: What the next export takes for the time.
    """

    def __init__(self, store: Store, folder: Path, place: Place | None = None) -> None:
        self.store = store
        self.folder = folder
        self.place = place or Folder(folder)
        self.now = START

    def export(
        self,
        *,
        grace: int = 0,
        makers: tuple[PageMaker, ...] = (),
        place: Place | None = None,
        public_url: str = "",
    ) -> Exported:
        """Exports once, with the servers' configurations."""
        exporter = Exporter(
            Catalogue(self.store.folder),
            place or self.place,
            makers=(unmarked("_server", lambda: snippets(str(self.folder))), *makers),
            public_url=public_url,
            quiet=lambda: quiet(self.store.folder),
            grace=timedelta(seconds=grace),
            now=self.now,
        )
        return exporter.run()

    def files(self) -> dict[str, bytes]:
        """What a web server would see."""
        paths = (path for path in self.folder.rglob("*") if path.is_file())
        found = {path.relative_to(self.folder).as_posix(): path for path in paths}
        return {name: path.read_bytes() for name, path in found.items() if name[0] not in "._"}

    def stamps(self) -> dict[str, int]:
        """When each of them was written."""
        return {name: (self.folder / name).stat().st_mtime_ns for name in self.files()}
