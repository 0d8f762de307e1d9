"""What admins do over HTTP, and with ``orchestrate yank``'s functions."""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING

import pytest
from recorded_wheels import recorded_wheel
from upload_desk import Desk

from orchestrator.index.catalogue import Catalogue
from orchestrator.index.manage import Manage
from orchestrator.index.messages import Request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path


class Office(Desk):
    """Its admins' door."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.manage = Manage(self.house, self.access, self.journal)

    def do(self, method: str, path: str, body: bytes = b"", token: str = "") -> tuple[int, str]:
        shown = base64.b64encode(f"__token__:{token or self.admin}".encode()).decode()

        async def chunks() -> AsyncIterator[bytes]:
            yield body

        stream = chunks()
        return self.ask(
            self.manage,
            Request(
                method=method,
                path=path,
                headers={"authorization": f"Basic {shown}"},
                peer="192.0.2.1",
                body=lambda: stream,
            ),
        )


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    yield office
    office.upload.close()


def test_deleted_file_is_gone_and_its_name_stays_taken(office: Office, tmp_path: Path) -> None:
    wheel = recorded_wheel(tmp_path)
    office.send(wheel)
    catalogue = Catalogue(office.folder)
    assert catalogue.project("acme-app")
    assert office.do("DELETE", f"/manage/files/{wheel.name}")[0] == 200
    begun = time.monotonic()
    while catalogue.path(wheel.name):
        assert time.monotonic() - begun < 1.0
        time.sleep(0.05)
        catalogue.refresh()
    assert office.stored() == []
    assert office.do("DELETE", f"/manage/files/{wheel.name}")[0] == 404

    assert office.send(wheel)[0] == 200  # the same bytes may come back
    office.do("DELETE", f"/manage/files/{wheel.name}")
    assert office.send(recorded_wheel(tmp_path, code=b"other = 1\n"))[0] == 409
    events = [entry["event"] for entry in office.entries()]
    assert events == ["upload", "delete", "upload", "delete", "refused upload"]


def test_yanked_and_taken_back(office: Office, tmp_path: Path) -> None:
    first = recorded_wheel(tmp_path)
    second = recorded_wheel(tmp_path, tag="cp311-cp311-win_amd64")
    other = recorded_wheel(tmp_path, version="2.0")
    for wheel in (first, second, other):
        assert office.send(wheel)[0] == 200

    def yanked() -> dict[str, str | None]:
        project = Catalogue(office.folder).project("acme-app")
        assert project
        return {file.filename: file.yanked for file in project.files}

    assert office.do("PUT", f"/manage/yanked/{first.name}", b"broken\n on  arm64")[0] == 200
    assert yanked() == {first.name: "broken on arm64", second.name: None, other.name: None}
    assert office.do("PUT", "/manage/yanked/Acme_App==1.0.0")[0] == 200
    assert yanked() == {first.name: "", second.name: "", other.name: None}
    assert office.do("DELETE", "/manage/yanked/acme-app==1.0")[0] == 200
    assert set(yanked().values()) == {None}
    assert office.do("PUT", "/manage/yanked/acme-app==3.0")[0] == 404
    assert office.do("PUT", "/manage/yanked/..")[0] == 404
    events = [entry["event"] for entry in office.entries()][3:]
    assert events == ["yank"] * 3 + ["unyank"] * 2


def test_status_of_a_project(office: Office, tmp_path: Path) -> None:
    office.send(recorded_wheel(tmp_path))
    archived = b'{"status": "archived", "reason": "use acme-two"}'
    assert office.do("PUT", "/manage/projects/acme-app", archived)[0] == 200
    project = Catalogue(office.folder).project("acme-app")
    assert project
    assert (project.status, project.reason) == ("archived", "use acme-two")
    status, text = office.do("GET", "/manage/projects/acme-app")
    assert json.loads(text)["status"] == "archived", status
    assert office.send(recorded_wheel(tmp_path, version="2.0"))[0] == 403
    for wrong in (b"", b"{", b'{"status": "evil"}', b"\xff"):
        assert office.do("PUT", "/manage/projects/acme-app", wrong)[0] == 400
    assert office.do("PUT", "/manage/projects/Acme_App", archived)[0] == 400


def test_only_admins_manage(office: Office, tmp_path: Path) -> None:
    wheel = recorded_wheel(tmp_path)
    office.send(wheel)
    for method, path in (
        ("DELETE", f"/manage/files/{wheel.name}"),
        ("PUT", f"/manage/yanked/{wheel.name}"),
        ("GET", "/manage/journal"),
        ("GET", "/manage/nothing"),
    ):
        for token in (office.uploader, office.reader):
            assert office.do(method, path, token=token)[0] == 403
        assert office.do(method, path, token="wrong")[0] == 401  # noqa: S106
    assert (office.folder / wheel.name).exists()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("DELETE", "/manage/files/../../tokens.json", 404),
        ("DELETE", "/manage/files/.lock", 404),
        ("DELETE", "/manage/files/state.json", 404),
        ("POST", "/manage/files/a.whl", 405),
        ("GET", "/manage", 404),
        ("GET", "/manage/other/x", 404),
        ("PUT", "/manage/journal", 405),
    ],
)
def test_nothing_else_is_managed(office: Office, method: str, path: str, status: int) -> None:
    assert office.do(method, path)[0] == status


def test_admin_reads_the_end_of_the_journal(office: Office, tmp_path: Path) -> None:
    office.send(recorded_wheel(tmp_path))
    status, text = office.do("GET", "/manage/journal")
    assert status == 200
    assert [json.loads(line)["event"] for line in text.splitlines()] == ["upload"]
    for _ in range(2000):
        office.journal.add("yank", subject="x" * 200)
    lines = office.do("GET", "/manage/journal")[1].splitlines()
    assert 500 < len(lines) < 2000
    assert all(json.loads(line)["event"] == "yank" for line in lines)


def test_too_long_a_body(office: Office, tmp_path: Path) -> None:
    wheel = recorded_wheel(tmp_path)
    office.send(wheel)
    assert office.do("PUT", f"/manage/yanked/{wheel.name}", bytes(100_000))[0] == 413
