"""Uploads, as twine and ``uv publish`` send them: the legacy upload API.

A form is streamed into a folder of its own below ``.index/uploads``, compared with what it says of
itself, examined, and moved into the wheelhouse. The folder is held by a lock that ends with the
process: what a killed server leaves there, the next one removes.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import secrets
import shutil
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Literal

import msgspec

from orchestrator.errors import DiskFullError, FileConflictError, OrchestratorError
from orchestrator.files import is_disk_full
from orchestrator.index.body import Body, Pace
from orchestrator.index.declared import Declared, agrees, declared
from orchestrator.index.examiner import Examiner
from orchestrator.index.form import receive
from orchestrator.index.journal import utc_now
from orchestrator.index.messages import plain
from orchestrator.index.refusal import RefusalError
from orchestrator.index.state import FOLDER, read_state
from orchestrator.model import UploadedWheel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from orchestrator.index.access import Access, Caller
    from orchestrator.index.examination import Examined
    from orchestrator.index.journal import Journal
    from orchestrator.index.messages import Answer, Request
    from orchestrator.wheelhouse.store import Wheelhouse

Policy = Literal["refuse", "accept"]

LARGEST = 1 << 30
_AT_ONCE = 16
_FORM_BYTES = 16 << 20  # that a form may have beside its file
_MODE = 0o644
_CLOSED = frozenset({"archived", "quarantined"})


def nobody_owns(_: str) -> str:
    """Of no name there is a reason why it can't be uploaded."""
    return ""


class Upload:
    """The handler of ``POST /legacy/``.

    Args:
        wheelhouse: Gets the wheels.
        access: Says who may.
        journal: Gets every upload, and every refused one.
        policy: What becomes of wheels with findings of severity error.
        limit: Bytes of a file.
        owned: Why nobody may upload files of a project, e.g. because they come from upstream;
            empty where somebody may. It gets the normalized name.
        pace: How slow a client may be.
    """

    def __init__(
        self,
        wheelhouse: Wheelhouse,
        access: Access,
        journal: Journal,
        *,
        policy: Policy = "refuse",
        limit: int = LARGEST,
        owned: Callable[[str], str] = nobody_owns,
        pace: Pace | None = None,
    ) -> None:
        self._wheelhouse = wheelhouse
        self._access = access
        self._journal = journal
        self._policy = policy
        self._limit = limit
        self._owned = owned
        self._pace = pace or Pace()
        self._examiner = Examiner()
        # Apart from the loop's own threads, which others need meanwhile.
        self._writing = ThreadPoolExecutor(2, "upload")
        self._examining = ThreadPoolExecutor(1, "examine")
        self._free = _AT_ONCE
        self._folder = wheelhouse.directory / FOLDER / "uploads"
        self._folder.mkdir(parents=True, exist_ok=True)
        _sweep(self._folder)

    async def __call__(self, request: Request) -> Answer:
        """Takes an upload in, or says why not."""
        if request.method != "POST":
            return plain(405, "Uploads are POSTed here.", ("allow", "POST"))
        body = Body(request)
        try:
            caller = self._access.admit(request, "upload")
        except RefusalError as refusal:
            return await body.hear_out(refusal)
        receipt = _Receipt(caller, request, body)
        try:
            return await self._take(receipt)
        except RefusalError as refusal:
            return await self._refused(receipt, refusal)
        except FileConflictError as error:
            return await self._refused(receipt, RefusalError(409, error.message))
        except (OSError, OrchestratorError, msgspec.MsgspecError) as error:
            return await self._refused(receipt, _own_fault(error), str(error))

    def close(self) -> None:
        """Ends what runs beside the server."""
        self._examiner.close()
        self._writing.shutdown(wait=False, cancel_futures=True)
        self._examining.shutdown(wait=False, cancel_futures=True)

    async def _take(self, receipt: _Receipt) -> Answer:
        if self._free <= 0:
            raise RefusalError(503, "Too many uploads at once.", ("retry-after", "10"))
        self._free -= 1
        try:
            with _folder_in(self._folder) as folder:
                return await self._take_into(folder, receipt)
        finally:
            self._free += 1

    async def _take_into(self, folder: Path, receipt: _Receipt) -> Answer:
        loop = asyncio.get_running_loop()
        received = folder / "content"
        chunks = receipt.body.read(self._pace, self._limit + _FORM_BYTES)
        content_type = receipt.request.headers.get("content-type", "")
        form = await receive(chunks, content_type, received, self._writing, receipt.begin)
        if form.size > self._limit:
            raise RefusalError(413, f"The file is longer than {self._limit} bytes.")
        said = declared(form)
        receipt.sha256 = said.sha256
        self._check_allowed(said, receipt.caller)
        wheel = received.rename(folder / said.filename)
        wheel.chmod(_MODE)
        examined = await loop.run_in_executor(self._examining, self._examiner.examine, wheel)
        self._check_examined(examined, said)
        upload = _uploaded(wheel, said, examined, receipt.caller)
        new = await loop.run_in_executor(self._writing, self._publish, upload)
        self._journal.add(
            "upload",
            who=receipt.caller.who,
            peer=receipt.request.peer,
            subject=said.filename,
            sha256=said.sha256,
            why="" if new else "The same bytes were there.",
        )
        became = "is published" if new else "was there already, with the same bytes"
        return plain(200, f"{said.filename} {became}.", ("cache-control", "no-store"))

    def _check_allowed(self, said: Declared, caller: Caller) -> None:
        if not caller.token.may_upload(said.name):
            raise RefusalError(403, f"The token is not for uploads of {said.name}.")
        if why := self._owned(said.name):
            raise RefusalError(403, f"{said.name} takes no uploads: {why}")
        state = read_state(self._wheelhouse.directory)
        project = state.projects.get(said.name)
        if project and project.status in _CLOSED:
            raise RefusalError(403, f"{said.name} is {project.status} and takes no uploads.")
        if state.deleted.get(said.filename, said.sha256) != said.sha256:
            raise RefusalError(
                409, f"{said.filename} was deleted; its name is not used for other bytes."
            )

    def _check_examined(self, examined: Examined, said: Declared) -> None:
        if examined.problem:
            raise RefusalError(400, examined.problem)
        if not agrees(said, examined.name, examined.version):
            raise RefusalError(
                400,
                f"{said.filename}: its METADATA is that of {examined.name} {examined.version}.",
            )
        errors = [finding for finding in examined.findings if finding.severity == "error"]
        if errors and self._policy == "refuse":
            lines = (f"{said.filename}: not accepted, because of {len(errors)} errors:",)
            raise RefusalError(
                400, "\n".join((*lines, *(f"{one.code} {one.message}" for one in errors[:20])))
            )

    def _publish(self, upload: UploadedWheel) -> bool:
        return self._wheelhouse.take_upload(upload, created=utc_now())

    async def _refused(self, receipt: _Receipt, refusal: RefusalError, why: str = "") -> Answer:
        with contextlib.suppress(OSError):  # a full disk
            self._journal.add(
                "refused upload",
                who=receipt.caller.who,
                peer=receipt.request.peer,
                subject=receipt.filename,
                sha256=receipt.sha256,
                status=refusal.status,
                why=why or refusal.reason,
            )
        return await receipt.body.hear_out(refusal)


