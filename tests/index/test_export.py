"""The static export: what is written, what is left alone, and in which order."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from export_case import START, Case

from orchestrator.errors import ExportNotWritableError, NotAnExportError
from orchestrator.index.manifest import Exported, Section, unmarked
from orchestrator.index.places import MANIFEST, Folder
from orchestrator.index.state import ProjectState, State

if TYPE_CHECKING:
    from index_store import Store

WHEEL = "tiny-1.0-cp311-cp311-macosx_11_0_arm64.whl"
PAGE = "simple/tiny/index.json"


@pytest.fixture
def case(store: Store, tmp_path: Path) -> Case:
    store.publish()
    return Case(store, tmp_path / "export")


def listed(page: bytes) -> dict[str, str]:
    return {file["filename"]: file["hashes"]["sha256"] for file in json.loads(page)["files"]}


def test_what_is_written(case: Case):
    done = case.export()
    assert sorted(case.files()) == [
        f"files/{WHEEL}",
        f"files/{WHEEL}.metadata",
        "simple/index.html",
        "simple/index.json",
        "simple/tiny/index.html",
        PAGE,
    ]
    assert (done.projects, done.files, done.taken, done.unchanged) == (1, 2, 2, 0)
    content = case.files()[f"files/{WHEEL}"]
    assert listed(case.files()[PAGE]) == {WHEEL: hashlib.sha256(content).hexdigest()}
    assert [path.name for path in case.folder.iterdir() if "incoming" in path.name] == []


def test_wheels_are_links_or_copies(case: Case, tmp_path: Path):
    case.export()
    own = (case.store.folder / WHEEL).stat()
    assert (case.folder / "files" / WHEEL).stat().st_ino == own.st_ino
    copied = tmp_path / "copied"
    case.export(place=Folder(copied, copy=True))
    status = (copied / "files" / WHEEL).stat()
    assert status.st_ino != own.st_ino
    assert (status.st_size, status.st_mtime_ns) == (own.st_size, own.st_mtime_ns)


def test_what_is_there_stays_as_it_is(case: Case):
    case.export()
    before = case.stamps()
    manifest = (case.folder / MANIFEST).stat().st_mtime_ns
    done = case.export()
    assert (done.taken, done.pages, done.deleted) == (0, 0, 0)
    assert done.unchanged == 8  # with two configurations
    assert case.stamps() == before
    assert (case.folder / MANIFEST).stat().st_mtime_ns == manifest


def test_only_what_changed_is_written(case: Case):
    case.store.publish("other")
    case.export()
    before = case.stamps()
    case.store.publish("tiny", "2.0")
    done = case.export()
    after = case.stamps()
    assert (done.taken, done.pages) == (2, 2)
    changed = {name for name, stamp in after.items() if before.get(name) != stamp}
    new = WHEEL.replace("1.0", "2.0")
    pages = {"simple/tiny/index.html", PAGE}
    assert changed == {f"files/{new}", f"files/{new}.metadata", *pages}


def test_withdrawn_files_stay_for_a_while(case: Case):
    case.store.publish("tiny", "2.0")
    case.export(grace=60)
    (case.store.folder / WHEEL).unlink()
    done = case.export(grace=60)
    assert (done.withdrawn, done.deleted) == (2, 0)
    assert list(listed(case.files()[PAGE])) == [WHEEL.replace("1.0", "2.0")]
    assert f"files/{WHEEL}" in case.files()
    case.now = START.replace(second=59)
    assert case.export(grace=60).withdrawn == 2
    case.now = START.replace(minute=1)
    done = case.export(grace=60)
    assert (done.withdrawn, done.deleted) == (0, 2)
    assert f"files/{WHEEL}" not in case.files()


def test_withdrawn_files_that_come_back_are_not_deleted(case: Case):
    case.store.publish("tiny", "2.0")
    case.export(grace=60)
    wheel = case.store.folder / WHEEL
    wheel.rename(wheel.with_suffix(".away"))
    case.export(grace=60)
    wheel.with_suffix(".away").rename(wheel)
    done = case.export(grace=60)
    assert (done.withdrawn, done.taken) == (0, 0)
    case.now = START.replace(hour=1)
    assert case.export(grace=60).deleted == 0
    assert f"files/{WHEEL}" in case.files()


def test_projects_that_are_gone_have_no_page(case: Case):
    case.store.publish("other")
    case.export()
    (case.store.folder / WHEEL).unlink()
    case.export()
    assert [name for name in case.files() if "tiny" in name] == []
    assert not (case.folder / "simple" / "tiny").exists()
    assert json.loads(case.files()["simple/index.json"])["projects"] == [{"name": "other"}]


def test_quarantined_projects_lose_their_files(case: Case):
    case.export()
    case.store.publish("other")
    case.store.decide(State(projects={"tiny": ProjectState(status="quarantined")}))
    case.export(grace=600)
    assert listed(case.files()[PAGE]) == {}
    assert json.loads(case.files()[PAGE])["project-status"] == {"status": "quarantined"}
    assert f"files/{WHEEL}" not in case.files()


def test_yanked_files_are_said_to_be(case: Case):
    case.export()
    case.store.decide(State(yanked={WHEEL: "broken"}))
    done = case.export()
    assert (done.taken, done.pages) == (0, 2)
    assert json.loads(case.files()[PAGE])["files"][0]["yanked"] == "broken"


class Watching(Folder):
    """A folder of which every change is looked at: what would a reader find just now?"""

    def __init__(self, case: Case) -> None:
        super().__init__(case.folder)
        self.case = case
        self.changes = 0

    def write(self, path: str, content: bytes) -> None:
        super().write(path, content)
        self.look()

    def take(self, path: str, source: Path, sha256: str) -> bool:
        taken = super().take(path, source, sha256)
        self.look()
        return taken

    def delete(self, path: str) -> None:
        super().delete(path)
        self.look()

    def look(self) -> None:
        self.changes += 1
        assert_whole(self.case.files())


def assert_whole(files: dict[str, bytes]) -> None:
    """Every page lists what is there, with the bytes that are there."""
    for name, content in files.items():
        if name == "simple/index.json":
            for project in json.loads(content)["projects"]:
                assert f"simple/{project['name']}/index.html" in files
        elif name.endswith("index.json"):
            for file in json.loads(content)["files"]:
                wheel = files[f"files/{file['filename']}"]
                assert hashlib.sha256(wheel).hexdigest() == file["hashes"]["sha256"]
                metadata = files[f"files/{file['filename']}.metadata"]
                assert hashlib.sha256(metadata).hexdigest() == file["core-metadata"]["sha256"]
        elif name.startswith("simple/") and name != "simple/index.html":
            for link, digest in re.findall(
                r'href="\.\./\.\./([^"#]+)#sha256=(\w+)"', content.decode()
            ):
                assert hashlib.sha256(files[link]).hexdigest() == digest


def test_at_no_moment_a_page_lists_what_is_not_there(case: Case):
    watching = Watching(case)
    case.export(place=watching)
    first = watching.changes
    assert first >= 8
    case.store.publish("tiny", "1.0", payload=b"built again", fingerprint="cd" * 32)
    case.store.publish("tiny", "2.0")
    case.store.publish("new")
    case.export(place=watching)
    assert watching.changes > first
    assert len(listed(case.files()[PAGE])) == 2
    (case.store.folder / WHEEL).unlink()
    (case.store.folder / WHEEL.replace("tiny", "new")).unlink()
    case.export(place=watching)
    assert len(listed(case.files()[PAGE])) == 1


def test_wheels_that_are_built_again_get_their_new_bytes(case: Case):
    case.export()
    before = case.files()
    case.store.publish("tiny", "1.0", payload=b"built again", fingerprint="cd" * 32)
    done = case.export()
    assert (done.taken, done.missing) == (1, ())
    after = case.files()
    assert after[f"files/{WHEEL}"] == (case.store.folder / WHEEL).read_bytes()
    assert after[f"files/{WHEEL}"] != before[f"files/{WHEEL}"]
    assert_whole(after)


def test_pages_never_keep_their_second(case: Case):
    """Web servers' ETags are made of size and second."""
    case.export()
    seconds = [int((case.folder / PAGE).stat().st_mtime)]
    for reason in ("aaaa", "bbbb", "cccc"):
        case.store.decide(State(yanked={WHEEL: reason}))
        case.export()
        seconds.append(int((case.folder / PAGE).stat().st_mtime))
    assert seconds == sorted(set(seconds))


