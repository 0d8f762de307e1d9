"""Finished answers, kept until what they say changes, as many as there is room for. Pure."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from orchestrator.index.messages import Answer

_EVERY = ""


class Kept:
    """The answers. To be used by one thread.

    Attributes:
        age: Grows with each change: what was begun before one is not kept after it.
    """

    def __init__(self, room: int) -> None:
        self.age = 0
        self._room = room
        self._used = 0
        self._answers: OrderedDict[Hashable, tuple[str, Answer]] = OrderedDict()

    def get(self, key: Hashable) -> Answer | None:
        """An answer, or None where it must be made."""
        found = self._answers.get(key)
        if found is None:
            return None
        self._answers.move_to_end(key)
        return found[1]

    def put(self, key: Hashable, project: str, answer: Answer, age: int) -> None:
        """Keeps an answer.

        Args:
            key: What was asked.
            project: Whose change makes it stale; empty: any.
            answer: The answer.
            age: When it was begun.
        """
        if age != self.age or len(answer.body) > self._room:
            return
        self._drop(key)
        self._answers[key] = (project, answer)
        self._used += len(answer.body)
        while self._used > self._room:
            self._drop(next(iter(self._answers)))

    def forget(self, projects: Iterable[str]) -> None:
        """Drops what says anything of some projects."""
        changed = {_EVERY, *projects}
        self.age += 1
        for key in [key for key, (name, _) in self._answers.items() if name in changed]:
            self._drop(key)

    def _drop(self, key: Hashable) -> None:
        found = self._answers.pop(key, None)
        if found:
            self._used -= len(found[1].body)
