"""What comes of a lock that somebody hands in. Looks things up in the index, and nowhere else."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from orchestrator.errors import IndexUnreachableError, OrchestratorError
from orchestrator.index.ui.audit import PLATFORMS, PYTHONS, Asked, Outcome, audit_page
from orchestrator.index.ui.lock_process import read_lock
from orchestrator.index.ui.verdicts import Verdict
from orchestrator.model import Target
from orchestrator.targets.tags import parse_interpreter, parse_platform
from orchestrator.words import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.index.facts import Project
    from orchestrator.index.ui.content import Content

LOCK_BYTES = 4_000_000
_SECONDS = 20.0
_SHOWN_AGAIN = 20_000  # characters of a pasted text


def audited(content: Content, fields: Mapping[str, str]) -> tuple[int, bytes]:
    """The status and the page that answer a form.

    Args:
        content: Of the index.
        fields: ``platform``, ``python``, and ``file`` or ``text``.
    """
    text = fields.get("text", "")
    default = Asked()
    asked = Asked(
        platform=_one_of(PLATFORMS, fields.get("platform", ""), default.platform),
        python=_one_of(PYTHONS, fields.get("python", ""), default.python),
        text=text if len(text) <= _SHOWN_AGAIN else "",
    )
    try:
        outcome = _outcome(content, fields.get("file") or text, asked)
    except OrchestratorError as error:
        problem = tuple(filter(None, (error.message, error.hint)))
        return 422, audit_page(content.site, asked, problem=problem)
    return 200, audit_page(content.site, asked, outcome)


def refused(content: Content, *sentences: str) -> bytes:
    """The page that says why a form was not even read."""
    return audit_page(content.site, Asked(), problem=sentences)


def _one_of(choices: Mapping[str, str] | tuple[str, ...], chosen: str, default: str) -> str:
    return chosen if chosen in choices else default


def _outcome(content: Content, text: str, asked: Asked) -> Outcome:
    # The server starts quickly because of what it does not import.
    from orchestrator.index.ui.judging import judge  # noqa: PLC0415

    target = Target(
        platform=parse_platform(asked.platform), interpreter=parse_interpreter(asked.python)
    )
    pins = read_lock(text, target)
    look = _Looking(content)
    verdicts = tuple(
        Verdict(pin=pin, answer="passed-on")
        if not pin.place and content.passed_on(pin.name)
        else judge(pin, look.up(pin.name), target)
        for pin in pins.pins
    )
    known = {
        verdict.file.filename
        for verdict in verdicts
        if verdict.file and verdict.file.filename in content.records(verdict.pin.name)
    }
    return Outcome(kind=pins.kind, verdicts=verdicts, unread=pins.unread, known=frozenset(known))


class _Looking:
    """Looks projects up: those that are merged with another index's as long as that is quick."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._until = time.monotonic() + _SECONDS
        self._halves = 0

    def up(self, name: str) -> Project | None:
        """What is known of a project."""
        try:
            if time.monotonic() < self._until:
                return self._content.facts.project(name)
        except IndexUnreachableError:
            pass
        self._halves += 1
        return self._content.own(name)

    def notes(self) -> tuple[str, ...]:
        """What should be known of the answers."""
        if not self._halves:
            return ()
        packages = counted(self._halves, "package")
        return (f"the other index did not answer in time: of {packages} only our files count",)
