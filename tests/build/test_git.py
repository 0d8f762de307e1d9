import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from orchestrator.build.git import check_out, describe, find_commit
from orchestrator.errors import GitError, MissingToolError


def git(folder: Path, *arguments: str, date: str = "2021-03-06T12:00:00Z"):
    identity = {
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "n"), ("EMAIL", "n@example"), ("DATE", date))
    }
    done = subprocess.run(
        ["git", "-c", "protocol.file.allow=always", *arguments],
        cwd=folder,
        env={**os.environ, **identity},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def make_repository(folder: Path, **files: str):
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    return commit(folder, **files)


def commit(folder: Path, **files: str):
    for name, content in files.items():
        (folder / name).write_text(content)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=m")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ORCHESTRATE_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def repository(tmp_path: Path):
    make_repository(tmp_path / "pkg", file="one")
    git(tmp_path / "pkg", "tag", "v1")
    commit(tmp_path / "pkg", file="two")
    return tmp_path / "pkg"


def test_branches_tags_and_commits(repository: Path):
    url = repository.as_uri()
    one, two = git(repository, "rev-parse", "v1"), git(repository, "rev-parse", "main")
    for revision, expected in [("", two), ("HEAD", two), ("main", two), ("v1", one), (one, one)]:
        assert find_commit(url, revision) == expected
    assert find_commit(url, two[:10]) == two


def test_a_branch_that_moved_is_seen_and_one_that_is_gone_too(repository: Path):
    url = repository.as_uri()
    git(repository, "branch", "side")
    assert find_commit(url, "side") == find_commit(url, "main")
    git(repository, "branch", "-D", "side")
    moved = commit(repository, file="three")
    assert find_commit(url, "main") == moved
    with pytest.raises(GitError, match="no revision 'side'"):
        find_commit(url, "side")


def test_a_commit_that_no_branch_has(repository: Path):
    url = repository.as_uri()
    lost = commit(repository, file="lost")
    git(repository, "reset", "--quiet", "--hard", "HEAD~1")
    git(repository, "update-ref", "refs/pull/7/head", lost)
    assert find_commit(url, "refs/pull/7/head") == lost


def test_a_checkout_has_what_version_tools_read(repository: Path, tmp_path: Path):
    url = repository.as_uri()
    pinned = find_commit(url, "")
    assert check_out(url, pinned, tmp_path / "out") == (2021, 3, 6)
    assert (tmp_path / "out" / "file").read_text() == "two"
    assert describe(tmp_path / "out") == f"v1-1-g{pinned[:7]}"
    assert git(tmp_path / "out", "status", "--porcelain") == ""
    assert git(tmp_path / "out", "remote", "get-url", "origin") == url


def test_a_pinned_commit_needs_no_network(repository: Path, tmp_path: Path):
    url = repository.as_uri()
    pinned = find_commit(url, "v1")
    repository.rename(tmp_path / "away")
    assert find_commit(url, pinned) == pinned
    check_out(url, pinned, tmp_path / "out")
    assert (tmp_path / "out" / "file").read_text() == "one"


def test_submodules_beside_the_repository(repository: Path, tmp_path: Path):
    make_repository(tmp_path / "library", header="h")
    git(repository, "submodule", "--quiet", "add", "../library", "vendor")
    git(repository, "commit", "--quiet", "--message=m")
    url = repository.as_uri()
    check_out(url, find_commit(url, ""), tmp_path / "out")
    assert (tmp_path / "out" / "vendor" / "header").read_text() == "h"


def test_many_at_once(repository: Path):
    url = repository.as_uri()
    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(lambda _: find_commit(url, "v1"), range(8)))) == 1


def test_what_cannot_be_reached_is_said_without_credentials():
    with pytest.raises(GitError) as caught:
        find_commit("http://me:s3cret@127.0.0.1:9/a.git", "")
    assert "http://***@127.0.0.1:9/a.git: git fetch failed" in caught.value.message
    assert "s3cret" not in caught.value.message + "".join(caught.value.details)


def test_an_empty_repository(tmp_path: Path):
    (tmp_path / "empty").mkdir()
    git(tmp_path / "empty", "init", "--quiet")
    with pytest.raises(GitError):
        find_commit((tmp_path / "empty").as_uri(), "")


def test_no_git(repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingToolError, match="git"):
        find_commit(repository.as_uri(), "")


def test_a_hook_that_runs_us_does_not_lead_astray(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    make_repository(tmp_path / "other", file="other")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "other" / ".git" / "index"))
    check_out(repository.as_uri(), find_commit(repository.as_uri(), ""), tmp_path / "out")
    assert Path(tmp_path / "out" / "file").read_text() == "two"
