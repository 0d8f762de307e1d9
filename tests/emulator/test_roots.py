import threading
from pathlib import Path

import pytest

from orchestrator.emulator.debian import DebianPackage
from orchestrator.emulator.roots import (
    Root,
    emulator_directory,
    incoming_directory,
    installed_roots,
    locked,
    remove_root,
    size_of,
    write_record,
)
from orchestrator.errors import EmulatorNotWritableError
from orchestrator.targets.tags import parse_interpreter


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ORCHESTRATE_DATA", str(tmp_path / "data"))
    return emulator_directory()


def install(python: str) -> Root:
    interpreter = parse_interpreter(python)
    directory = emulator_directory() / f"{interpreter.abi_tag}-glibc-aarch64"
    (directory / "root").mkdir(parents=True)
    (directory / "root" / "file").write_bytes(bytes(1000))
    root = Root(
        directory=directory,
        interpreter=interpreter,
        version=f"{python}.1",
        libc="glibc",
        libc_version=(2, 36),
        prefix="usr",
        source="Debian",
        packages=(DebianPackage(name="libc6", version="2.36-9", architecture="arm64"),),
    )
    write_record(directory / "root.json", root)
    return root


def test_nothing_is_installed_at_first():
    assert installed_roots() == ()


def test_roots_are_listed_by_version():
    newer, older = install("3.13"), install("3.9")
    assert installed_roots() == (older, newer)
    assert older.python == older.directory / "root" / "usr" / "bin" / "python3.9"
    assert older.name == older.directory.name
    assert size_of(older.directory) > 1000


def test_what_is_no_whole_root_is_not_there(folder: Path):
    root = install("3.11")
    (folder / "cp310-glibc-aarch64" / "root").mkdir(parents=True)  # no record
    damaged = folder / "cp312-glibc-aarch64"
    damaged.mkdir()
    (damaged / "root.json").write_text('{"version": 1')
    assert installed_roots() == (root,)


def test_a_root_that_was_moved_is_not_there(folder: Path):
    root = install("3.11")
    root.directory.rename(folder / "elsewhere")
    assert installed_roots() == ()


def test_a_removed_root_is_gone():
    root, kept = install("3.11"), install("3.13")
    with locked():
        remove_root(root)
    assert installed_roots() == (kept,)
    assert not root.directory.exists()
    assert not incoming_directory().exists()


def test_what_a_killed_setup_left_is_cleared():
    leftover = incoming_directory() / "cp311-glibc-aarch64"
    leftover.mkdir(parents=True)
    with locked():
        assert list(incoming_directory().iterdir()) == []


def test_what_fails_leaves_nothing_half_made():
    def fail() -> None:
        with locked():
            (incoming_directory() / "half").mkdir()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert not incoming_directory().exists()


def test_one_at_a_time():
    waiting = threading.Event()
    entered = threading.Event()

    def second() -> None:
        with locked(on_wait=waiting.set):
            entered.set()

    with locked():
        thread = threading.Thread(target=second)
        thread.start()
        assert waiting.wait(10)
        assert not entered.is_set()
    assert entered.wait(10)
    thread.join()


def test_a_folder_that_can_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("ORCHESTRATE_DATA", str(tmp_path / "file"))
    with pytest.raises(EmulatorNotWritableError, match="file"), locked():
        pass
