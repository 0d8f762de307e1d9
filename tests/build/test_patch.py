from __future__ import annotations

import difflib
import hashlib
import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from orchestrator.build.diff import (
    NO_FILE,
    HunkMismatchError,
    apply_hunks,
    parse_diff,
)
from orchestrator.build.patch import apply_patches
from orchestrator.errors import OrchestratorError, PatchError, UnsafePatchError
from orchestrator.model import Patch

if TYPE_CHECKING:
    from pathlib import Path

FILE = "".join(f"line {number}\n" for number in range(1, 31))
FIRST_HUNK = """\
@@ -2,5 +2,5 @@
 line 2
 line 3
-line 4
+LINE 4
 line 5
 line 6
"""
SECOND_HUNK = """\
@@ -20,4 +20,6 @@
 line 20
 line 21
+line 21a
+line 21b
 line 22
 line 23
"""


class Tree:
    """A source tree and the patches made for it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "tree"
        self.path.mkdir()
        self.patches = folder / "patches"
        self.patches.mkdir()
        self.log: list[str] = []

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def read(self, name: str) -> str:
        return (self.path / name).read_bytes().decode()

    def apply(self, *contents: str | bytes) -> None:
        patches = []
        for number, content in enumerate(contents, 1):
            path = self.patches / f"{number:04}.patch"
            path.write_bytes(content.encode() if isinstance(content, str) else content)
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            patches.append(Patch(name=f"pkg/{path.name}", path=path, sha256=digest))
        apply_patches(self.path, patches, self.log.append)

    def files(self) -> set[str]:
        return {str(p.relative_to(self.path)) for p in self.path.rglob("*") if p.is_file()}


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


def edit(*hunks: str, old: str = "a/src/x.c", new: str = "b/src/x.c") -> str:
    return f"--- {old}\n+++ {new}\n" + "".join(hunks)


def test_a_patch_changes_its_lines_and_nothing_else(tree: Tree):
    tree.write("src/x.c", FILE)
    tree.apply(edit(FIRST_HUNK, SECOND_HUNK))
    expected = FILE.replace("line 4\n", "LINE 4\n").replace(
        "line 21\n", "line 21\nline 21a\nline 21b\n"
    )
    assert tree.read("src/x.c") == expected
    assert tree.files() == {"src/x.c"}
    assert tree.log == ["pkg/0001.patch: applied, 1 file(s) changed"]


def test_a_moved_hunk_applies_and_is_reported(tree: Tree):
    tree.write("src/x.c", "new 1\nnew 2\nnew 3\n" + FILE)
    tree.apply(edit(FIRST_HUNK, SECOND_HUNK))
    assert "line 3\nLINE 4\nline 5\n" in tree.read("src/x.c")
    assert "pkg/0001.patch: src/x.c: hunk 1 found +3 lines away" in tree.log
    assert "pkg/0001.patch: src/x.c: hunk 2 found +3 lines away" in tree.log


def test_the_nearest_of_equal_places_is_taken(tree: Tree):
    tree.write("x", "a\nb\n" * 10)
    tree.apply(edit("@@ -9,2 +9,2 @@\n a\n-b\n+B\n", old="a/x", new="b/x"))
    assert tree.read("x").splitlines().index("B") == 9


def test_fuzz_is_refused_with_patch_file_and_hunk(tree: Tree):
    changed = FILE.replace("line 23\n", "line twenty-three\n")
    tree.write("src/x.c", changed)
    with pytest.raises(PatchError) as caught:
        tree.apply(edit(FIRST_HUNK, SECOND_HUNK))
    assert caught.value.message == (
        "pkg/0001.patch: src/x.c: hunk 2 does not apply: "
        "line 23 should be 'line 23', not 'line twenty-three'."
    )
    assert tree.read("src/x.c") == changed, "nothing of a patch that fails is written"


def test_a_patch_that_is_applied_already_is_an_error(tree: Tree):
    tree.write("src/x.c", FILE)
    with pytest.raises(PatchError, match=r"0002\.patch: .*hunk 1.*there already"):
        tree.apply(edit(FIRST_HUNK), edit(FIRST_HUNK))


def test_a_file_that_ends_too_early_is_said(tree: Tree):
    tree.write("src/x.c", "line 1\nline 2\nline 3\n")
    with pytest.raises(PatchError, match="line 4 should be 'line 4', not the end of the file"):
        tree.apply(edit("@@ -2,3 +2,2 @@\n line 2\n line 3\n-line 4\n"))


def test_patches_apply_in_order(tree: Tree):
    tree.write("x", "one\n")
    tree.apply(
        edit("@@ -1 +1 @@\n-one\n+two\n", old="a/x", new="b/x"),
        edit("@@ -1 +1 @@\n-two\n+three\n", old="a/x", new="b/x"),
    )
    assert tree.read("x") == "three\n"


def test_crlf_files_keep_their_line_ends(tree: Tree):
    tree.write("src/x.c", FILE.replace("\n", "\r\n"))
    tree.apply(edit("@@ -1,2 +1,3 @@\n+first\n line 1\n line 2\n"))
    assert tree.read("src/x.c") == "first\r\n" + FILE.replace("\n", "\r\n")


def test_a_crlf_patch_applies_to_an_lf_file(tree: Tree):
    tree.write("src/x.c", FILE)
    tree.apply(edit(FIRST_HUNK).replace("\n", "\r\n"))
    assert tree.read("src/x.c") == FILE.replace("line 4\n", "LINE 4\n")


def test_a_file_without_a_final_newline(tree: Tree):
    tree.write("x", "one\ntwo")
    tree.apply(
        edit(
            "@@ -1,2 +1,2 @@\n one\n-two\n\\ No newline at end of file\n+2\n",
            old="a/x",
            new="b/x",
        )
    )
    assert tree.read("x") == "one\n2\n"


def test_without_prefixes_names_are_taken_as_they_are(tree: Tree):
    tree.write("a/x", "one\n")
    tree.apply(edit("@@ -1 +1 @@\n-one\n+two\n", old="a/x", new="a/x"))
    assert tree.read("a/x") == "two\n"


def test_new_files_and_deletions(tree: Tree):
    tree.write("old.c", "gone\n")
    tree.apply(
        "diff --git a/sub/new.sh b/sub/new.sh\nnew file mode 100755\nindex 0000000..1111111\n"
        "--- /dev/null\n+++ b/sub/new.sh\n@@ -0,0 +1,2 @@\n+#!/bin/sh\n+true\n"
        "diff --git a/old.c b/old.c\ndeleted file mode 100644\nindex 2222222..0000000\n"
        "--- a/old.c\n+++ /dev/null\n@@ -1 +0,0 @@\n-gone\n"
    )
    assert tree.files() == {"sub/new.sh"}
    assert tree.read("sub/new.sh") == "#!/bin/sh\ntrue\n"
    assert os.access(tree.path / "sub/new.sh", os.X_OK)


def test_a_read_only_file_is_changed_and_keeps_its_mode(tree: Tree):
    path = tree.write("src/x.c", FILE)
    path.chmod(0o555)
    tree.apply(edit(FIRST_HUNK))
    assert "LINE 4" in tree.read("src/x.c")
    assert path.stat().st_mode & 0o777 == 0o555


def test_a_deletion_that_would_lose_unknown_lines_is_refused(tree: Tree):
    tree.write("old.c", "gone\nkept\n")
    with pytest.raises(PatchError, match=r"old\.c: lines are left over"):
        tree.apply("--- a/old.c\n+++ /dev/null\n@@ -1 +0,0 @@\n-gone\n")
    assert tree.read("old.c") == "gone\nkept\n"


def test_creating_what_exists_is_refused(tree: Tree):
    tree.write("x", "here\n")
    with pytest.raises(PatchError, match="x: the file to be created exists already"):
        tree.apply("--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+new\n")


def test_a_missing_file_is_named(tree: Tree):
    with pytest.raises(PatchError, match=r"0001\.patch: src/x\.c: there is no such file"):
        tree.apply(edit(FIRST_HUNK))


@pytest.mark.parametrize("path", ["/etc/x", "../x", "sub/../../x"])
def test_paths_out_of_the_tree_are_refused(tree: Tree, path: str):
    for content in (
        f"--- {path}\n+++ {path}\n@@ -1 +1 @@\n-a\n+b\n",
        f"--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n-a\n+b\n",
        f"--- /dev/null\n+++ {path}\n@@ -0,0 +1 @@\n+b\n",
        f"diff --git a/x b/y\nsimilarity index 100%\nrename from x\nrename to {path}\n",
    ):
        with pytest.raises(UnsafePatchError, match=r"0001\.patch"):
            tree.apply(content)


@pytest.mark.parametrize("name", ["link/x", "link"])
def test_links_out_of_the_tree_are_refused(tree: Tree, name: str):
    outside = tree.path.parent / "outside"
    outside.mkdir()
    (tree.path / "link").symlink_to(outside if name == "link/x" else outside / "new")
    with pytest.raises(UnsafePatchError, match="link in the source leads out"):
        tree.apply(f"--- /dev/null\n+++ b/{name}\n@@ -0,0 +1 @@\n+b\n")
    assert not list(outside.iterdir())


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "not a unified diff"),
        ("hello\n", "not a unified diff"),
        ("--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n a\n", "ends too early"),
        ("--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n a\n*b\n", "hunk 1 of .*x is malformed"),
        ("rename from x\n", "not a unified diff"),
        (
            "diff --git a/i.png b/i.png\nindex 1..2 100644\nGIT binary patch\nliteral 1\nabc\n",
            "section `diff --git a/i.png b/i.png` can't be applied",
        ),
        (
            "diff --git a/x b/x\nold mode 100644\nnew mode 100755\n"
            "diff --git a/src/x.c b/src/x.c\nindex 1111..2222 100644\n" + edit(FIRST_HUNK),
            "section `diff --git a/x b/x` can't be applied",
        ),
        (
            "diff --git a/x b/y\nsimilarity index 90%\ncopy from x\ncopy to y\n"
            "index 1111..2222 100644\n" + edit(FIRST_HUNK, old="a/x", new="b/y"),
            "copies",
        ),
    ],
)
def test_what_can_not_be_read_is_said(tree: Tree, content: str, complaint: str):
    tree.write("x", "a\n")
    with pytest.raises(PatchError, match=complaint):
        tree.apply(content)


@pytest.mark.skipif(not shutil.which("git"), reason="makes its patches with git")
def test_what_git_writes_applies(tree: Tree, tmp_path: Path):
    """Edits, a renaming with edits, a plain renaming, a new file and a deletion in one mail."""
    other = tmp_path / "git"
    other.mkdir()

    def git(*args: str) -> None:
        identity = ("-c", "user.name=x", "-c", "user.email=x@example.org")
        subprocess.run(["git", *identity, *args], cwd=other, check=True, capture_output=True)

    before = {"edited.c": FILE, "moved.c": FILE + "moved\n", "plain.c": "p\n", "gone.c": "g\n"}
    for name, text in before.items():
        (other / name).write_text(text)
        tree.write(name, text)
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "before")
    (other / "edited.c").write_text(FILE.replace("line 9\n", "nine\n").replace("line 25\n", ""))
    git("mv", "moved.c", "was moved.c")
    (other / "was moved.c").write_text(FILE.replace("line 9\n", "nine\n") + "moved\n")
    git("mv", "plain.c", "renamed.c")
    git("rm", "-q", "gone.c")
    (other / "new.c").write_text("new\n")
    git("add", ".")
    git("commit", "-qm", "after")
    git("format-patch", "-1", "-o", str(tmp_path / "mail"), "HEAD")

    tree.apply(next((tmp_path / "mail").iterdir()).read_bytes())

    after = {p.name: p.read_text() for p in other.iterdir() if p.is_file()}
    assert {name: tree.read(name) for name in tree.files()} == after


LINES = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "d\n", "\n"]), max_size=30)
UNIQUE_LINES = st.lists(st.integers(0, 50).map("{}\n".format), unique=True, max_size=30)


def unified_diff(old: list[str], new: list[str]) -> bytes:
    return "".join(difflib.unified_diff(old, new, "a/x", "b/x")).encode()


@given(LINES, LINES)
def test_any_diff_applies_to_what_it_was_made_from(old: list[str], new: list[str]):
    assume(old != new)
    (change,) = parse_diff("p", unified_diff(old, new))
    assert apply_hunks("".join(old).encode(), change.hunks)[0] == "".join(new).encode()


@given(UNIQUE_LINES.filter(bool), UNIQUE_LINES, st.integers(0, 40))
def test_any_diff_applies_wherever_its_lines_moved(old: list[str], new: list[str], by: int):
    assume(old != new)
    (change,) = parse_diff("p", unified_diff(old, new))
    before = ["above\n"] * by
    result, offsets = apply_hunks("".join(before + old).encode(), change.hunks)
    assert result == "".join(before + new).encode()
    assert set(offsets) == {by}


@given(st.lists(st.sampled_from([
    "--- a/x\n", "+++ b/x\n", "--- /dev/null\n", "+++ /dev/null\n", "@@ -1 +1 @@\n",
    "@@ -1,2 +1 @@\n", "-a\n", "+b\n", " c\n", "\\ No newline\n", "rename from x\n",
    "rename to y\n", "diff --git a/x b/y\n", "similarity index 90%\n", "new file mode 100755\n",
    "junk\n", "\n", "--- x\t1970-01-01\n", "--- x 1970-01-01 00:00:00\n",
])))  # fmt: skip
def test_no_text_makes_the_parser_crash(lines: list[str]):
    try:
        changes = parse_diff("p", "".join(lines).encode())
    except OrchestratorError:
        return
    for change in changes:
        assert (change.old, change.new) != (NO_FILE, NO_FILE)
        try:
            apply_hunks(b"a\nc\n", change.hunks)
        except HunkMismatchError:
            continue