def test_what_was_deleted_by_hand_comes_back(case: Case):
    case.export()
    whole = case.files()
    (case.folder / PAGE).unlink()
    (case.folder / "files" / WHEEL).unlink()
    done = case.export()
    assert (done.taken, done.pages) == (1, 1)
    assert case.files() == whole


def test_a_run_that_was_killed_is_made_good(case: Case):
    """Wherever it is killed, the index is whole, and the next run brings it up to date."""
    case.store.publish("other")
    case.export()
    script = (
        "import sys; sys.path[:0] = {paths!r}\n"
        "from export_case import Case; from index_store import Store\n"
        "from orchestrator.index.places import Folder\n"
        "from pathlib import Path; import os, signal\n"
        "class Killed(Folder):\n"
        "    left = {left}\n"
        "    def count(self):\n"
        "        type(self).left -= 1\n"
        "        if self.left < 0: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    def write(self, *a): self.count(); super().write(*a)\n"
        "    def take(self, *a): self.count(); return super().take(*a)\n"
        "    def delete(self, *a): self.count(); super().delete(*a)\n"
        "store = object.__new__(Store); store.folder = Path({store!r})\n"
        "Case(store, Path({export!r}), Killed(Path({export!r}))).export()\n"
    )
    here = Path(__file__).parent
    ended = []
    for left in range(30):
        payload = b"%d" % (left % 2)  # back and forth: what a killed run wrote may be wanted
        case.store.publish(payload=payload, fingerprint="ef" * 32)
        done = subprocess.run(
            [
                *(sys.executable, "-c"),
                script.format(
                    paths=[str(here), str(here.parents[1])],
                    left=left % 9,
                    store=str(case.store.folder),
                    export=str(case.folder),
                ),
            ],
            check=False,
        )
        ended.append(done.returncode)
        assert_whole(case.files())
    assert -signal.SIGKILL in ended
    assert 0 in ended
    case.export()
    assert case.files()[f"files/{WHEEL}"] == (case.store.folder / WHEEL).read_bytes()
    assert_whole(case.files())
    assert case.export().pages == 0
    assert not (case.folder / ".export.incoming").exists()


