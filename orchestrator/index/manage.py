"""What admins do over HTTP.

::

    DELETE /manage/files/FILE             removes a file; its name stays taken
    PUT    /manage/yanked/FILE            yanks; the body, plain text, is the reason
    PUT    /manage/yanked/NAME==VERSION   yanks every file of a version
    DELETE /manage/yanked/…               takes a yank back
    GET    /manage/projects/NAME          its status, as JSON
    PUT    /manage/projects/NAME          {"status": "archived", "reason": "…", "tracks": []}
    GET    /manage/journal                the newest lines of the journal
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

import msgspec

from orchestrator.errors import NoSuchFileError, NotDeletableError, OrchestratorError
from orchestrator.index.body import Body, Pace
from orchestrator.index.decisions import delete, files_of, set_project, unyank, yank
from orchestrator.index.messages import Answer, plain
from orchestrator.index.refusal import RefusalError
from orchestrator.index.state import ProjectState, read_state
from orchestrator.model import learn

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from orchestrator.index.access import Access, Caller
    from orchestrator.index.journal import Event, Journal
    from orchestrator.index.messages import Request
    from orchestrator.wheelhouse.store import Wheelhouse

    _Action = Callable[["Deed"], Awaitable[Answer]]

_PATH = re.compile(r"/manage/(files|yanked|projects)/([^/]+)/?|/manage/(journal)/?")
_PROJECT = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?", re.ASCII)
_BODY = 64 << 10
_JOURNAL = 256 << 10  # bytes of its end that are shown
_PRIVATE = ("cache-control", "no-store")

learn(ProjectState)


class Deed:
    """One request of an admin.

    Attributes:
        caller: Who asks.
        request: What they asked.
        subject: File, project or version that it is about.
    """

    def __init__(self, caller: Caller, request: Request, body: Body, subject: str) -> None:
        self.caller = caller
        self.request = request
        self.subject = subject
        self._body = body

    async def body(self) -> bytes:
        """All of it."""
        return b"".join([chunk async for chunk in self._body.read(Pace(), _BODY)])


class Manage:
    """The handler of ``/manage/``.

    Args:
        wheelhouse: That is managed.
        access: Says who is an admin.
        journal: Gets what they did.
    """

    def __init__(self, wheelhouse: Wheelhouse, access: Access, journal: Journal) -> None:
        self._wheelhouse = wheelhouse
        self._access = access
        self._journal = journal
        self._actions: dict[tuple[str, str], _Action] = {
            ("DELETE", "files"): self._delete,
            ("PUT", "yanked"): self._yank,
            ("DELETE", "yanked"): self._unyank,
            ("GET", "projects"): self._project,
            ("PUT", "projects"): self._set_project,
            ("GET", "journal"): self._journal_end,
        }

    async def __call__(self, request: Request) -> Answer:
        """Does what an admin asks for, or says why not."""
        body = Body(request)
        try:
            caller = self._access.admit(request, "admin")
            action, subject = self._chosen(request)
            return await action(Deed(caller, request, body, subject))
        except RefusalError as refusal:
            return await body.hear_out(refusal)
        except NoSuchFileError as error:
            return plain(404, error.message, _PRIVATE)
        except NotDeletableError as error:
            return plain(409, f"{error.message} {error.hint}", _PRIVATE)
        except (OSError, OrchestratorError, msgspec.MsgspecError) as error:
            return plain(500, f"It could not be done: {error}", _PRIVATE)

    def _chosen(self, request: Request) -> tuple[_Action, str]:
        match = _PATH.fullmatch(request.path)
        if not match:
            raise RefusalError(404, "There is nothing to manage here.")
        kind = match[1] or match[3]
        method = "GET" if request.method == "HEAD" else request.method
        action = self._actions.get((method, kind))
        if not action:
            allowed = ", ".join(sorted(one for one, of in self._actions if of == kind))
            raise RefusalError(405, f"Here: {allowed}.", ("allow", allowed))
        return action, match[2] or ""

    async def _delete(self, deed: Deed) -> Answer:
        digest = await asyncio.to_thread(delete, self._wheelhouse, deed.subject)
        self._note("delete", deed, deed.subject, sha256=digest)
        return plain(200, f"{deed.subject} is deleted.", _PRIVATE)

    async def _yank(self, deed: Deed) -> Answer:
        reason = " ".join((await deed.body()).decode(errors="replace").split())
        files = await asyncio.to_thread(files_of, self._wheelhouse, deed.subject)
        await asyncio.to_thread(yank, self._wheelhouse, files, reason)
        for file in files:
            self._note("yank", deed, file, why=reason)
        return plain(200, f"Yanked: {', '.join(files)}.", _PRIVATE)

    async def _unyank(self, deed: Deed) -> Answer:
        files = await asyncio.to_thread(files_of, self._wheelhouse, deed.subject)
        await asyncio.to_thread(unyank, self._wheelhouse, files)
        for file in files:
            self._note("unyank", deed, file)
        return plain(200, f"No more yanked: {', '.join(files)}.", _PRIVATE)

    async def _project(self, deed: Deed) -> Answer:
        known = read_state(self._wheelhouse.directory).projects
        return _json(known.get(deed.subject, ProjectState()))

    async def _set_project(self, deed: Deed) -> Answer:
        if not _PROJECT.fullmatch(deed.subject):
            raise RefusalError(400, "Name the project normalized, e.g. acme-app.")
        try:
            project = msgspec.json.decode(await deed.body(), type=ProjectState)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise RefusalError(400, f"That is no status of a project: {error}.") from error
        await asyncio.to_thread(set_project, self._wheelhouse, deed.subject, project)
        self._note("status", deed, deed.subject, why=f"{project.status} {project.reason}".strip())
        return _json(project)

    async def _journal_end(self, _: Deed) -> Answer:
        try:
            with self._journal.path.open("rb") as file:
                size = file.seek(0, 2)
                file.seek(max(0, size - _JOURNAL))
                end = file.read()
        except FileNotFoundError:
            size, end = 0, b""
        lines = end if size <= _JOURNAL else end.partition(b"\n")[2]
        return Answer(headers=(("content-type", "application/x-ndjson"), _PRIVATE), body=lines)

    def _note(
        self, event: Event, deed: Deed, subject: str, *, sha256: str = "", why: str = ""
    ) -> None:
        self._journal.add(
            event,
            who=deed.caller.who,
            peer=deed.request.peer,
            subject=subject,
            sha256=sha256,
            why=why,
        )


def _json(value: object) -> Answer:
    headers = (("content-type", "application/json"), _PRIVATE)
    return Answer(headers=headers, body=msgspec.json.encode(value) + b"\n")
