"""Puts the parts of the index together, as ``orchestrate serve`` runs them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from orchestrator.errors import NoWheelhouseError, StateFileError
from orchestrator.index.access_log import AccessLog
from orchestrator.index.app import App, Guard, Observer, Route
from orchestrator.index.catalogue import Catalogue
from orchestrator.index.files import PREFIX as FILES
from orchestrator.index.files import Files
from orchestrator.index.metrics import Metrics, monitoring
from orchestrator.index.server import Address, Background, run
from orchestrator.index.simple import PREFIX as SIMPLE
from orchestrator.index.simple import Simple
from orchestrator.index.state import state_path
from orchestrator.index.watch import Watcher
from orchestrator.model import Value

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO


class Settings(Value):
    """What is served, and how.

    Attributes:
        wheelhouse: A folder.
        address: Checked.
        public_url: Of the index, as its users reach it; empty where nobody said it.
    """

    wheelhouse: Path
    address: Address
    public_url: str = ""


def serve(settings: Settings, log: BinaryIO | None, started: Callable[[int], None]) -> None:
    """Serves until it is told to stop.

    Args:
        settings: What and how.
        log: The access log; None: none.
        started: Told how many projects there are, once it listens.

    Raises:
        NoWheelhouseError: The folder is not there, or can't be read.
        StateFileError: The operator's decisions can't be read.
        ServeSupportError: The server is not installed.
        AddressInUseError: It can't be served there.
    """
    catalogue = open_catalogue(settings.wheelhouse)
    metrics = Metrics()
    access_log = AccessLog(log) if log else None
    simple = Simple(catalogue, settings.public_url)
    files = Files(catalogue)
    watcher = Watcher(catalogue, simple.forget, files.forget)
    routes = [
        Route(prefix=SIMPLE, handler=simple),
        Route(prefix=FILES, handler=files),
        *monitoring(metrics, catalogue, watcher.problem),
    ]
    guard: Guard | None = None
    observers: tuple[Observer, ...] = (metrics, access_log) if access_log else (metrics,)
    background: tuple[Background, ...] = (watcher.run,)
    if access_log:
        background = (*background, access_log.run)
    app = App(routes, guard=guard, observers=observers)
    run(
        app,
        settings.address,
        background=background,
        started=lambda: started(len(catalogue.names())),
    )


def open_catalogue(wheelhouse: Path) -> Catalogue:
    """What a wheelhouse offers.

    Raises:
        NoWheelhouseError: The folder is not there, or can't be read.
        StateFileError: The operator's decisions can't be read.
    """
    if not wheelhouse.is_dir():
        raise NoWheelhouseError(f"wheelhouse {wheelhouse}: there is no such folder.")
    if not os.access(wheelhouse, os.R_OK | os.X_OK):
        raise NoWheelhouseError(f"wheelhouse {wheelhouse}: can't be read.")
    try:
        return Catalogue(wheelhouse)
    except msgspec.MsgspecError as error:
        raise StateFileError(f"{state_path(wheelhouse)}: {error}") from error
    except OSError as error:
        why = error.strerror or error
        raise NoWheelhouseError(f"wheelhouse {wheelhouse}: can't be read: {why}.") from error
