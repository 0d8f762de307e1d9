"""Puts the parts of the index together, as ``orchestrate serve`` runs them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from orchestrator.errors import NoWheelhouseError, StateFileError
from orchestrator.index.access import Access
from orchestrator.index.access_log import AccessLog
from orchestrator.index.app import App, Observer, Route
from orchestrator.index.catalogue import Catalogue
from orchestrator.index.files import PREFIX as FILES
from orchestrator.index.files import Files
from orchestrator.index.journal import Journal
from orchestrator.index.merged import Merged
from orchestrator.index.metrics import Metrics, monitoring
from orchestrator.index.receiving import CLOSED, Receiving, Terms
from orchestrator.index.server import Address, run
from orchestrator.index.settings import read_settings, settings_path
from orchestrator.index.simple import PREFIX as SIMPLE
from orchestrator.index.simple import Simple
from orchestrator.index.state import FOLDER, state_path
from orchestrator.index.tokens import Tokens
from orchestrator.index.ui.assets import asset_names
from orchestrator.index.ui.content import Content
from orchestrator.index.ui.frame import Site
from orchestrator.index.ui.handlers import ROUTES as UI
from orchestrator.index.ui.handlers import Pages
from orchestrator.index.upstream import Upstream
from orchestrator.index.watch import Watcher
from orchestrator.model import Value
from orchestrator.resolve.configuration import read_configuration
from orchestrator.wheelhouse.store import SHARED

if TYPE_CHECKING:
    from collections.abc import Callable


class Settings(Value):
    """What is served, and how.

    Attributes:
        wheelhouse: A folder.
        address: Checked.
        public_url: Of the index, as its users reach it; empty where nobody said it.
        tokens: File of tokens; None: everybody may read, and nobody more.
        private: Whether reading needs a token, too.
        upstream: URL of an index that this one is merged with; empty: what ``index.toml`` says.
        terms: On which uploads are taken, where there are tokens.
    """

    wheelhouse: Path
    address: Address
    public_url: str = ""
    tokens: Path | None = None
    private: bool = False
    upstream: str = ""
    terms: Terms = Terms()


def serve(settings: Settings, log: BinaryIO | None, started: Callable[[int], None]) -> None:
    """Serves until it is told to stop.

    Args:
        settings: What and how.
        log: The access log; None: none.
        started: Told how many projects there are, once it listens.

    Raises:
        NoWheelhouseError: The folder is not there, can't be read, or is half of one.
        StateFileError: The operator's decisions can't be read.
        BadIndexSettingsError: What is to be merged can't be read.
        TokensFileError: The tokens can't be read.
        WheelhouseNotWritableError: There are tokens, and the folder can't be written.
        ServeSupportError: The server is not installed.
        AddressInUseError: It can't be served there.
    """
    if (settings.wheelhouse / SHARED).exists():
        # What others brought to its store is not here, and would be missing without a word.
        raise NoWheelhouseError(
            f"wheelhouse {settings.wheelhouse}: its other half is in an object store.",
            hint="orchestrate export makes static files of both halves, for any web server.",
        )
    facts = open_facts(settings.wheelhouse, settings.upstream)
    journal = Journal(settings.wheelhouse)
    access = _access(settings, journal)
    simple, files = Simple(facts, settings.public_url), Files(facts)
    pages = _pages(facts, settings)
    watcher = Watcher(facts, simple.forget, files.forget, pages.forget)
    receiving = _receiving(settings, facts, access, journal, watcher)
    metrics = Metrics()
    routes = (
        Route(prefix=SIMPLE, handler=simple),
        Route(prefix=FILES, handler=files),
        *(Route(prefix=place, handler=pages) for place in UI),
        Route(prefix="/audit/", handler=pages, methods=("POST",)),
        *(receiving.routes if receiving else CLOSED),
        *monitoring(metrics, facts, watcher.problem),
    )
    access_log = AccessLog(log) if log else None
    observers: tuple[Observer, ...] = (metrics, access_log) if access_log else (metrics,)
    try:
        run(
            App(routes, guard=access, observers=observers),
            settings.address,
            background=(watcher.run, access_log.run) if access_log else (watcher.run,),
            started=lambda: started(len(facts.names())),
        )
    finally:
        if receiving:
            receiving.close()
        if isinstance(facts, Merged):
            facts.close()


def open_facts(wheelhouse: Path, upstream: str = "") -> Catalogue | Merged:
    """What a wheelhouse offers, and what the upstream does that it is merged with.

    Args:
        wheelhouse: A folder.
        upstream: URL of simple pages; empty: what ``index.toml`` says, if anything.

    Raises:
        NoWheelhouseError: The folder is not there, or can't be read.
        StateFileError: The operator's decisions can't be read.
        BadIndexSettingsError: What is to be merged can't be read.
    """
    own = open_catalogue(wheelhouse)
    merging = read_settings(settings_path(wheelhouse), upstream)
    if not merging.upstream:
        return own
    configuration = read_configuration(Path.cwd(), os.environ)
    other = Upstream(merging.upstream, configuration, wheelhouse / FOLDER / "upstream")
    return Merged(own, other, merging, wheelhouse / FOLDER / "mirror")


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


def _access(settings: Settings, journal: Journal) -> Access:
    tokens = Tokens(settings.tokens) if settings.tokens else None
    if tokens:
        tokens.all()  # said now, not to the first who shows one
    return Access(tokens, journal, anonymous_read=not settings.private)


def _receiving(
    settings: Settings,
    facts: Catalogue | Merged,
    access: Access,
    journal: Journal,
    watcher: Watcher,
) -> Receiving | None:
    """What changes the wheelhouse; nothing does where there are no tokens."""
    if settings.tokens is None:
        return None

    def owned(name: str) -> str:
        merged = isinstance(facts, Merged) and facts.standing(name) == "merged"
        return "its page is merged with upstream's." if merged else ""

    return Receiving(
        settings.wheelhouse,
        access,
        journal,
        terms=settings.terms,
        owned=owned,
        look=watcher.look,
    )


def _pages(facts: Catalogue | Merged, settings: Settings) -> Pages:
    whole = isinstance(facts, Merged) and facts.whole
    content = Content(
        facts,
        facts.records,
        Site(assets=asset_names(), whole=whole, private=settings.private),
        settings.wheelhouse,
        own=facts.own if isinstance(facts, Merged) else facts.project,
        passed_on=_elsewhere(facts),
    )
    base_path, public_url = settings.address.base_path, settings.public_url
    return Pages(content, base_path=base_path, public_url=public_url)


def _elsewhere(facts: Catalogue | Merged) -> Callable[[str], bool]:
    """Whether clients get a project from upstream alone."""
    if isinstance(facts, Merged):
        return lambda name: facts.standing(name) == "upstream"
    return lambda _: False
