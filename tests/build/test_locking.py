import os
from pathlib import Path

import pytest

from orchestrator.build.locking import Locker
from orchestrator.build.requires import adjusted, hashed, locked_first
from orchestrator.errors import BadMetadataError, BuildEnvironmentError
from orchestrator.model import BuildRequires, DistFile, HostPython, Interpreter, Locked
from orchestrator.process import Processes
from orchestrator.resolve.configuration import IndexConfiguration, read_configuration
from orchestrator.targets.interpreters import find_interpreter


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATE_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def python() -> HostPython:
    return find_interpreter(Interpreter(major=3, minor=11))


def locker(*, fresh: bool = False) -> Locker:
    configuration = read_configuration(Path.cwd(), os.environ)
    return Locker(configuration, Processes(), fresh=fresh)


@pytest.mark.network
def test_wheels_within_the_bounds_are_chosen(python: HostPython) -> None:
    locked = locker().lock(["setuptools", "wheel"], [["setuptools<69"]], ["wheel<0.44"], python)
    versions = {item.name: item.version for item in locked}
    assert versions == {"setuptools": "68.2.2", "wheel": "0.43.0"}
    assert all(item.wheel and len(item.wheel.sha256) == 64 for item in locked)


@pytest.mark.network
def test_bounds_that_leave_nothing_do_not_count(python: HostPython) -> None:
    bounds = [["cython<0.29", "setuptools<69"], ["setuptools<69"]]
    locked = locker().lock(["cython>=3", "setuptools"], bounds, [], python)
    versions = {item.name: item.version for item in locked}
    assert versions["setuptools"] == "68.2.2"
    assert versions["cython"].startswith("3.")


@pytest.mark.network
def test_a_requirement_without_a_wheel_is_locked_as_its_sdist(python: HostPython) -> None:
    (item,) = locker().lock(["netifaces==0.11.0"], [], [], python)
    assert item.wheel is None
    assert item.sdist
    assert item.sdist.filename == "netifaces-0.11.0.tar.gz"


@pytest.mark.network
def test_an_answer_is_kept_and_asked_anew_only_when_told_to(
    python: HostPython, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = (["flit_core<3.9"], [], [], python)
    first = locker().lock(*question)
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", os.devnull)
    assert locker().lock(*question) == first
    with pytest.raises(BuildEnvironmentError):
        locker(fresh=True).lock(*question)


@pytest.mark.network
def test_what_no_version_satisfies_is_an_error_with_uv_s_words(python: HostPython) -> None:
    with pytest.raises(BuildEnvironmentError) as caught:
        locker().lock(["wheel>1000"], [["wheel<2"]], [], python)
    assert "wheel>1000" in caught.value.message
    assert any("wheel" in line for line in caught.value.details)


def test_nothing_is_asked_where_nothing_is_required(python: HostPython) -> None:
    nowhere = IndexConfiguration(indexes=())
    assert Locker(nowhere, Processes()).lock([], [], [], python) == ()


def test_recipes_add_and_remove() -> None:
    changes = BuildRequires(add=("cython<3",), remove=("NumPy",))
    stated = ["setuptools>=61", "numpy==1.21; python_version=='3.9'"]
    assert adjusted(stated, changes, "tiny") == ("cython<3", "setuptools>=61")
    assert adjusted(stated, changes, "tiny", added=False) == ("setuptools>=61",)


def test_a_requirement_that_is_none_is_an_error() -> None:
    with pytest.raises(BadMetadataError, match="tiny: build requirement 'a b'"):
        adjusted(["a b"], BuildRequires(), "tiny")


def test_bounds_count_for_what_is_not_locked() -> None:
    bounds = ("setuptools<70", "wheel<0.44")
    assert locked_first(("setuptools==84.0",), bounds) == ("setuptools==84.0", "wheel<0.44")


def test_pins_carry_the_hashes_of_what_may_be_installed() -> None:
    files = [DistFile(filename=f"a-{n}.whl", url="u", sha256=n) for n in ("11", "22", "")]
    locked = [Locked(name="a", version="1", wheels=tuple(files)), Locked(name="b", version="2")]
    pins = hashed(("a==1", "b==2", "c<3"), locked)
    assert pins == ("a==1 --hash=sha256:11 --hash=sha256:22", "b==2", "c<3")
