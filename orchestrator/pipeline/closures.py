"""From what a user asks for to one locked closure per target, which audit and plan start with.

Nothing of an sdist runs but what tells its requirements, and that in its build environment.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from orchestrator.files import open_cache
from orchestrator.model import LogLine, Notice, Resolved, StepStarted, Value
from orchestrator.pipeline.offered import counted_on, offer_redirects
from orchestrator.process import Processes
from orchestrator.registry.load import load_registry
from orchestrator.resolve.configuration import read_configuration
from orchestrator.resolve.lock import Locking, lock_all, unknown_metadata
from orchestrator.resolve.locked import closures_of_lock
from orchestrator.resolve.uv_configuration import uv_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from orchestrator.model import Closure, Event, Locked, Target
    from orchestrator.pipeline.metadata import MetadataBuilder
    from orchestrator.resolve.configuration import IndexConfiguration
    from orchestrator.resolve.inputs import Inputs
    from orchestrator.resolve.refusal import Refused
    from orchestrator.resolve.uv_compile import Metadata


class ClosureOptions(Value):
    """How closures are made.

    Attributes:
        recipes: Folders of recipes beyond those that travel with orchestrator.
        build_metadata: Whether a build backend may be asked what its sdist requires, where
            nothing else tells; if not, ``Locked.dependencies_known`` says of which nobody knows.
    """

    recipes: tuple[Path, ...] = ()
    build_metadata: bool = True


def closures(
    inputs: Inputs,
    targets: Sequence[Target],
    options: ClosureOptions,
    emit: Callable[[Event], None],
    known: Callable[[Closure], None] = lambda _: None,
) -> tuple[Closure, ...]:
    """Every package that the inputs need, pinned, for each target in turn.

    Args:
        inputs: As read by ``resolve.inputs_read``.
        targets: At least one.
        options: How.
        emit: Told how it goes; a step's label is ``closure for TARGET``.
        known: Called with each closure as soon as it is known, in threads of their own.

    Raises:
        OrchestratorError: The requirements contradict each other (RSL001), uv or an index failed
            (RSL002), a hash is wrong (RSL003), a lock can't be used (RSL004).
    """
    open_cache()
    folder = Path(inputs.projects[0]).parent if inputs.projects else Path.cwd()
    started = time.monotonic()
    for sentence in inputs.unread:
        emit(Notice(step="requirements", message=sentence))
    for target in targets:
        emit(StepStarted(step=_label(target)))
    configuration = inputs.options.configured(read_configuration(folder, os.environ))
    processes = Processes()

    def told(target: Target, line: str) -> None:
        emit(LogLine(step=_label(target), line=line))

    def warned(target: Target, message: str) -> None:
        emit(Notice(step=_label(target), message=message))

    with tempfile.TemporaryDirectory(prefix="orchestrate-offers-") as place:
        registry = load_registry(options.recipes)
        offers = offer_redirects(registry, targets, configuration, Path(place))
        locking = Locking(
            inputs=inputs,
            configuration=_with_links(configuration, place) if offers.filenames else configuration,
            settings=uv_tables(folder, os.environ),
            cwd=Path.cwd(),
            environ=os.environ,
            processes=processes,
            metadata_of=_Asked(options, configuration, processes, warned)
            if options.build_metadata
            else unknown_metadata,
            told=told,
            known=lambda closure: known(counted_on(closure, offers)),
        )
        if inputs.lock:
            found = closures_of_lock(locking, inputs.lock, targets)
        else:
            found = lock_all(locking, targets)
    for closure in found:
        emit(
            Resolved(
                step=_label(closure.target),
                packages=len(closure.packages),
                seconds=time.monotonic() - started,
            )
        )
    return tuple(_with_folders(counted_on(closure, offers)) for closure in found)


def _with_links(configuration: IndexConfiguration, place: str) -> IndexConfiguration:
    links = (*configuration.find_links, place)
    return msgspec.structs.replace(configuration, find_links=links)


def _with_folders(closure: Closure) -> Closure:
    """The closure with the digests of folders, which no lock has."""
    return msgspec.structs.replace(closure, packages=tuple(map(_pinned, closure.packages)))


def _pinned(package: Locked) -> Locked:
    if package.source is None or package.source.kind != "directory":
        return package
    from orchestrator.build.sources import pin_folder  # noqa: PLC0415 (where there is one)

    source = pin_folder(Path(package.source.location), package.name)
    return msgspec.structs.replace(package, source=source, version=source.version)


class _Asked:
    """Asks build backends; all that is needed for it is made when the first is asked."""

    def __init__(
        self,
        options: ClosureOptions,
        configuration: IndexConfiguration,
        processes: Processes,
        warned: Callable[[Target, str], None],
    ) -> None:
        self._arguments = (options.recipes, configuration, processes, warned)
        self._lock = threading.Lock()

    def __call__(self, refused: Refused, target: Target) -> Metadata:
        with self._lock:
            builder = self._builder
        return builder(refused, target)

    @cached_property
    def _builder(self) -> MetadataBuilder:
        from orchestrator.pipeline.metadata import MetadataBuilder  # noqa: PLC0415

        return MetadataBuilder(*self._arguments)


def _label(target: Target) -> str:
    return f"closure for {target}"