def test_a_wheelhouse_that_changes_meanwhile(case: Case):
    """Readers, exports and a publisher at once: no page lists what can't be had."""
    case.export()
    stop = threading.Event()
    problems: list[str] = []

    def read() -> None:
        while not stop.is_set():
            try:
                page = (case.folder / PAGE).read_bytes()
                for name, digest in listed(page).items():
                    wheel = (case.folder / "files" / name).read_bytes()
                    wrong = hashlib.sha256(wheel).hexdigest() != digest
                    # Replaced since the page was read, or else the page is wrong.
                    if wrong and (case.folder / PAGE).read_bytes() == page:
                        problems.append(name)
            except OSError as error:
                problems.append(repr(error))

    reader = threading.Thread(target=read)
    reader.start()
    publisher = subprocess.Popen(
        [
            sys.executable,
            Path(__file__).parents[1] / "wheelhouse" / "sample_wheels.py",
            case.store.folder,
            _made(case.store.folder.parent / "publisher"),
        ],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.DEVNULL,
    )
    try:
        end = time.monotonic() + 3
        runs = 0
        while time.monotonic() < end:
            case.export(grace=60)
            runs += 1
    finally:
        publisher.kill()
        publisher.wait()
        stop.set()
        reader.join()
    assert problems == []
    assert runs >= 1
    case.export(grace=60)
    assert_whole(case.files())


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_folders_with_other_things_are_refused(case: Case):
    case.folder.mkdir()
    (case.folder / "thesis.tex").write_text("years of work")
    with pytest.raises(NotAnExportError):
        case.export()
    assert [path.name for path in case.folder.iterdir()] == ["thesis.tex"]


def test_files_of_others_in_it_are_gone_where_they_are_in_the_way(case: Case):
    case.export()
    (case.folder / "simple" / "tiny" / "old.html").write_text("of an older orchestrator")
    case.export()
    assert "simple/tiny/old.html" not in case.files()


def test_a_folder_that_cannot_be_written_is_named(case: Case, tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportNotWritableError, match="file/export"):
        case.export(place=Folder(tmp_path / "file" / "export"))


def test_a_damaged_manifest_is_made_good(case: Case):
    case.export()
    before = case.stamps()
    (case.folder / MANIFEST).write_text('{"files": 3')
    case.export()
    assert case.stamps() == before
    assert json.loads((case.folder / MANIFEST).read_text())["complete"] is True


def test_makers_of_further_pages(case: Case):
    pages = [("index.html", b"<h1>Wheels</h1>"), ("project/tiny/index.html", b"tiny")]
    case.export(makers=(unmarked("more", lambda: pages),))
    assert case.files()["index.html"] == b"<h1>Wheels</h1>"
    assert case.export(makers=(unmarked("more", lambda: pages),)).pages == 0
    case.export()
    assert "project/tiny/index.html" not in case.files()


def test_sections_whose_mark_is_the_same_are_not_made(case: Case):
    made: list[str] = []

    def make(mark: str) -> list[tuple[str, bytes]]:
        made.append(mark)
        return [("project/a/index.html", mark.encode()), ("project/b/index.html", b"b")]

    def export(mark: str) -> Exported:
        section = Section(key="a", mark=mark, make=lambda: make(mark))
        return case.export(makers=(lambda: [section],))

    assert (export("1").pages, export("1").pages, made) == (8, 0, ["1"])
    assert (export("2").pages, made) == (1, ["1", "2"])
    (case.folder / "project" / "b" / "index.html").unlink()
    assert (export("2").pages, made) == (1, ["1", "2", "2"])
    assert export("").pages == 1
    assert export("").unchanged == 10
    assert made[3:] == ["", ""]
    case.export()
    assert not [name for name in case.files() if "project" in name]


def test_provenance_is_linked_where_the_address_is_known(case: Case):
    (case.store.folder / f"{WHEEL}.provenance").write_text('{"version": 1}')
    case.export(public_url="https://wheels.example/team")
    (file,) = json.loads(case.files()[PAGE])["files"]
    assert file["provenance"] == f"https://wheels.example/team/files/{WHEEL}.provenance"
    assert case.files()[f"files/{WHEEL}.provenance"] == b'{"version": 1}'
