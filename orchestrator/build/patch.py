"""Applies a recipe's patches to an unpacked source, and never outside of it."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from orchestrator.build.diff import NO_FILE, FileChange, HunkMismatchError, apply_hunks, parse_diff
from orchestrator.errors import PatchError, UnsafePatchError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from orchestrator.model import Patch


def apply_patches(tree: Path, patches: Sequence[Patch], log: Callable[[str], None]) -> None:
    """Applies patches in order; each is written only when the whole of it applies.

    Args:
        tree: Folder that the paths in the patches are relative to.
        patches: In the order to apply them.
        log: Gets a line for each patch and for each hunk that was found off its place.

    Raises:
        PatchError: A patch does not apply cleanly; patch, file and hunk are named.
        UnsafePatchError: A patch would write outside the tree.
    """
    for patch in patches:
        staged = _Staged(tree, patch.name, log)
        changes = parse_diff(patch.name, patch.path.read_bytes())
        for change in changes:
            staged.change(change)
        staged.write()
        log(f"{patch.name}: applied, {len(changes)} file(s) changed")


class _Staged:
    """What one patch makes of the tree's files, held in memory until all of it applies."""

    def __init__(self, tree: Path, patch: str, log: Callable[[str], None]) -> None:
        self._tree = tree
        self._patch = patch
        self._log = log
        self._contents: dict[Path, bytes | None] = {}
        self._modes: dict[Path, int] = {}

    def change(self, change: FileChange) -> None:
        """Lays one file's change on the tree as the changes before it left it."""
        if change.old == NO_FILE:
            self._must_be_absent(change.new)
            content = b""
        else:
            content = self._read(change.old)
            self._contents[self._path(change.old)] = None
        result = self._changed(content, change)
        if change.new == NO_FILE:
            if result:
                raise PatchError(
                    f"{self._patch}: {change.old}: lines are left over that the patch, which "
                    "deletes the file, does not know of."
                )
            return
        if change.old not in {change.new, NO_FILE}:
            self._must_be_absent(change.new)
        path = self._path(change.new)
        self._contents[path] = result
        self._modes[path] = self._mode(change)

    def write(self) -> None:
        """Makes the tree what the patch says."""
        for path, content in self._contents.items():
            if path.exists():
                path.unlink()  # not written into: it may be read-only or a hard link
            if content is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
                path.chmod(self._modes[path])

    def _changed(self, content: bytes, change: FileChange) -> bytes:
        file = change.new if change.old == NO_FILE else change.old
        try:
            result, offsets = apply_hunks(content, change.hunks)
        except HunkMismatchError as error:
            raise PatchError(
                f"{self._patch}: {file}: hunk {error.number} does not apply: {error.reason}."
            ) from None
        for number, offset in enumerate(offsets, 1):
            if offset:
                self._log(f"{self._patch}: {file}: hunk {number} found {offset:+} lines away")
        return result

    def _mode(self, change: FileChange) -> int:
        if change.mode is not None:
            return change.mode
        old = None if change.old == NO_FILE else self._path(change.old)
        if old is None:
            return 0o644
        return self._modes.get(old) or stat.S_IMODE(old.stat().st_mode)

    def _read(self, name: str) -> bytes:
        path = self._path(name)
        content = self._contents.get(path)
        if content is None and (path in self._contents or not path.is_file()):
            raise PatchError(f"{self._patch}: {name}: there is no such file in the source.")
        return path.read_bytes() if content is None else content

    def _must_be_absent(self, name: str) -> None:
        path = self._path(name)
        there = self._contents[path] is not None if path in self._contents else path.exists()
        if there:
            raise PatchError(f"{self._patch}: {name}: the file to be created exists already.")

    def _path(self, name: str) -> Path:
        path = (self._tree / name).resolve()
        if not path.is_relative_to(self._tree.resolve()):
            raise UnsafePatchError(
                f"{self._patch}: {name}: a link in the source leads out of the source tree."
            )
        return path
