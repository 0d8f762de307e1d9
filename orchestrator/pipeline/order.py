"""What a worker is told to do, and what it says: values that travel, with the files they name."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from orchestrator.files import cache_directory, write_atomically
from orchestrator.model import PlanStep, Step, StepResult, Value
from orchestrator.pipeline.workshop import BuildOptions

TOPIC = "orchestrate-{run}"
"""Where workers tell of a run while they do its steps."""


class Order(Value):
    """A step as a worker is told to do it.

    Attributes:
        run: Of which it is a part.
        attempt: Number; a step whose worker was lost is tried again.
        options: Of the run.
        wheelhouse: Folder, or address of an object store.
        work: The step.
        cpus: That its build may keep busy.
        needs: Fingerprints of the steps that it needs, by label.
        files: Contents of the files that the step names, by their paths on the machine it is from.
    """

    run: str
    attempt: int
    options: BuildOptions
    wheelhouse: str
    work: PlanStep
    cpus: int
    needs: dict[str, str]
    files: dict[str, bytes]


class Message(Value):
    """What a worker tells while it does a step.

    Attributes:
        attempt: Which.
        compiled: It needs CPUs no longer.
        blocked: Somebody else is doing it.
        event: For those who watch, as JSON.
    """

    attempt: int
    compiled: bool = False
    blocked: bool = False
    event: str = ""


class Outcome(Value):
    """How a step ended on a worker; ``log`` is the content of its log where it failed."""

    result: StepResult
    log: bytes = b""


def files_of(step: Step) -> dict[str, bytes]:
    """The files of this machine that a step names: patches, tests of recipes, a local sdist."""
    return {str(path): path.read_bytes() for path in _paths(step)}


def laid_out(step: Step, files: dict[str, bytes]) -> Step:
    """The step, naming files of this machine with the same contents."""

    def place(path: str | Path) -> Path:
        return _lay_out(Path(path).name, files[str(path)])

    settings = step.settings
    patches = tuple(
        msgspec.structs.replace(patch, path=place(patch.path)) for patch in settings.patches
    )
    test = msgspec.structs.replace(
        settings.test, own_files=tuple(map(place, settings.test.own_files))
    )
    location = step.source.location
    if step.source.kind == "file":
        location = str(place(location))
    return msgspec.structs.replace(
        step,
        settings=msgspec.structs.replace(settings, patches=patches, test=test),
        source=msgspec.structs.replace(step.source, location=location),
        libraries=tuple(laid_out(library, files) for library in step.libraries),
    )


def _paths(step: Step) -> tuple[Path, ...]:
    patches = (patch.path for patch in step.settings.patches)
    sources = (Path(step.source.location),) if step.source.kind == "file" else ()
    libraries = (path for library in step.libraries for path in _paths(library))
    return (*patches, *step.settings.test.own_files, *sources, *libraries)


def _lay_out(name: str, content: bytes) -> Path:
    digest = hashlib.sha256(content).hexdigest()
    path = cache_directory() / "travelled" / digest / name
    if not path.exists():
        write_atomically(path, content)
    return path
