"""What a rule is: a code, a severity, and a function from facts to findings."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from orchestrator.model import Finding, Severity
from orchestrator.verify.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

S_contra = TypeVar("S_contra", bound=Subject, contravariant=True)


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


class Rule(NamedTuple, Generic[S_contra]):
    """One thing that verification looks for.

    Attributes:
        codes: Stable. A rule for several systems has one for each, which differ in the prefix.
        severity: Of its findings, unless one says otherwise.
        title: What the wheel should be like, in a few words.
        why: Why that matters: the docstring of the function.
        check: Pure; yields what it sees.
    """

    codes: tuple[str, ...]
    severity: Severity
    title: str
    why: str
    check: Callable[[S_contra], Iterable[Report]]

    def code(self, subject: Subject) -> str:
        """The code of its findings in a wheel."""
        own = (code for code in self.codes if code.startswith(subject.prefix))
        return next(own, self.codes[0])

    def findings(self, subject: S_contra) -> Iterator[Finding]:
        """What the rule sees in one wheel."""
        for report in self.check(subject):
            yield Finding(
                code=self.code(subject),
                severity=report.severity or self.severity,
                message=report.message,
                where=report.where,
                hint=report.hint,
            )


def rule(
    codes: str, severity: Severity, title: str
) -> Callable[[Callable[[S_contra], Iterable[Report]]], Rule[S_contra]]:
    """Makes a rule of a function; its docstring says why the rule is.

    Args:
        codes: Separated by blanks.
        severity: Of its findings, unless one says otherwise.
        title: What the wheel should be like.
    """

    def wrap(check: Callable[[S_contra], Iterable[Report]]) -> Rule[S_contra]:
        why = inspect.cleandoc(check.__doc__ or "")
        return Rule(tuple(codes.split()), severity, title, why, check)

    return wrap


def some(names: Iterable[str], most: int = 5) -> str:
    """The first few of a list, for a message."""
    listed = sorted(names)
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more
