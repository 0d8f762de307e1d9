"""Unified diffs: reading them, and laying them on a file's content.

``patch_ng`` reads the format with its git, hg and svn variants. Laying hunks on content is done
here: its own ``apply`` changes the working folder of the whole process, knows no offsets, takes
a patch that is applied already for a success, and quietly rewrites paths that leave the tree.
"""

from __future__ import annotations

import re
from io import BytesIO
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from orchestrator.errors import PatchError, UnsafePatchError
from orchestrator.model import Value

if TYPE_CHECKING:
    from collections.abc import Sequence

NO_FILE = "/dev/null"


class Hunk(Value, frozen=True):
    """One changed place of a file.

    Attributes:
        start: Where the diff says that the old lines begin, counted from 0.
        body: The hunk's lines as they stand in the diff: a mark (space, ``-``, ``+``), then the
            line with its end.
    """

    start: int
    body: tuple[bytes, ...]

    @property
    def old(self) -> tuple[bytes, ...]:
        """The lines that must be there, without line ends."""
        return tuple(_bare(line[1:]) for line in self.body if line[:1] != b"+")

    @property
    def new(self) -> tuple[bytes, ...]:
        """The lines that will be there, without line ends."""
        return tuple(_bare(line[1:]) for line in self.body if line[:1] != b"-")


class FileChange(Value, frozen=True):
    """What a diff does to one file.

    Attributes:
        old: Path inside the tree; ``/dev/null`` when the file is created.
        new: Path inside the tree; ``/dev/null`` when the file is deleted.
        hunks: In file order; none in a plain renaming.
        mode: Permission bits that the file gets, or None.
    """

    old: str
    new: str
    hunks: tuple[Hunk, ...] = ()
    mode: int | None = None


class HunkMismatchError(Exception):
    """A hunk's old lines are nowhere in the content.

    Attributes:
        number: Of the hunk, counted from 1.
        reason: Which line differs, or that the change is there already.
    """

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(f"hunk {number}: {reason}")
        self.number = number
        self.reason = reason


def parse_diff(name: str, content: bytes) -> tuple[FileChange, ...]:
    """Reads a unified diff.

    Args:
        name: What messages call the patch.
        content: Of the patch file.

    Raises:
        PatchError: Not a unified diff, or one with a part that would be passed over in silence.
        UnsafePatchError: A path in it is absolute or contains ``..``.
    """
    from patch_ng import PatchSet  # noqa: PLC0415 - 40 ms that builds without patches save

    class Paths(PatchSet):
        """Leaves paths as they are, to be judged and not repaired."""

        def _normalize_filenames(self) -> None:
            pass

    _refuse_unreadable_parts(name, content)
    parsed: Any = Paths()  # type: ignore[no-untyped-call]
    try:
        complete = parsed.parse(BytesIO(content))
    except (AttributeError, KeyError, TypeError):  # patch_ng stumbles over some malformed headers
        complete = False
    if not complete:
        raise PatchError(f"{name}: {_fault(parsed)}.")
    changes = [_file_change(name, item) for item in parsed]
    # A renaming with edits is read twice: without its hunks, and with them.
    return tuple(
        change
        for change, after in zip_longest(changes, changes[1:])
        if change.hunks or after is None or (change.old, change.new) != (after.old, after.new)
    )


def _refuse_unreadable_parts(name: str, content: bytes) -> None:
    """Finds git sections that hold no text diff: patch_ng would skip them without a word."""
    for section in re.split(rb"^(?=diff --git )", content, flags=re.MULTILINE)[1:]:
        lines = section.splitlines()
        copies = any(line.startswith(b"copy from ") for line in lines)
        if copies or not any(line.startswith((b"--- ", b"rename from ")) for line in lines):
            raise PatchError(
                f"{name}: the section `{lines[0].decode(errors='replace')}` can't be applied: "
                "copies, binary contents, empty files and mere mode changes are not supported."
            )


