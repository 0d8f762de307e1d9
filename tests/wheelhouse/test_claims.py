"""The right to do a step: one has it at a time, and nobody keeps it who is gone."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

from orchestrator.wheelhouse.claims import Claim, claim, owner_of

if TYPE_CHECKING:
    from pathlib import Path

HOLDS = """
import sys, time
from pathlib import Path
from orchestrator.wheelhouse.claims import claim
held = claim(Path(sys.argv[1]))
print("held" if held else "refused", flush=True)
time.sleep(600)
"""


def other_process(path: Path) -> tuple[subprocess.Popen[str], str]:
    """Another process that claims the same, and what it got."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDS, path], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    return process, process.stdout.readline().strip()


def test_one_has_it_until_it_is_released(tmp_path: Path) -> None:
    path = tmp_path / "step"
    first = claim(path)
    assert first
    assert claim(path) is None
    first.release()
    second = claim(path)
    assert second
    second.release()
    assert list(tmp_path.iterdir()) == []


def test_owner_is_named_and_killing_it_frees_the_claim(tmp_path: Path) -> None:
    path = tmp_path / "step"
    process, said = other_process(path)
    assert said == "held"
    assert claim(path) is None
    assert owner_of(path).startswith(f"process {process.pid} on ")
    process.send_signal(signal.SIGKILL)
    process.wait()
    freed = claim(path)
    assert freed
    freed.release()


def test_claims_and_releases_at_once_never_give_it_to_two(tmp_path: Path) -> None:
    path = tmp_path / "step"
    inside: list[int] = []
    overlaps: list[int] = []

    def contend() -> None:
        for _ in range(300):
            held: Claim | None = claim(path)
            if held:
                inside.append(1)
                overlaps.append(len(inside))
                inside.pop()
                held.release()

    threads = [threading.Thread(target=contend) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(overlaps) == {1}
