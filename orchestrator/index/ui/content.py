"""What pages show, gathered from an index: its facts, its records, what lies beside its wheels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.index.ui.about import About, about_of
from orchestrator.index.ui.home import PER_PAGE, Line, Listing, found_by, home_page, line_of
from orchestrator.index.ui.logs import PAGE_BYTES, end_of, log_of
from orchestrator.index.ui.project import project_page
from orchestrator.index.ui.wheel import wheel_page
from orchestrator.wheelhouse.store import project_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from orchestrator.index.catalogue import Facts
    from orchestrator.index.facts import File, Project
    from orchestrator.index.ui.frame import Site
    from orchestrator.model import Record

_METADATA_BYTES = 2_000_000


class Content:
    """Makes pages. Reads files: to be called in threads.

    Args:
        facts: Of the index.
        records: Of a project's wheels in the wheelhouse.
        site: What pages know of the index.
        wheelhouse: Folder with logs of builds; None: none are shown. Pages that are files never
            show any: who put them where did not think of logs.
        own: What the wheelhouse alone has of a project; lists say that, and ask nobody.
        passed_on: Whether clients are sent elsewhere for a project.
    """

    def __init__(
        self,
        facts: Facts,
        records: Callable[[str], Sequence[Record]],
        site: Site,
        wheelhouse: Path | None = None,
        *,
        own: Callable[[str], Project | None] | None = None,
        passed_on: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self.facts = facts
        self.site = site
        self.own = own or facts.project
        self.passed_on = passed_on
        self._records = records
        self._wheelhouse = wheelhouse if site.server else None

    def records(self, name: str) -> dict[str, Record]:
        """Of a project's wheels, by file name."""
        return {record.filename: record for record in self._records(name)}

    def home(self, query: str = "", number: int = 1) -> bytes:
        """The page of the projects that a search finds.

        Args:
            query: Words; none: all projects.
            number: Which page, from 1.
        """
        names = self.facts.names()
        found = found_by(query, names)
        listing = Listing(lines=(), found=len(found), total=len(names), query=query)
        number = min(max(1, number), listing.pages)
        shown = found[(number - 1) * PER_PAGE : number * PER_PAGE]
        return home_page(
            self.site,
            Listing(
                lines=self._lines(shown),
                found=len(found),
                total=len(names),
                query=query,
                number=number,
            ),
        )

    def project(self, name: str) -> bytes | None:
        """The page of a project; None where there is none."""
        project = self.facts.project(name)
        if project is None:
            return None
        records = self.records(name)
        return project_page(self.site, project, records, self._about(project, records))

    def wheel(self, filename: str) -> bytes | None:
        """The page of a wheel; None where there is none."""
        found = self.find(filename)
        if found is None:
            return None
        project, file, record = found
        path = self.log(record)
        return wheel_page(
            self.site,
            project,
            file,
            record,
            about=self._about_file(filename),
            log=end_of(path, PAGE_BYTES) if path else "",
        )

    def find(self, filename: str) -> tuple[Project, File, Record] | None:
        """A wheel of the wheelhouse, with its project and its record."""
        name = project_of(filename)
        project = self.facts.project(name)
        record = self.records(name).get(filename)
        if project is None or record is None:
            return None
        file = next((file for file in project.files if file.filename == filename), None)
        return (project, file, record) if file else None

    def log(self, record: Record) -> Path | None:
        """The log of the build of a wheel."""
        return log_of(self._wheelhouse, record) if self._wheelhouse else None

    def _lines(self, names: Sequence[str]) -> tuple[Line, ...]:
        projects = ((name, self.own(name)) for name in names)
        return tuple(line_of(it) if it else Line(name=name) for name, it in projects)

    def _about(self, project: Project, records: dict[str, Record]) -> About:
        """What the newest wheel of ours says."""
        own = [file.filename for file in project.files if file.filename in records]
        return self._about_file(own[-1]) if own else About()

    def _about_file(self, filename: str) -> About:
        path = self.facts.path(f"{filename}.metadata")
        if path is None:
            return About()
        try:
            with path.open("rb") as file:
                return about_of(file.read(_METADATA_BYTES))
        except OSError:
            return About()