class _Receipt:
    """An upload, and what is known of it for the journal."""

    def __init__(self, caller: Caller, request: Request, body: Body) -> None:
        self.caller = caller
        self.request = request
        self.body = body
        self.filename = ""
        self.sha256 = ""

    def begin(self, filename: str) -> None:
        """Takes down how the client calls its file."""
        self.filename = filename


def _uploaded(wheel: Path, said: Declared, examined: Examined, caller: Caller) -> UploadedWheel:
    return UploadedWheel(
        path=wheel,
        filename=said.filename,
        name=said.name,
        version=said.version,
        sha256=said.sha256,
        platform=examined.platform,
        python=examined.python,
        metadata=examined.metadata,
        requires_python=examined.requires_python,
        findings=examined.findings,
        notes=(f"uploaded with the token {caller.token.id}",),
    )


def _own_fault(error: Exception) -> RefusalError:
    """What the client is told where the index can't do its part; details are for its operator."""
    if isinstance(error, DiskFullError) or is_disk_full(error):
        return RefusalError(507, "The index's disk is full.")
    return RefusalError(500, "The index could not store the file; its journal says why.")


@contextlib.contextmanager
def _folder_in(parent: Path) -> Iterator[Path]:
    """A new folder, held by a lock that ends with this process, and gone afterwards."""
    folder = parent / secrets.token_hex(8)
    folder.mkdir(mode=0o700)
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


def _sweep(parent: Path) -> None:
    """Removes what killed processes left."""
    for folder in parent.iterdir():
        with contextlib.suppress(OSError):
            handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(handle)
