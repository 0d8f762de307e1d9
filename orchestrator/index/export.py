"""The index as static files, for any web server or bucket.

What is there already stays as it is. In between, a reader never finds a page that lists what can't
be fetched, or has other bytes than the page says: files come before the pages that list them, and
go after them; of a file that gets other bytes the pages are silent meanwhile.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

import msgspec

from orchestrator.index.contents import (
    FOLDER,
    Contents,
    Wanted,
    contents_of,
    project_pages,
    root_pages,
    without_files,
)
from orchestrator.index.manifest import (
    FORMAT,
    Exported,
    Held,
    Kept,
    Manifest,
    PageMaker,
    Pages,
    Section,
)
from orchestrator.index.places import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from orchestrator.index.catalogue import Facts
    from orchestrator.index.places import Place

T = TypeVar("T")
R = TypeVar("R")

# How often what changes while it is exported is looked at again.
_ATTEMPTS = 5


class Exporter:
    """One export.

    Args:
        facts: What is exported.
        place: Where to.
        makers: Of further pages.
        public_url: Where users reach the index; empty where nobody said it.
        quiet: While it is entered, the facts' sources are not between two states.
        grace: How long files stay that no page lists any more: for readers of older pages.
        now: UTC.
    """

    def __init__(
        self,
        facts: Facts,
        place: Place,
        *,
        makers: tuple[PageMaker, ...] = (),
        public_url: str = "",
        quiet: Callable[[], AbstractContextManager[None]] = nullcontext,
        grace: timedelta = timedelta(0),
        now: datetime,
    ) -> None:
        self._facts = facts
        self._place = place
        self._makers = makers
        self._base = public_url and f"{public_url.rstrip('/')}/"
        self._quiet = quiet
        self._grace = grace
        self._now = now
        self._touched = False
        self._before = self._now_there = Manifest()
        self._made: set[str] = set()
        self._sections: dict[str, Kept] = {}
        self._taken: set[str] = set()
        self._written: set[str] = set()

    def run(self) -> Exported:
        """Brings the place up to date.

        Raises:
            OrchestratorError: It can't be read or written, or is no place for an export.
        """
        with self._place.exclusive():
            self._read()
            contents, missing = self._take_files()
            self._write(project_pages(contents, self._base))
            self._write(root_pages(contents))
            for maker in self._makers:
                for section in maker():
                    self._write_section(section)
            deleted = self._clear(contents)
            if self._touched or not self._before.complete:
                self._place.settle()
                self._save(complete=True)
        return Exported(
            projects=len(contents.projects),
            files=len(contents.files),
            taken=len(self._taken & contents.files.keys()),
            pages=len(self._written),
            unchanged=len(contents.files.keys() - self._taken) + len(self._made - self._written),
            withdrawn=len(self._now_there.withdrawn),
            deleted=deleted,
            missing=tuple(sorted(missing)),
        )

    def _read(self) -> None:
        """What is there, and what is known of it."""
        sizes = self._place.held()
        content = self._place.read(MANIFEST)
        try:
            known = msgspec.json.decode(content or b"{}", type=Manifest)
        except msgspec.MsgspecError:
            known = Manifest(complete=False)
        trusted = known.complete and known.format == FORMAT
        self._before = msgspec.structs.replace(known, complete=trusted and content is not None)
        files: dict[str, Held] = {}
        for path, size in sizes.items():
            held = known.files.get(path)
            if not (trusted and held and held.size == size):
                held = Held(sha256=self._place.digest(path), size=size)
            files[path] = held
        withdrawn = {path: since for path, since in known.withdrawn.items() if path in files}
        sections = known.sections if trusted else {}
        self._now_there = Manifest(files=files, sections=sections, withdrawn=withdrawn)

    def _take_files(self) -> tuple[Contents, frozenset[str]]:
        """Takes in what is new; again where it changed meanwhile."""
        contents, missing = Contents(projects={}, files={}), frozenset[str]()
        for _ in range(_ATTEMPTS):
            contents = self._look()
            self._be_silent_of(contents)
            missing = self._take(contents)
            if not missing:
                return contents, missing
        return contents.without(missing), missing

    def _look(self) -> Contents:
        with self._quiet():
            self._facts.refresh()
            return contents_of(self._facts)

    def _be_silent_of(self, contents: Contents) -> None:
        """Writes pages without the files that are about to get other bytes."""
        there = self._now_there.files
        new = {
            path: wanted for path, wanted in contents.files.items() if not self._has(path, wanted)
        }
        replaced = {wanted.filename for path, wanted in new.items() if path in there}
        if replaced:
            absent = {wanted.filename for wanted in new.values()}
            concerned = {
                name: without_files(project, absent)
                for name, project in contents.projects.items()
                if any(file.filename in replaced for file in project.files)
            }
            self._write(project_pages(Contents(projects=concerned, files={}), self._base))

    def _take(self, contents: Contents) -> frozenset[str]:
        """Takes the files that are not there yet; the names of those it could not get."""
        new = [(path, it) for path, it in contents.files.items() if not self._has(path, it)]
        if new:
            self._touch()
        missing = set()
        for (path, wanted), size in zip(new, self._each(self._fetch, new), strict=True):
            if size is None:
                missing.add(wanted.filename)
            else:
                self._now_there.files[path] = Held(sha256=wanted.sha256, size=size)
                self._taken.add(path)
        return frozenset(missing)

    def _has(self, path: str, wanted: Wanted) -> bool:
        held = self._now_there.files.get(path)
        return held is not None and held.sha256 == wanted.sha256

    def _fetch(self, item: tuple[str, Wanted]) -> int | None:
        path, wanted = item
        try:
            size = wanted.source.stat().st_size
        except FileNotFoundError:
            return None
        return size if self._place.take(path, wanted.source, wanted.sha256) else None

    def _write(self, pages: Pages) -> None:
        """Writes the pages that differ from what is there."""
        files = self._now_there.files
        changed: dict[str, bytes] = {}
        for path, content in pages:
            self._made.add(path)
            held = Held(sha256=hashlib.sha256(content).hexdigest(), size=len(content))
            if files.get(path) != held:
                changed[path] = content
                files[path] = held
            if len(changed) >= 64 * self._place.workers:  # not all of them in memory
                self._write_all(changed)
                changed = {}
        self._write_all(changed)

    def _write_section(self, section: Section) -> None:
        """Writes a section's pages, unless they are there."""
        known = self._now_there.sections.get(section.key)
        files = self._now_there.files
        if section.mark and known and known.mark == section.mark and files.keys() >= {*known.paths}:
            self._made.update(known.paths)
        else:
            before = frozenset(self._made)
            self._write(section.make())
            paths = tuple(sorted(self._made - before))
            known = Kept(mark=section.mark, paths=paths)
        self._sections[section.key] = known

    def _write_all(self, pages: dict[str, bytes]) -> None:
        if pages:
            self._touch()
            self._written.update(pages)
            self._each(lambda page: self._place.write(*page), pages.items())

    def _clear(self, contents: Contents) -> int:
        """Deletes what nobody wants any more, files only after a while; how many it was."""
        there = self._now_there
        unwanted = there.files.keys() - contents.files.keys() - self._made
        kept: dict[str, str] = {}
        for path in sorted(unwanted):
            since = there.withdrawn.get(path, self._now.isoformat())
            if contents.may_stay(path) and self._now - _moment(since) < self._grace:
                kept[path] = since
        gone = unwanted - kept.keys()
        if gone or kept != there.withdrawn or self._sections != there.sections:
            self._touch()
        files = {path for path in gone if path.startswith(FOLDER)}
        self._each(self._place.delete, sorted(gone - files))  # the pages that list them
        self._each(self._place.delete, sorted(files))
        left = {path: held for path, held in there.files.items() if path not in gone}
        self._now_there = Manifest(files=left, sections=self._sections, withdrawn=kept)
        return len(gone)

    def _touch(self) -> None:
        """Notes that something is changing, before the first change."""
        if not self._touched:
            self._touched = True
            self._save(complete=False)

    def _each(self, do: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """Does something to all of them, as many at once as the place likes."""
        if self._place.workers == 1:
            return [do(item) for item in items]
        with ThreadPoolExecutor(self._place.workers) as pool:
            return list(pool.map(do, items))

    def _save(self, *, complete: bool) -> None:
        said = msgspec.structs.replace(self._now_there, complete=complete)
        self._place.write(MANIFEST, msgspec.json.encode(said))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
