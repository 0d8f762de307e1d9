"""Locks made by the real uv, of an index that is a folder; sdists whose code tells when it runs."""

import os
import tarfile
from io import BytesIO
from pathlib import Path

import pytest
from local_index import LocalIndex

from orchestrator.errors import LockMismatchError, ResolverError, UnsatisfiableError
from orchestrator.model import Closure, Target
from orchestrator.process import Processes
from orchestrator.resolve.configuration import IndexConfiguration
from orchestrator.resolve.inputs import Inputs, parse_root
from orchestrator.resolve.lock import Locking, lock_all, unknown_metadata
from orchestrator.resolve.refusal import Refused
from orchestrator.resolve.uv_compile import Metadata
from orchestrator.targets.tags import parse_interpreter, parse_platform

MAC = Target(platform=parse_platform("macos"), interpreter=parse_interpreter("3.11"))
NEWER_MAC = Target(
    platform=parse_platform("macosx_14_0_arm64"), interpreter=parse_interpreter("3.12")
)
# Requirements that no file states outright, in a program that tells when it runs.
HOSTILE = """\
import pathlib
pathlib.Path({ran!r}).touch()
from setuptools import setup
setup(name="{name}", version="{version}", install_requires=[n for n in ["dep"]])
"""
BACKEND = """\
import pathlib
pathlib.Path({ran!r}).touch()
"""


