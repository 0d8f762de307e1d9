"""A wheelhouse for tests of the index."""

import os
import time
from pathlib import Path

import msgspec

from orchestrator.index.state import State, state_path
from orchestrator.wheelhouse.store import Wheelhouse, open_wheelhouse
from tests.wheelhouse.sample_wheels import CREATED, verified


class Store:
    """A wheelhouse with small wheels, as builds leave it.

    Attributes:
        folder: Of the wheelhouse.
        wheelhouse: As builds use it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "wheelhouse"
        self.wheelhouse: Wheelhouse = open_wheelhouse(self.folder)
        self._scratch = folder / "scratch"
        self._scratch.mkdir()

    def publish(
        self,
        name: str = "tiny",
        version: str = "1.0",
        *,
        tag: str = "cp311-cp311-macosx_11_0_arm64",
        payload: bytes = b"payload",
        fingerprint: str = "ab" * 32,
        created: str = CREATED,
    ) -> str:
        """Publishes a wheel; returns its file name."""
        filename = f"{name}-{version}-{tag}.whl"
        wheel = verified(
            self._scratch, name=name, filename=filename, payload=payload, fingerprint=fingerprint
        )
        self.wheelhouse.publish(wheel, seconds=1.0, created=created)
        return filename

    def decide(self, state: State) -> None:
        """Writes the operator's decisions."""
        path = state_path(self.folder)
        path.parent.mkdir(exist_ok=True)
        path.with_suffix(".new").write_bytes(msgspec.json.encode(state))
        path.with_suffix(".new").replace(path)

    def settle(self) -> None:
        """Makes all folders look as if nothing had changed for an hour."""
        then = time.time() - 3600
        for path in (self.folder, self.folder / ".records"):
            os.utime(path, (then, then))
