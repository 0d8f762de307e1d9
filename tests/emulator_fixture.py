"""The emulated Python 3.11 of the tests: fetched once, and kept from one run to the next.

A test that is marked ``emulator`` has it, and so has what it starts. Others see none: what the
developer has set up must not decide what a test does.
"""

from pathlib import Path

import pytest

from orchestrator.emulator.runtime import Runtime, find_runtime
from orchestrator.emulator.setup import Setup, set_up
from orchestrator.model import Target
from orchestrator.process import Processes
from orchestrator.targets.host import this_host
from orchestrator.targets.tags import parse_interpreter, parse_platform

PYTHON = parse_interpreter("3.11")


@pytest.fixture(scope="session")
def emulator_place(pytestconfig: pytest.Config) -> Path:
    """``$ORCHESTRATE_DATA`` of the tests that are marked ``emulator``."""
    return pytestconfig.cache.mkdir("orchestrate-data")


@pytest.fixture(scope="session")
def emulated_311(emulator_place: Path, pytestconfig: pytest.Config) -> Runtime:
    """Runs CPython 3.11 for Linux aarch64; set up by whichever worker comes first."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORCHESTRATE_DATA", str(emulator_place))
        patch.setenv("ORCHESTRATE_CACHE", str(pytestconfig.cache.mkdir("orchestrate")))
        set_up(
            Setup(
                interpreters=(PYTHON,),
                libc="glibc",
                processes=Processes(),
                on_step=lambda _step: None,
                on_line=lambda _line: None,
            )
        )
        target = Target(platform=parse_platform("linux"), interpreter=PYTHON)
        runtime = find_runtime(target, this_host())
        assert runtime is not None
        return runtime


@pytest.fixture(autouse=True)
def emulator_of_marked_tests(
    request: pytest.FixtureRequest,
    emulator_place: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if request.node.get_closest_marker("emulator"):
        request.getfixturevalue("emulated_311")
        monkeypatch.setenv("ORCHESTRATE_DATA", str(emulator_place))
    else:
        monkeypatch.setenv("ORCHESTRATE_DATA", str(emulator_place / "nothing"))
