"""Build folders: whose they are, and what becomes of those whose owner was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING

import pytest

from orchestrator.model import (
    BuildSettings,
    Interpreter,
    Platform,
    Source,
    Step,
    Target,
    ToolchainIdentity,
)
from orchestrator.pipeline.folder import BuildFolder, remove_abandoned

if TYPE_CHECKING:
    from pathlib import Path

STEP = Step(
    source=Source(name="tiny", version="1.0", kind="index", location=""),
    settings=BuildSettings(),
    target=Target(
        platform=Platform(os="macos", arch="arm64", minimum=(11, 0)),
        interpreter=Interpreter(major=3, minor=11),
    ),
    toolchain=ToolchainIdentity(name="zig", versions={}),
    python="3.11.7",
    fingerprint="ab" * 32,
)
NAME = f"orchestrate-{STEP.fingerprint[:16]}"


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def held_by_a_child(folder: BuildFolder) -> subprocess.Popen[bytes]:
    """A program of the build, which outlives whoever started it."""
    return subprocess.Popen(["sleep", "600"], pass_fds=(folder.lock,))


def test_same_step_has_the_same_folder_unless_in_use(temporary: Path) -> None:
    first = BuildFolder.make(STEP)
    second = BuildFolder.make(STEP)
    assert first.path == temporary / NAME
    assert second.path.name.startswith(f"{NAME}-")
    first.close()
    second.close()
    assert list(temporary.iterdir()) == []
    again = BuildFolder.make(STEP)
    assert again.path == first.path
    again.close()


def test_folder_in_use_stays(temporary: Path) -> None:
    folder = BuildFolder.make(STEP)
    remove_abandoned()
    assert folder.path.is_dir()
    folder.close()


def test_abandoned_folder_goes_when_the_last_program_is_gone(temporary: Path) -> None:
    folder = BuildFolder.make(STEP)
    (folder.path / "source").mkdir()
    child = held_by_a_child(folder)
    os.close(folder.lock)  # as the kernel does when the owner is killed
    remove_abandoned()
    assert folder.path.is_dir()
    child.send_signal(signal.SIGKILL)
    child.wait()
    remove_abandoned()
    assert list(temporary.iterdir()) == []


def test_kept_folder_stays_and_is_not_used_again(temporary: Path) -> None:
    folder = BuildFolder.make(STEP)
    folder.close(keep=True)
    remove_abandoned()
    assert folder.path.is_dir()
    other = BuildFolder.make(STEP)
    assert other.path != folder.path
    other.close()


def test_folders_of_others_stay(temporary: Path) -> None:
    names = ["orchestrate-test-abc", "orchestrate-0123", "something"]
    for name in names:
        (temporary / name).mkdir()
    remove_abandoned()
    assert sorted(path.name for path in temporary.iterdir()) == sorted(names)


def test_made_and_removed_at_once(temporary: Path) -> None:
    """What removes abandoned folders never takes one that was just made."""
    code = (
        "from orchestrator.pipeline.folder import remove_abandoned\nwhile True: remove_abandoned()"
    )
    env = {**os.environ, "TMPDIR": str(temporary)}
    remover = subprocess.Popen([sys.executable, "-c", code], env=env)
    try:
        for _ in range(2000):
            folder = BuildFolder.make(STEP)
            (folder.path / "file").touch()
            assert (folder.path / "file").exists()
            folder.close()
    finally:
        remover.kill()
        remover.wait()
