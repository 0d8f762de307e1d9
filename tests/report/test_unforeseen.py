import errno
from pathlib import Path

import pytest

from orchestrator.errors import DiskFullError, InternalError
from orchestrator.report.unforeseen import unforeseen


def raised(error: Exception) -> Exception:
    """The error with a traceback."""
    try:
        raise error
    except type(error) as caught:
        return caught


def test_a_bug_leaves_its_traceback_in_the_log(tmp_path: Path):
    log = tmp_path / "build.log"
    log.write_text("what the tools printed\n")
    told = unforeseen(raised(KeyError("x")), what="annoy==1.0", log=log)
    assert isinstance(told, InternalError)
    assert told.message == "annoy==1.0: KeyError: 'x'"
    assert told.log == str(log)
    text = log.read_text()
    assert text.startswith("what the tools printed\nTraceback")
    assert text.endswith("KeyError: 'x'\n")


def test_without_a_build_it_is_in_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ORCHESTRATE_CACHE", str(tmp_path / "cache"))
    told = unforeseen(raised(ValueError("v")))
    assert told.message == "ValueError: v"
    assert "ValueError: v" in (tmp_path / "cache" / "bug.log").read_text()


def test_where_nothing_can_be_written_the_message_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "file").touch()
    monkeypatch.setenv("ORCHESTRATE_CACHE", str(tmp_path / "file" / "cache"))
    assert unforeseen(raised(ValueError("v"))).message == "ValueError: v"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_no_bug(tmp_path: Path, number: int):
    told = unforeseen(raised(OSError(number, "full")), log=tmp_path / "log")
    assert isinstance(told, DiskFullError)
    assert not (tmp_path / "log").exists()