class Place:
    """A folder with an index and a cache of its own."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.index = LocalIndex(folder)
        self.ran = folder / "ran"
        self.asked: list[Refused] = []
        self.told: list[str] = []
        monkeypatch.setenv("ORCHESTRATE_CACHE", str(folder / "cache"))

    def add_sdist(self, name: str, version: str, **files: str) -> None:
        page = self.folder / "simple" / name
        page.mkdir(exist_ok=True)
        path = page / f"{name}-{version}.tar.gz"
        with tarfile.open(path, "w:gz") as archive:
            for member, text in files.items():
                content = text.format(ran=str(self.ran), name=name, version=version).encode()
                info = tarfile.TarInfo(f"{name}-{version}/{member.replace('_py', '.py')}")
                info.size = len(content)
                archive.addfile(info, BytesIO(content))
        with (page / "index.html").open("a") as page_file:
            page_file.write(f'<a href="{path.name}">{path.name}</a>\n')

    def lock(self, *requirements: str, targets: tuple[Target, ...] = (MAC,), **more: object):
        roots = [parse_root(text, "r.txt:1", self.folder) for text in requirements]
        locking = Locking(
            inputs=more.pop("inputs", Inputs(roots=tuple(roots))),
            configuration=IndexConfiguration(indexes=(self.index.url,)),
            settings=(),
            cwd=self.folder,
            environ={**os.environ, "UV_CACHE_DIR": str(self.folder / "uv")},
            processes=Processes(),
            metadata_of=more.pop("metadata_of", self.answer),
            told=lambda _, line: self.told.append(line),
            known=lambda _: None,
        )
        return lock_all(locking, targets)

    def answer(self, refused: Refused, _: Target) -> Metadata:
        self.asked.append(refused)
        return Metadata(name=refused.name, version=refused.version, requires_dist=("dep",))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    return Place(tmp_path, monkeypatch)


def names(closure: Closure) -> list[str]:
    return [package.name for package in closure.packages]


def test_each_target_has_its_own(place: Place):
    place.index.add("dep", "1", "py3-none-any")
    place.index.add(
        "x",
        "1",
        "cp311-cp311-macosx_14_0_arm64",
        "cp312-cp312-macosx_14_0_arm64",
        requires=("dep",),
    )
    place.index.add("x", "0.9", "cp311-cp311-macosx_11_0_arm64")
    old, new = place.lock("x", targets=(MAC, NEWER_MAC))
    # Version 1 has no wheel for macOS 11, and no sdist.
    assert [(package.name, package.version) for package in old.packages] == [("x", "0.9")]
    assert [(package.name, package.roots) for package in new.packages] == [
        ("dep", ("x",)),
        ("x", ("x",)),
    ]
    assert new.packages[1].wheel
    assert new.packages[1].needs == ("dep",)
    assert "x-1-cp312-cp312-macosx_14_0_arm64.whl" in new.lock


def test_free_threaded_python_has_wheels_of_its_own(place: Place):
    place.index.add("x", "1", "cp313-cp313-macosx_11_0_arm64", "cp313-cp313t-macosx_11_0_arm64")
    free = Target(platform=MAC.platform, interpreter=parse_interpreter("3.13t"))
    plain = Target(platform=MAC.platform, interpreter=parse_interpreter("3.13"))
    found = [closure.packages[0].wheel for closure in place.lock("x", targets=(free, plain))]
    assert [wheel and wheel.filename for wheel in found] == [
        "x-1-cp313-cp313t-macosx_11_0_arm64.whl",
        "x-1-cp313-cp313-macosx_11_0_arm64.whl",
    ]


def test_no_code_of_sdists_is_run_and_all_that_ask_are_asked_at_once(place: Place):
    place.index.add("dep", "1", "py3-none-any")
    for name in ("one", "two", "three"):
        place.add_sdist(name, "1.0", setup_py=HOSTILE)
    place.add_sdist(
        "own",
        "1.0",
        backend_py=BACKEND,
        **{
            "pyproject.toml": '[build-system]\nrequires=[]\nbuild-backend="backend"\n'
            'backend-path=["."]\n'
        },
    )
    (closure,) = place.lock("one", "two", "three", "own")
    assert not place.ran.exists()
    assert names(closure) == ["dep", "one", "own", "three", "two"]
    assert sorted((one.name, one.version) for one in place.asked) == [
        (name, "1.0") for name in ("one", "own", "three", "two")
    ]
    assert len(place.told) == 1
    # What was found out is kept by the sdist's digest.
    place.lock("one", "own")
    assert len(place.asked) == 4


def test_another_sdist_of_the_same_version_is_asked_anew(place: Place):
    place.index.add("dep", "1", "py3-none-any")
    place.add_sdist("one", "1.0", setup_py=HOSTILE)
    place.lock("one")
    (place.folder / "simple/one/index.html").unlink()
    place.add_sdist("one", "1.0", setup_py=HOSTILE + "# changed\n")
    place.lock("one")
    assert len(place.asked) == 2


def test_what_a_setup_py_states_is_not_asked(place: Place):
    place.index.add("dep", "1", "py3-none-any")
    place.add_sdist("plain", "1.0", setup_py=HOSTILE.replace('[n for n in ["dep"]]', '["dep"]'))
    (closure,) = place.lock("plain")
    assert names(closure) == ["dep", "plain"]
    assert not place.asked
    assert not place.ran.exists()


def test_what_nobody_knows_is_said(place: Place):
    place.add_sdist("one", "1.0", setup_py=HOSTILE)
    (closure,) = place.lock("one", metadata_of=unknown_metadata)
    assert [(package.name, package.dependencies_known) for package in closure.packages] == [
        ("one", False)
    ]
    place.index.add("dep", "1", "py3-none-any")
    (closure,) = place.lock("one")
    assert names(closure) == ["dep", "one"]


def test_folders(place: Place):
    place.index.add("dep", "1", "py3-none-any")
    project = place.folder / "project"
    project.mkdir()
    (project / "setup.py").write_text(HOSTILE.format(ran=str(place.ran), name="here", version="3"))
    (closure,) = place.lock(
        "./project",
        metadata_of=lambda *_: Metadata(name="here", version="3", requires_dist=("dep",)),
    )
    assert not place.ran.exists()
    assert names(closure) == ["dep", "here"]
    here = next(package for package in closure.packages if package.name == "here")
    assert here.source
    assert here.source.location == str(project)
    assert here.roots == ("./project",)


def test_contradictions(place: Place):
    place.index.add("a", "1", "py3-none-any", requires=("b<2",))
    place.index.add("b", "1", "py3-none-any")
    place.index.add("b", "2", "py3-none-any")
    with pytest.raises(UnsatisfiableError, match=str(MAC)) as caught:
        place.lock("a", "b>=2")
    assert "all versions of a depend on b<2" in " ".join(caught.value.details)


def test_a_bound_is_no_root(place: Place):
    place.index.add("a", "1", "py3-none-any", requires=("b",))
    place.index.add("b", "1", "py3-none-any")
    place.index.add("b", "2", "py3-none-any")
    bounds = (
        parse_root("b<2", "c.txt:1", place.folder),
        parse_root("z<1", "c.txt:2", place.folder),
    )
    roots = (parse_root("a", "r.txt:1", place.folder),)
    (closure,) = place.lock(inputs=Inputs(roots=roots, constraints=bounds))
    assert [(package.name, package.version) for package in closure.packages] == [
        ("a", "1"),
        ("b", "1"),
    ]


def test_hashes_that_the_index_does_not_have(place: Place):
    place.index.add("a", "1", "py3-none-any")
    root = parse_root("a==1", "r.txt:7", place.folder, ("sha256:" + "0" * 64,))
    with pytest.raises(LockMismatchError, match=r"r\.txt:7: none of the hashes of a==1"):
        place.lock(inputs=Inputs(roots=(root,)))


def test_an_index_that_is_not_there(place: Place):
    place.index.url = "http://127.0.0.1:9/simple"
    with pytest.raises(ResolverError) as caught:
        place.lock("a")
    assert "127.0.0.1" in " ".join(caught.value.details)