def _fault(parsed: Any) -> str:
    for item in parsed:
        for number, hunk in enumerate(item.hunks, 1):
            if hunk.invalid:
                return f"hunk {number} of {item.target.decode(errors='replace')} is malformed"
    return "not a unified diff, or one that ends too early"


def _file_change(name: str, item: Any) -> FileChange:
    old, new = (path.decode(errors="surrogateescape") for path in (item.source, item.target))
    # The paths of a renaming without hunks come from lines that have no a/ and b/.
    if item.hunks and old.startswith(("a/", NO_FILE)) and new.startswith(("b/", NO_FILE)):
        old, new = (path if path == NO_FILE else path[2:] for path in (old, new))
    for path in (old, new):
        if path != NO_FILE and (path.startswith("/") or ".." in path.split("/")):
            raise UnsafePatchError(f"{name}: the path {path!r} leaves the source tree.")
    return FileChange(
        old=old,
        new=new,
        hunks=tuple(
            Hunk(
                # The start of an empty range is the line before it.
                start=hunk.startsrc - (hunk.linessrc > 0),
                body=tuple(line for line in hunk.text if not line.startswith(b"\\")),
            )
            for hunk in item.hunks
        ),
        mode=None if item.filemode is None else item.filemode & 0o777,
    )


def apply_hunks(content: bytes, hunks: Sequence[Hunk]) -> tuple[bytes, tuple[int, ...]]:
    """Lays hunks on content: every old line must match, but may have moved.

    Line ends are not compared; inserted lines get those of the content.

    Returns:
        The new content, and for each hunk how many lines away from its place it was found.

    Raises:
        HunkMismatchError: A hunk's old lines are not there.
    """
    # Not bytes.splitlines: a lone carriage return does not end a line in a diff.
    lines = re.findall(rb"[^\n]*\n|[^\n]+", content)
    bare = [_bare(line) for line in lines]
    end = _line_end(lines)
    result: list[bytes] = []
    offsets: list[int] = []
    done = 0
    for number, hunk in enumerate(hunks, 1):
        expected = hunk.start + (offsets[-1] if offsets else 0)
        start = _find(bare, hunk.old, expected, done)
        if start is None:
            raise HunkMismatchError(number, _reason(bare, hunk, expected, done))
        result += lines[done:start]
        done = start
        for line in hunk.body:
            if line[:1] == b"+":
                result.append(line[1:] if end is None else _bare(line[1:]) + end)
            else:
                result += lines[done : done + 1] if line[:1] == b" " else []
                done += 1
        offsets.append(start - hunk.start)
    return b"".join(result + lines[done:]), tuple(offsets)


def _find(lines: list[bytes], wanted: Sequence[bytes], expected: int, first: int) -> int | None:
    """The place nearest to the expected one, from ``first`` on, that holds the wanted lines."""
    last = len(lines) - len(wanted)
    if not wanted:  # nothing tells where else it could belong
        return expected if first <= expected <= last else None
    places = sorted(range(first, last + 1), key=lambda place: abs(place - expected))
    return next((at for at in places if lines[at : at + len(wanted)] == list(wanted)), None)


def _reason(lines: list[bytes], hunk: Hunk, expected: int, first: int) -> str:
    adds = any(line.startswith(b"+") for line in hunk.body)
    if adds and _find(lines, hunk.new, expected, first) is not None:
        return "the change is there already"
    for number, wanted in enumerate(hunk.old, expected):
        found = lines[number] if 0 <= number < len(lines) else None
        if found != wanted:
            there = "the end of the file" if found is None else repr(found.decode(errors="replace"))
            return f"line {number + 1} should be {wanted.decode(errors='replace')!r}, not {there}"
    return "its place was changed by the hunk before"


def _line_end(lines: list[bytes]) -> bytes | None:
    """The content's line end, or None where there is no line to tell."""
    ends = [line[len(_bare(line)) :] for line in lines if line.endswith(b"\n")]
    return max(ends, key=ends.count) if ends else None


def _bare(line: bytes) -> bytes:
    return line.rstrip(b"\r\n")
