import os
import shlex
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from orchestrator.errors import InterpreterNotFoundError
from orchestrator.model import HostPython, Interpreter
from orchestrator.targets.interpreters import _managed_by_uv, find_interpreter
from orchestrator.targets.tags import NEWEST_PYTHON, parse_interpreter

RUNNING = Interpreter(
    major=sys.version_info.major,
    minor=sys.version_info.minor,
    free_threaded=bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
)
# A version that no machine has, only the fakes below.
ABSENT = Interpreter(major=3, minor=99)


class Places:
    """An empty home, cache, pyenv and PATH, to be filled with interpreters."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bin = folder / "bin"
        self.pyenv = folder / "pyenv"
        self.cache = folder / "cache"
        self.calls = folder / "calls.txt"
        self.bin.mkdir()
        monkeypatch.setenv("PATH", str(self.bin))
        monkeypatch.setenv("PYENV_ROOT", str(self.pyenv))
        monkeypatch.setenv("ORCHESTRATE_CACHE", str(self.cache))
        monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", str(folder / "uv"))

    def fake(self, path: Path, **changes: object) -> Path:
        """The running interpreter, saying other things of itself; each run is counted."""
        path.parent.mkdir(parents=True, exist_ok=True)
        answer = f"import json, sys; facts = json.load(sys.stdin); facts.update({changes!r})"
        path.write_text(
            f"#!/bin/sh\necho run >> {shlex.quote(str(self.calls))}\n"
            f'{sys.executable} "$@" | '
            f"{sys.executable} -c {shlex.quote(answer + '; print(json.dumps(facts))')}\n"
        )
        path.chmod(0o755)
        return path

    def runs(self) -> int:
        return len(self.calls.read_text().split()) if self.calls.exists() else 0


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    return Places(tmp_path, monkeypatch)


def reason(wanted: Interpreter = ABSENT) -> str:
    with pytest.raises(InterpreterNotFoundError) as caught:
        find_interpreter(wanted)
    return caught.value.message


def test_the_running_interpreter(places: Places):
    python = find_interpreter(RUNNING)
    assert python.executable == Path(sys.executable).resolve()
    assert python.interpreter == RUNNING
    assert python.version.startswith(f"{RUNNING.major}.{RUNNING.minor}.")
    assert (python.include / "Python.h").is_file()
    assert python.config_vars["EXT_SUFFIX"] == sysconfig.get_config_var("EXT_SUFFIX")
    assert {type(value) for value in python.config_vars.values()} <= {str, int}


def test_a_virtual_environment_stands_for_its_base(places: Places, tmp_path: Path):
    venv.create(tmp_path / "env", symlinks=True)
    script = (
        "from orchestrator.targets.interpreters import find_interpreter as find;"
        "from orchestrator.model import Interpreter;"
        f"print(find(Interpreter(major={RUNNING.major}, minor={RUNNING.minor})).executable)"
    )
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = (tmp_path / "env/bin/python", "-c", script)
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(Path(sys.executable).resolve())


def test_on_path(places: Places):
    places.fake(places.bin / "python3.99", minor=99, version="3.99.1")
    python = find_interpreter(ABSENT)
    assert (python.version, python.interpreter) == ("3.99.1", ABSENT)


def test_free_threaded_is_another_interpreter(places: Places):
    wanted = Interpreter(major=3, minor=99, free_threaded=True)
    places.fake(places.bin / "python3.99", minor=99)
    assert "No CPython 3.99t" in reason(wanted)
    places.fake(places.bin / "python3.99t", minor=99, free_threaded=True)
    assert find_interpreter(wanted).interpreter == wanted


def test_under_pyenv_the_newest_patch_release(places: Places):
    for version in ("3.99.9", "3.99.10", "3.99.2"):
        places.fake(places.pyenv / f"versions/{version}/bin/python3.99", minor=99, version=version)
    assert find_interpreter(ABSENT).version == "3.99.10"


def test_pyenvs_shims_are_not_asked(places: Places, monkeypatch: pytest.MonkeyPatch):
    shims = places.pyenv / "shims"
    places.fake(shims / "python3.99", minor=99)
    monkeypatch.setenv("PATH", f"{shims}{os.pathsep}{places.bin}")
    assert reason() == "No CPython 3.99 to build with on this machine."
    assert places.runs() == 0


def test_what_uv_has_installed(places: Places, tmp_path: Path):
    """uv recognises its own by the folder's name; the interpreter is this one, linked."""
    real = Path(sys.executable).resolve()
    version = ".".join(map(str, sys.version_info[:3]))
    system = sysconfig.get_platform().partition("-")[0].replace("macosx", "macos")
    machine = os.uname().machine.replace("arm64", "aarch64")
    libc = "gnu" if system == "linux" else "none"
    folder = tmp_path / "uv" / f"cpython-{version}-{system}-{machine}-{libc}"
    folder.mkdir(parents=True)
    (folder / "bin").symlink_to(real.parent)
    assert [path.resolve() for path in _managed_by_uv(RUNNING)] == [real]
    assert list(_managed_by_uv(ABSENT)) == []


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"implementation": "PyPy"}, "is PyPy"),
        ({"minor": 98}, "is Python 3.98"),
        ({"debug": True}, "is a debug build"),
        ({"free_threaded": True}, "is Python 3.99t"),
        ({"include": "/nowhere"}, "has no headers in /nowhere: install python3.99-dev"),
    ],
    ids=["pypy", "version", "debug", "free-threaded", "headers"],
)
def test_one_that_will_not_do_is_named_with_the_reason(
    places: Places, changes: dict[str, object], why: str
):
    python = places.fake(places.bin / "python3.99", **({"minor": 99} | changes))
    assert reason() == (
        f"No CPython 3.99 to build with on this machine: found {python}, but it {why}."
    )


