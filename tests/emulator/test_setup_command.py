"""``orchestrate emulator`` as a user runs it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from orchestrator.emulator.runtime import Runtime

COMMAND = (sys.executable, "-m", "orchestrator.cli", "emulator")
MOST_SECONDS = 60  # for emulator and one Python


class Place:
    """A user's machine with no emulator: own data, the downloads of earlier tests."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self.data = folder / "data"
        self.env = os.environ | {
            "ORCHESTRATE_DATA": str(self.data),
            "ORCHESTRATE_CACHE": str(cache),
        }

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [*COMMAND, *arguments],
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, status: int = 0) -> dict[str, Any]:
        out, err = (process := self.start(*arguments, "--json")).communicate(timeout=600)
        assert process.returncode == status, out + err
        assert "Traceback" not in err
        answer: dict[str, Any] = json.loads(out)
        return answer

    def left(self) -> list[str]:
        """What is in the folder, without the lock."""
        folder = self.data / "emulator"
        return sorted(path.name for path in folder.glob("*") if path.name != ".lock")


@pytest.fixture
def place(tmp_path: Path, pytestconfig: pytest.Config) -> Place:
    return Place(tmp_path, pytestconfig.cache.mkdir("orchestrate"))


def test_nothing_to_list_and_nothing_to_remove(place: Place):
    assert place.run("list") == {"qemu": None, "pythons": [], "gcc": None}
    assert place.run("remove") == {"removed": []}


@pytest.mark.skipif(sys.platform != "linux", reason="there is a way on Linux only")
def test_without_apt_and_qemu(place: Place, tmp_path: Path):
    if sys.platform == "linux" and os.uname().machine == "aarch64":
        pytest.skip("needs no emulator")
    place.env["PATH"] = str(tmp_path)
    error = place.run("setup", status=3)
    assert error["code"] == "EMU002"
    assert error["details"] == ["There is no apt-get and dpkg-deb on this machine."]
    assert "Install qemu-user-static" in error["hint"]
    assert place.left() == []


@pytest.mark.emulator
def test_a_python_that_can_not_be_had(place: Place, tmp_path: Path, emulated_311: Runtime):
    assert emulated_311.qemu is not None
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "qemu-aarch64").symlink_to(emulated_311.qemu)
    place.env |= {"PATH": str(programs), "UV_OFFLINE": "1"}
    error = place.run("setup", "--python", "3.11", status=3)
    assert error["code"] == "EMU002"
    apt, uv = error["details"]
    assert apt.startswith("There is no apt-get")
    assert uv.startswith("uv python install cpython-3.11-linux-aarch64-gnu")
    # The machine's own emulator is used where it is: nothing was fetched for it.
    assert place.left() == ["qemu-aarch64"]
    assert (place.data / "emulator" / "qemu-aarch64").readlink() == programs / "qemu-aarch64"


@pytest.mark.emulator
@pytest.mark.network
def test_two_at_once_then_list_and_remove(place: Place):
    started = time.monotonic()
    both = [place.start("setup", "--json") for _ in range(2)]
    outs, errs = zip(*(process.communicate(timeout=600) for process in both), strict=True)
    assert [process.returncode for process in both] == [0, 0], errs
    # The second one waited, or came when all was done.
    assert sum("fetching Python 3.11" in err for err in errs) == 1
    assert time.monotonic() - started < MOST_SECONDS
    assert outs[0] == outs[1]
    assert place.left() == ["cp311-glibc-aarch64", "qemu-aarch64"]
    listed = place.run("list")
    assert listed == json.loads(outs[0])
    (python,) = listed["pythons"]
    assert listed["qemu"]["version"].startswith("qemu-aarch64 ")
    assert python["version"].startswith("3.11.")
    assert python["size"] > 10_000_000
    bytecode = next(Path(python["path"]).rglob("__pycache__/decimal.*.pyc")).read_bytes()
    assert python["path"].encode() in bytecode  # as tracebacks will show it
    assert place.run("remove", "--python", "3.13") == {"removed": []}
    assert place.run("remove") == {"removed": ["cp311-glibc-aarch64"]}
    assert place.left() == []


@pytest.mark.emulator
@pytest.mark.network
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_setup_leaves_no_python(place: Place, how: signal.Signals):
    process = place.start("setup")
    assert process.stderr is not None
    for line in process.stderr:
        if "fetching Python" in line:
            break
    time.sleep(1)
    process.send_signal(how)
    process.communicate(timeout=60)
    assert process.returncode == (130 if how == signal.SIGINT else -signal.SIGKILL)
    assert place.run("list")["pythons"] == []
    left = place.left()
    # What could not clean up after itself is cleaned up by the next one.
    assert left == (["qemu-aarch64"] if how == signal.SIGINT else [".incoming", "qemu-aarch64"])
    assert place.run("remove") == {"removed": []}
    assert place.left() == []
