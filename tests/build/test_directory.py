import os
import socket
import subprocess
from pathlib import Path

import pytest

from orchestrator.build.directory import copy_folder, digest_of_folder, source_files
from orchestrator.build.git import describe


def fill(folder: Path, *names: str):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)


def git(folder: Path, *arguments: str):
    identity = ["-c", "user.name=n", "-c", "user.email=n@example"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def folder(tmp_path: Path):
    (tmp_path / "pkg").mkdir()
    return tmp_path / "pkg"


def test_what_tools_leave_behind_is_no_source(folder: Path):
    kept = ["setup.py", "src/a.c", "build/tool.py", "src/dist/x.py", "env/readme", "wheelhouse.py"]
    fill(folder, *kept)
    fill(folder, "env2/pyvenv.cfg", "env2/bin/x", ".git/HEAD", "src/__pycache__/a.pyc", "b.pyc")
    fill(folder, "dist/pkg-1.tar.gz", "wheelhouse/pkg-1.whl", "node_modules/x", ".tox/x")
    fill(folder, "sub/build/lib.linux-x86_64/a.so", "sub/build/temp.linux/a.o")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(folder / "socket"))
        assert source_files(folder) == sorted(kept)


def test_a_checkout_says_itself_what_belongs_to_it(folder: Path, tmp_path: Path):
    fill(folder, "setup.py", "gone.py", "made.o", ".venv/x")
    (folder / ".gitignore").write_text("*.o\n.venv\n")
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=m")
    git(folder, "tag", "v7")
    fill(folder, "new.py", "dist/x.whl")
    (folder / "gone.py").unlink()
    (folder / "setup.py").write_text("changed")
    assert source_files(folder) == [".gitignore", "new.py", "setup.py"]
    copy_folder(folder, tmp_path / "copy")
    assert (tmp_path / "copy" / "setup.py").read_text() == "changed"
    assert describe(tmp_path / "copy").startswith("v7-0-g")
    assert not (tmp_path / "copy" / "made.o").exists()
    inner = folder / "sub"
    fill(folder, "sub/pyproject.toml", "sub/x.o")
    assert source_files(inner) == ["pyproject.toml"]
    copy_folder(inner, tmp_path / "inner")
    assert [path.name for path in (tmp_path / "inner").iterdir()] == ["pyproject.toml"]


def test_a_folder_that_an_outer_checkout_ignores_is_taken_whole(folder: Path):
    git(folder, "init", "--quiet")
    (folder / ".gitignore").write_text("unpacked\n")
    fill(folder, "unpacked/setup.py")
    assert source_files(folder / "unpacked") == ["setup.py"]


def test_a_checkout_without_commits(folder: Path, tmp_path: Path):
    fill(folder, "setup.py")
    git(folder, "init", "--quiet")
    copy_folder(folder, tmp_path / "copy")
    assert (tmp_path / "copy" / "setup.py").is_file()


def test_links(folder: Path, tmp_path: Path):
    fill(folder, "a/file")
    (tmp_path / "README").write_text("outside")
    (folder / "inside").symlink_to("a/file")
    (folder / "folder").symlink_to("a")
    (folder / "README").symlink_to("../README")
    (folder / ".#lock").symlink_to("user@host.1234:5678")
    (folder / "nowhere").symlink_to("/no/where")
    copy_folder(folder, tmp_path / "copy")
    copy = tmp_path / "copy"
    assert (copy / "inside").is_symlink()
    assert (copy / "folder" / "file").read_text() == "a/file"
    assert not (copy / "README").is_symlink()
    assert (copy / "README").read_text() == "outside"
    assert not (copy / "nowhere").is_symlink()


def test_the_digest_follows_the_content_and_nothing_else(folder: Path, tmp_path: Path):
    fill(folder, "setup.py", "src/a.c")
    first = digest_of_folder(folder)
    assert first.startswith("sha256:")
    os.utime(folder / "setup.py", (1, 1))
    fill(folder, "dist/new.whl")
    copy_folder(folder, tmp_path / "copy")
    assert digest_of_folder(folder) == digest_of_folder(tmp_path / "copy") == first
    changes = [
        lambda: (folder / "setup.py").write_text("else"),
        lambda: (folder / "setup.py").chmod(0o755),
        lambda: (folder / "src" / "a.c").rename(folder / "src" / "b.c"),
        lambda: (folder / "link").symlink_to("setup.py"),
    ]
    digests = {first}
    for change in changes:
        change()
        digests.add(digest_of_folder(folder))
    assert len(digests) == len(changes) + 1
