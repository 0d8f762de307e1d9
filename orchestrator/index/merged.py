"""The facts of a wheelhouse and of an upstream as one: what ``index.merge`` says, kept fresh."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import msgspec

from orchestrator.errors import IndexUnreachableError
from orchestrator.index.catalogue import FILES, Catalogue
from orchestrator.index.listing import METADATA
from orchestrator.index.merge import Standing, merged, standing
from orchestrator.index.upstream import FRESH_SECONDS
from orchestrator.wheelhouse.store import project_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from orchestrator.index.facts import File, Project
    from orchestrator.index.settings import Settings
    from orchestrator.index.upstream import Theirs, Upstream
    from orchestrator.model import Record

_MOST_KEPT = 4096
_ASKING = 4
# An upstream that is down is not asked for every request.
_RETRY_SECONDS = 30


class Merged:
    """A catalogue with what an upstream has of the names that the operator lists.

    Pages of upstream are asked for when their project is; those that are older than ten minutes are
    asked for again behind the back of whoever reads them (``refresh`` says when they came).

    Args:
        own: The wheelhouse's.
        upstream: The other index.
        settings: The operator's.
        mirror: Folder for upstream's files.
        clock: Seconds, of any beginning.
    """

    def __init__(
        self,
        own: Catalogue,
        upstream: Upstream,
        settings: Settings,
        mirror: Path,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._own = own
        self._upstream = upstream
        self._settings = settings
        self._mirror = mirror
        self._clock = clock
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[float, Theirs]] = OrderedDict()
        self._asking: set[str] = set()
        self._came: set[str] = set()
        self._pool = ThreadPoolExecutor(_ASKING, thread_name_prefix="upstream")

    def names(self) -> tuple[str, ...]:
        """Of our projects, and of those that are listed by their full names."""
        listed = (name for name in self._settings.rules.names if "*" not in name)
        return tuple(sorted({*self._own.names(), *listed}))

    def project(self, name: str) -> Project | None:
        """What is known of a project.

        Raises:
            IndexUnreachableError: Only upstream has it, did not answer, and never did before.
        """
        where = self.standing(name)
        ours = self._own.project(name)
        if where == "own":
            return ours
        if where == "unknown" or (where == "upstream" and self._redirects):
            return None
        try:
            theirs = self._theirs(name)
        except IndexUnreachableError:
            if ours is None:
                raise
            return msgspec.structs.replace(ours, stale="never")
        if theirs.project is None:
            return ours
        there = self._mirrored(theirs.project)
        page = merged(ours, there, self._upstream.page(name)) if ours else there
        return msgspec.structs.replace(page, stale=theirs.stale)

    def own(self, name: str) -> Project | None:
        """What the wheelhouse alone has of a project; nobody is asked for it."""
        return self._own.project(name)

    @property
    def whole(self) -> bool:
        """Whether clients get the projects from here, too, that only upstream has."""
        return self._settings.rules.unlisted != "404"

    def standing(self, name: str) -> Standing:
        """Where a project's files come from."""
        ours = self._own.project(name) is not None
        gap = ours and self._settings.rules.built and _fills_gap(self._own.records(name))
        return standing(name, self._settings.rules, ours=ours, gap=gap)

    def elsewhere(self, name: str) -> str:
        """URL of the page of a project that only upstream has; empty where it is not for us."""
        if self._redirects and self.standing(name) == "upstream":
            return self._upstream.page(name)
        return ""

    def records(self, name: str) -> tuple[Record, ...]:
        """Of our wheels."""
        return self._own.records(name)

    def path(self, filename: str) -> Path | None:
        """Of a file of ours, or of upstream's that was brought here."""
        if found := self._own.path(filename):
            return found
        place = self._mirror / project_of(filename) / filename
        return place if self._settings.mirror and self._file(filename) and place.exists() else None

    def bring(self, filename: str) -> Path | None:
        """A file of upstream's that is to be served from here; None where there is none.

        Raises:
            IndexUnreachableError: Upstream did not answer, or with something else.
        """
        file = self._file(filename) if self._settings.mirror else None
        if file is None:
            return None
        suffix = METADATA if filename.endswith(METADATA) else ""
        if suffix and not file.metadata_sha256:
            return None
        return self._upstream.fetch(file, suffix, self._mirror / project_of(filename))

    def refresh(self) -> frozenset[str]:
        """Names of the projects that changed here or came anew from upstream."""
        changed = self._own.refresh()
        with self._lock:
            came, self._came = self._came, set()
        return changed | came

    def close(self) -> None:
        """Ends what still waits for upstream."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    @property
    def _redirects(self) -> bool:
        return self._settings.rules.unlisted == "redirect"

    def _file(self, filename: str) -> File | None:
        """A file as upstream tells it, with its URL there."""
        name = project_of(filename)
        if self.standing(name) not in {"merged", "upstream"}:
            return None
        project = self._theirs(name).project
        files = project.files if project else ()
        wanted = filename.removesuffix(METADATA)
        return next((file for file in files if file.filename == wanted), None)

    def _mirrored(self, project: Project) -> Project:
        if not self._settings.mirror:
            return project
        files = tuple(
            msgspec.structs.replace(file, url=FILES + file.filename) for file in project.files
        )
        return msgspec.structs.replace(project, files=files)

    def _theirs(self, name: str) -> Theirs:
        with self._lock:
            until, known = self._known.get(name, (0.0, None))
            if known:
                self._known.move_to_end(name)
                if until < self._clock() and name not in self._asking:
                    self._asking.add(name)
                    self._pool.submit(self._ask_again, name, known)
                return known
        return self._ask(name)

    def _ask(self, name: str) -> Theirs:
        theirs = self._upstream.ask(name)
        kept = _RETRY_SECONDS if theirs.stale else FRESH_SECONDS
        with self._lock:
            self._known[name] = (self._clock() + kept, theirs)
            while len(self._known) > _MOST_KEPT:
                self._known.popitem(last=False)
        return theirs

    def _ask_again(self, name: str, known: Theirs) -> None:
        try:
            theirs = self._ask(name)
            if (theirs.project, theirs.stale) != (known.project, known.stale):
                with self._lock:
                    self._came.add(name)
        except IndexUnreachableError:
            pass  # what is known counts, and whoever asks next starts it again
        finally:
            with self._lock:
                self._asking.discard(name)


def _fills_gap(records: tuple[Record, ...]) -> bool:
    """Whether all wheels of a project were made because the index lacked them."""
    return bool(records) and all(
        record.source.kind == "index" or record.kind == "redirect" for record in records
    )
