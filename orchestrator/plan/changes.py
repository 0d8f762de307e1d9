"""Why a step is not up to date: its parts beside those of a wheel that was built before. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from orchestrator.model import Failure, Unbuildable, Value
from orchestrator.plan.fingerprint import NEEDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.model import PublishedWheel, Record, Step

State = Literal["up to date", "never built", "changed"]

_DIGEST = re.compile(r"\b[0-9a-f]{64}\b")
_SHOWN_DIGITS = 12


class Change(Value):
    """A part of a fingerprint that is another one.

    Attributes:
        part: Its name, e.g. ``toolchain zig``.
        before: Its value then; empty: it was not there.
        after: Its value now; empty: it is gone.
    """

    part: str
    before: str
    after: str

    @property
    def words(self) -> str:
        """The change as a line for people; of a digest its first digits are shown."""
        before, after = (_DIGEST.sub(_shortened, text) for text in (self.before, self.after))
        if self.part.startswith(NEEDS):
            label = self.part.removeprefix(NEEDS)
            if before and after:
                return f"it needs {label}, which is another one now"
            return f"it needs {label} now" if after else f"it does not need {label} any more"
        if not before:
            return f"{self.part}: now {after}, not there before"
        return f"{self.part}: {before} → {after}" if after else f"{self.part}: {before} → gone"


class Why(Value):
    """What there is to say of a step.

    Attributes:
        step: Its label.
        state: ``up to date``: a wheel of its fingerprint is in the wheelhouse. ``never built``:
            there is none of the project for the target. ``changed``: there is one, of other parts.
        wheel: File name of the wheel that is compared with; empty where there is none.
        built: When it was built; RFC 3339.
        changes: What differs, by name.
    """

    step: str
    state: State
    wheel: str = ""
    built: str = ""
    changes: tuple[Change, ...] = ()


class Whys(Value):
    """What there is to say of packages.

    Attributes:
        steps: Each behind those it needs.
        ready: Packages, each with the file name of an index's wheel: nothing is built of them.
        unbuildable: What can't be built.
        failed: What can't be found, or not be built.
    """

    steps: tuple[Why, ...]
    ready: tuple[tuple[str, str], ...] = ()
    unbuildable: tuple[Unbuildable, ...] = ()
    failed: tuple[Failure, ...] = ()


def why(step: Step, found: PublishedWheel | None, history: Sequence[Record]) -> Why:
    """Compares a step with what was built.

    Args:
        step: Fingerprinted.
        found: The wheel of its fingerprint.
        history: Records of the project's wheels, newest first.
    """
    if found:
        record = found.record
        state: State = "up to date"
        return Why(step=step.label, state=state, wheel=record.filename, built=record.created)
    target = step.target
    mine = [
        record
        for record in history
        if record.kind != "uploaded"  # nothing is known of how it was built
        and record.python == target.interpreter.version
        and record.platform == target.platform.tag
    ]
    same = [record for record in mine if record.version == step.source.version]
    if not mine:
        return Why(step=step.label, state="never built")
    record = (same or mine)[0]
    return Why(
        step=step.label,
        state="changed",
        wheel=record.filename,
        built=record.created,
        changes=changes(record.parts, step.parts),
    )


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Change, ...]:
    """The parts that are not the same, by name."""
    return tuple(
        Change(part=part, before=before.get(part, ""), after=after.get(part, ""))
        for part in sorted({*before, *after})
        if before.get(part, "") != after.get(part, "")
    )


def _shortened(digest: re.Match[str]) -> str:
    return f"{digest[0][:_SHOWN_DIGITS]}…"
