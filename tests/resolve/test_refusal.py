import subprocess
from pathlib import Path

import pytest
from uv import find_uv_bin

from orchestrator.resolve.refusal import VARIABLE, read_refused, refusing_python


@pytest.fixture
def python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ORCHESTRATE_CACHE", str(tmp_path / "cache"))
    return refusing_python(find_uv_bin(), free_threaded=False)


@pytest.mark.parametrize("words", [("-c", "print(1)"), ("-I", "-c", "print(1)"), ("-m", "this")])
def test_it_runs_nothing(python: Path, words: tuple[str, ...]):
    done = subprocess.run([python, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 97
    assert done.stdout == ""


def test_it_tells_who_asked(python: Path, tmp_path: Path):
    told = tmp_path / "told"
    told.mkdir()
    source = tmp_path / "index/x/Some-Name/1.0/revision/src"
    plain = tmp_path / "plain"
    for folder in (source, plain, plain):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "PKG-INFO").write_text("Metadata-Version: 1.0\nName: other\nVersion: 2\n")
        command = [python, "-c", "print(1)"]
        subprocess.run(command, cwd=folder, env={VARIABLE: str(told)}, check=False)
    found = [(one.name, one.version, one.indexed) for one in read_refused(told)]
    assert found == [("some-name", "1.0", True), ("other", "2", False)]


def test_it_is_made_once(python: Path):
    made = python.stat().st_ctime_ns
    assert refusing_python(find_uv_bin(), free_threaded=False) == python
    assert python.stat().st_ctime_ns == made
    assert refusing_python(find_uv_bin(), free_threaded=True) != python