@pytest.mark.parametrize("script", ["exit 1", "echo no json", "exec /no/such/python"])
def test_one_that_does_not_run(places: Places, script: str):
    python = places.bin / "python3.99"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)
    assert f"found {python}, but it does not run" in reason()


def test_a_better_one_further_on_is_taken(places: Places):
    places.fake(places.bin / "python3.99", minor=99, include="/nowhere")
    places.fake(places.pyenv / "versions/3.99.0/bin/python3.99", minor=99, version="3.99.0")
    assert find_interpreter(ABSENT).version == "3.99.0"


def test_an_absent_one_says_how_to_get_it(places: Places):
    with pytest.raises(InterpreterNotFoundError) as caught:
        find_interpreter(ABSENT)
    assert "uv python install 3.99" in caught.value.hint
    assert caught.value.exit_status == 3


# --- the cache ------------------------------------------------------------------------------


def test_an_interpreter_describes_itself_once(places: Places):
    places.fake(places.bin / "python3.99", minor=99)
    first = find_interpreter(ABSENT)
    assert find_interpreter(ABSENT) == first
    assert places.runs() == 1


def test_headers_installed_later_are_seen(places: Places, tmp_path: Path):
    include = tmp_path / "include"
    places.fake(places.bin / "python3.99", minor=99, include=str(include))
    assert "has no headers" in reason()
    include.mkdir()
    (include / "Python.h").touch()
    assert find_interpreter(ABSENT).include == include


def test_a_changed_interpreter_is_asked_again(places: Places):
    python = places.fake(places.bin / "python3.99", minor=99, version="3.99.0")
    find_interpreter(ABSENT)
    places.fake(python, minor=99, version="3.99.1+upgraded")
    assert find_interpreter(ABSENT).version == "3.99.1+upgraded"


def test_a_damaged_cache_is_replaced(places: Places):
    places.fake(places.bin / "python3.99", minor=99)
    first = find_interpreter(ABSENT)
    (entry,) = (places.cache / "interpreters").iterdir()
    entry.write_bytes(entry.read_bytes()[:100])
    assert find_interpreter(ABSENT) == first
    assert find_interpreter(ABSENT) == first
    assert places.runs() == 2


def test_a_cache_that_cannot_be_written_only_costs_time(places: Places):
    places.cache.write_text("a file in the way")
    places.fake(places.bin / "python3.99", minor=99)
    assert isinstance(find_interpreter(ABSENT), HostPython)


def test_pythons_of_this_machine_describe_themselves():
    """Whatever real interpreters there are, beside the running one."""
    found = []
    for minor in range(9, NEWEST_PYTHON + 1):
        try:
            found.append(find_interpreter(parse_interpreter(f"3.{minor}")))
        except InterpreterNotFoundError:
            continue
    assert RUNNING in {python.interpreter for python in found}
    for python in found:
        assert python.version.startswith(python.interpreter.version.rstrip("t") + ".")
        assert python.config_vars["py_version_short"] == f"3.{python.interpreter.minor}"
