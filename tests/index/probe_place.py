"""The probe's wheelhouse, and its export for a web server."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from orchestrator.index.catalogue import Catalogue
from orchestrator.index.export import Exporter
from orchestrator.index.manifest import unmarked
from orchestrator.index.places import Folder
from orchestrator.index.snippets import snippets
from tests.index.probe_sample import Sample, publish, write_sample

if TYPE_CHECKING:
    from pathlib import Path


class ProbePlace:
    """A wheelhouse of the sample, served in some way."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sample: Sample = write_sample(folder / "wheels")
        self.store = publish(self.sample, folder / "wheelhouse")

    def export(self, port: int) -> Path:
        """What a web server at that port serves."""
        place = Folder(self.folder / "export")
        Exporter(
            Catalogue(self.store.directory),
            place,
            makers=(unmarked("_server", lambda: snippets(place.address)),),
            public_url=f"http://127.0.0.1:{port}",
            now=datetime.now(UTC),
        ).run()
        return self.folder / "export"
