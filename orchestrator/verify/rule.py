"""What a rule is: a code, a severity, and a function from facts to findings."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, NamedTuple

from orchestrator.model import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from orchestrator.verify.subject import Subject


class Report(NamedTuple):
    """What a rule says of one place in the wheel.

    Attributes:
        where: Member of the wheel, or empty for the wheel as a whole.
        message: What, and why it matters.
        hint: What to do.
        severity: Where it is milder than the rule's own.
    """

    where: str
    message: str
    hint: str = ""
    severity: Severity | None = None


class Rule(NamedTuple):
    """One thing that verification looks for.

    Attributes:
        code: Stable.
        severity: Of its findings, unless one says otherwise.
        title: What the wheel should be like, in a few words.
        why: Why that matters: the docstring of the function.
        check: Pure; yields what it sees.
    """

    code: str
    severity: Severity
    title: str
    why: str
    check: Callable[[Subject], Iterable[Report]]

    def findings(self, subject: Subject) -> Iterator[Finding]:
        """What the rule sees in one wheel."""
        for report in self.check(subject):
            yield Finding(
                code=self.code,
                severity=report.severity or self.severity,
                message=report.message,
                where=report.where,
                hint=report.hint,
            )


def rule(
    code: str, severity: Severity, title: str
) -> Callable[[Callable[[Subject], Iterable[Report]]], Rule]:
    """Makes a rule of a function; its docstring says why the rule is."""

    def wrap(check: Callable[[Subject], Iterable[Report]]) -> Rule:
        return Rule(code, severity, title, inspect.cleandoc(check.__doc__ or ""), check)

    return wrap


def some(names: Iterable[str], most: int = 5) -> str:
    """The first few of a list, for a message."""
    listed = sorted(names)
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more
