import hashlib
import io
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from orchestrator.build.sources import UNKNOWN_VERSION, overridden, pin, prepare
from orchestrator.errors import BadRequirementError, OrchestratorError
from orchestrator.model import Interpreter, Source, SourceOverride
from orchestrator.resolve.configuration import IndexConfiguration
from orchestrator.resolve.requests import classify

CP311 = Interpreter(major=3, minor=11)
NOTHING = IndexConfiguration(indexes=())
PYPROJECT = "[project]\nname = 'Tiny_Pkg'\nversion = '1.5'\nrequires-python = '>=3.8'\n"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ORCHESTRATE_CACHE", str(tmp_path / "cache"))


def sdist(path: Path, **files: str):
    with tarfile.open(path, "w:gz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(f"top/{name.replace('__', '.').replace('PKG_INFO', 'PKG-INFO')}")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content.encode()))
    return path


def pinned(text: str, tmp_path: Path):
    return pin(classify(text, tmp_path), NOTHING, CP311).source


def test_an_sdist_says_who_it_is(tmp_path: Path):
    path = sdist(tmp_path / "v2.tar.gz", pyproject__toml=PYPROJECT)
    found = pinned("./v2.tar.gz", tmp_path)
    assert found == Source(
        name="tiny-pkg",
        version="1.5",
        kind="file",
        location=str(path),
        filename="v2.tar.gz",
        digest=f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}",
        requires_python=">=3.8",
    )
    tree = prepare(found, tmp_path / "out", NOTHING)
    assert (tree.path / "pyproject.toml").read_text() == PYPROJECT


@pytest.mark.parametrize(
    ("filename", "files", "expected"),
    [
        ("a-1.0.tar.gz", {"PKG_INFO": "Name: B\nVersion: 2\n"}, ("b", "2")),
        ("a-1.0.tar.gz", {"setup__py": ""}, ("a", "1.0")),
        ("Master Copy.tar.gz", {"setup__py": ""}, ("master-copy", UNKNOWN_VERSION)),
        ("main.tar.gz", {"pyproject__toml": "[project]\nname='a'\n"}, ("a", UNKNOWN_VERSION)),
    ],
)
def test_names_and_versions_of_sdists(
    tmp_path: Path, filename: str, files: dict[str, str], expected: tuple[str, str]
):
    sdist(tmp_path / filename, **files)
    found = pinned(f"./{filename}", tmp_path)
    assert (found.name, found.version) == expected


def test_a_zip_sdist(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as file:
        file.writestr("top/PKG-INFO", "Name: a\nVersion: 3\n")
        file.writestr("top/setup.py", "")
    found = pinned("./x.zip", tmp_path)
    assert (found.name, found.version) == ("a", "3")
    assert prepare(found, tmp_path / "out", NOTHING).path == tmp_path / "out" / "top"


def test_a_directory(tmp_path: Path):
    folder = tmp_path / "some folder"
    folder.mkdir()
    (folder / "setup.py").write_text("")
    found = pinned("./some folder", tmp_path)
    assert (found.kind, found.name, found.version) == ("directory", "some-folder", UNKNOWN_VERSION)
    (folder / "pyproject.toml").write_text(PYPROJECT)
    again = pinned("./some folder", tmp_path)
    assert (again.name, again.version) == ("tiny-pkg", "1.5")
    assert again.digest != found.digest
    tree = prepare(again, tmp_path / "out", NOTHING)
    assert (tree.path / "pyproject.toml").is_file()
    assert tree.path != folder


@pytest.fixture
def repository(tmp_path: Path):
    folder = tmp_path / "repository"
    (folder / "python").mkdir(parents=True)
    (folder / "python" / "pyproject.toml").write_text(PYPROJECT)
    for arguments in (
        ["init", "--quiet"],
        ["add", "."],
        ["-c", "user.name=n", "-c", "user.email=n@example", "commit", "--message=m"],
    ):
        subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)
    return folder


def test_git(repository: Path, tmp_path: Path):
    found = pinned(f"git+{repository.as_uri()}", tmp_path)
    assert (found.kind, found.name, found.version) == ("git", "repository", UNKNOWN_VERSION)
    assert found.digest.startswith("git:")
    text = f"git+{repository.as_uri()}#subdirectory=python"
    found = pinned(text, tmp_path)
    assert (found.name, found.version) == ("tiny-pkg", "1.5")
    tree = prepare(found, tmp_path / "out", NOTHING)
    assert tree.path == tmp_path / "out" / "python"
    assert tree.released is not None


@pytest.mark.parametrize("subdirectory", ["gone", "../..", "/etc"])
def test_a_subdirectory_that_is_none(repository: Path, tmp_path: Path, subdirectory: str):
    found = pinned(f"git+{repository.as_uri()}#subdirectory={subdirectory}", tmp_path)
    with pytest.raises(BadRequirementError, match="has no folder"):
        prepare(found, tmp_path / "out", NOTHING)
    assert not (tmp_path / "out").exists()


def test_the_name_asked_for_must_be_the_sources(repository: Path, tmp_path: Path):
    with pytest.raises(BadRequirementError, match="it is tiny-pkg"):
        pinned(f"other @ git+{repository.as_uri()}#subdirectory=python", tmp_path)


def test_find_links_promise_no_hash_so_it_is_taken_at_once(tmp_path: Path):
    path = sdist(tmp_path / "tiny_pkg-1.5.tar.gz", setup__py="")
    configuration = IndexConfiguration(indexes=(), find_links=(str(tmp_path),))
    found = pin(classify("tiny-pkg", tmp_path), configuration, CP311)
    assert found.source.digest == f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    assert len(found.files) == 1
    path.write_bytes(b"changed")
    with pytest.raises(OrchestratorError, match="promised"):
        prepare(found.source, tmp_path / "out", configuration)


def test_a_recipe_names_another_source(repository: Path, tmp_path: Path):
    source = Source(name="a", version="1", kind="index", location="/x", digest="sha256:00")
    from_git = overridden(source, SourceOverride(git=repository.as_uri(), rev="HEAD"))
    assert (from_git.name, from_git.version, from_git.kind) == ("a", "1", "git")
    assert prepare(from_git, tmp_path / "git", NOTHING).path == tmp_path / "git"
    path = sdist(tmp_path / "b.tar.gz", setup__py="")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    from_url = overridden(source, SourceOverride(url=path.as_uri(), sha256=digest))
    assert (from_url.kind, from_url.filename) == ("url", "b.tar.gz")
    assert prepare(from_url, tmp_path / "url", NOTHING).path == tmp_path / "url" / "top"


def test_a_broken_sdist_leaves_nothing(tmp_path: Path):
    (tmp_path / "a-1.tar.gz").write_bytes(b"no archive")
    with pytest.raises(OrchestratorError, match="neither a tar"):
        pinned("./a-1.tar.gz", tmp_path)
