"""What an index has of the packages that a lock pins: the values. Pure."""

from __future__ import annotations

from typing import Literal

from orchestrator.index.facts import File
from orchestrator.model import Value

LockKind = Literal["pylock.toml", "uv.lock", "poetry.lock", "requirements.txt"]
Answer = Literal[
    "wheel", "other-hash", "yanked", "newer", "sdist", "other-version", "no-wheel", "absent",
    "elsewhere", "unpinned", "passed-on",
]  # fmt: skip


class Pin(Value):
    """One package of a lock.

    Attributes:
        name: Normalized.
        version: PEP 440; empty where the lock does not say it.
        hashes: SHA-256 digests of the files that the lock allows; none: any.
        place: Where it is from, if not from an index; without credentials.
    """

    name: str
    version: str
    hashes: frozenset[str] = frozenset()
    place: str = ""


class Pins(Value):
    """What a lock pins on a target.

    Attributes:
        kind: Of lock.
        pins: By name.
        unread: What was seen and not looked at, a sentence each.
    """

    kind: LockKind
    pins: tuple[Pin, ...]
    unread: tuple[str, ...] = ()


class Verdict(Value):
    """What the index has of one package.

    Attributes:
        answer: ``other-hash``: a wheel, but a file that the lock does not allow. ``newer``: a wheel
            for a newer system only. ``absent``: the index does not know the project.
            ``elsewhere``: it is from no index. ``unpinned``: the lock names no version.
            ``passed-on``: clients get it from another index, which is not asked for this.
        file: That an installer would take, or would if it could.
        others: Versions that have a wheel, or what else the system must be; a few words.
    """

    pin: Pin
    answer: Answer
    file: File | None = None
    others: str = ""
