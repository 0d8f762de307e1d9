"""What the conformance probe looks for: a few wheels, and what an index can say of them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from orchestrator.files import sha256_of
from orchestrator.index.state import ProjectState, State, change_state
from orchestrator.model import UploadedWheel
from orchestrator.wheelhouse.record import read_metadata
from orchestrator.wheelhouse.store import open_wheelhouse
from tests.index.installable_wheels import write_small_wheel

if TYPE_CHECKING:
    from orchestrator.wheelhouse.store import Wheelhouse

NAME = "probe-thing"
OLD = "probe-old"
WHEELS = tuple(f"probe_thing-{version}-py3-none-any.whl" for version in ("1.0", "1.1", "2.0"))
YANKED = WHEELS[-1]
PROVEN = WHEELS[0]
REASON = 'built with the wrong "flags" & such'
REQUIRES_PYTHON = ">=3.8,<4"
CREATED = "2026-01-02T03:04:05Z"
STATUS = ProjectState(
    status="archived", reason="use probe-thing", tracks=("https://upstream.example/probe-old/",)
)


class Sample(msgspec.Struct, frozen=True):
    """Wheels of the sample, by file name."""

    wheels: dict[str, Path]

    def content(self, filename: str) -> bytes:
        """What a client must get."""
        return self.wheels[filename].read_bytes()

    def metadata(self, filename: str) -> bytes:
        """The METADATA in it."""
        return read_metadata(self.wheels[filename])

    def of(self, name: str) -> tuple[str, ...]:
        """File names of a project's wheels."""
        stem = name.replace("-", "_")
        return tuple(filename for filename in self.wheels if filename.startswith(f"{stem}-"))


def write_sample(folder: Path) -> Sample:
    """Writes the wheels into a folder, which holds nothing else."""
    paths = [
        write_small_wheel(
            folder,
            "Probe.Thing",
            version,
            requires_python=REQUIRES_PYTHON,
            requires=("probe-old",),
            size=100_000,
        )
        for version in ("1.0", "1.1", "2.0")
    ]
    paths.append(write_small_wheel(folder, "probe-old", "0.1"))
    paths.append(write_small_wheel(folder, "probe-local", "1.0+own.1"))
    # A page that is worth compressing.
    paths += [write_small_wheel(folder, "probe-many", f"0.{number}") for number in range(20)]
    return Sample(wheels={path.name: path for path in paths})


def publish(sample: Sample, directory: Path) -> Wheelhouse:
    """A wheelhouse of these wheels, with all that an operator can say of them."""
    store = open_wheelhouse(directory)
    for path in sample.wheels.values():
        moved = store.directory / ".incoming" / path.name
        shutil.copyfile(path, moved)
        store.take_upload(_upload(moved), created=CREATED)
    change_state(store, lambda _: State(yanked={YANKED: REASON}, projects={OLD: STATUS}))
    provenance = {"version": 1, "attestation_bundles": []}
    (store.directory / f"{PROVEN}.provenance").write_text(json.dumps(provenance))
    return store


def _upload(path: Path) -> UploadedWheel:
    stem, version, *_ = path.name.split("-")
    return UploadedWheel(
        path=path,
        filename=path.name,
        name=stem.replace("_", "-"),
        version=version,
        sha256=sha256_of(path),
        platform="any",
        python="3",
        metadata=read_metadata(path),
        requires_python=REQUIRES_PYTHON if stem == "probe_thing" else "",
        findings=(),
    )
