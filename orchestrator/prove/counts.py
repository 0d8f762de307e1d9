"""What test programs count, from the lines they end with: pytest and unittest."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# pytest's words, and unittest's, in one vocabulary; what is left out counts no test.
_WORDS = {
    "passed": "passed",
    "failed": "failed",
    "failures": "failed",
    "error": "errors",
    "errors": "errors",
    "skipped": "skipped",
    "xfailed": "xfailed",
    "expected failures": "xfailed",
    "xpassed": "xpassed",
    "unexpected successes": "xpassed",
}
# "== 160 passed, 2 skipped in 1.23s (0:00:01) ==", and the same without the rules (-q).
_PYTEST = re.compile(r"=*\s*(\d+ [a-z]+(?:, \d+ [a-z]+)*) in [\d.]+s(?: \([\d:, a-z]+\))?\s*=*")
_RAN = re.compile(r"Ran (\d+) tests? in [\d.]+s")
# "OK", "OK (skipped=1)", "FAILED (failures=1, errors=2)", "NO TESTS RAN".
_VERDICT = re.compile(r"(?:OK|FAILED)(?: \((.*)\))?")


def count_tests(lines: Iterable[str]) -> dict[str, int]:
    """Sums what every test program of an output said of its tests; empty where none said anything.

    Returns:
        Any of ``passed``, ``failed``, ``errors``, ``skipped``, ``xfailed``, ``xpassed``; none is 0.
    """
    counts: Counter[str] = Counter()
    ran: int | None = None
    for line in map(str.strip, lines):
        if match := _PYTEST.fullmatch(line):
            amounts = (part.split(" ", 1) for part in match[1].split(", "))
            counts += _named((word, int(number)) for number, word in amounts)
        elif match := _RAN.fullmatch(line):
            ran = int(match[1])
        elif ran is not None and (match := _VERDICT.fullmatch(line)):
            amounts = (part.split("=", 1) for part in (match[1] or "").split(", ") if "=" in part)
            others = _named((word, int(number)) for word, number in amounts)
            counts += others
            counts["passed"] += max(ran - others.total(), 0)
            ran = None
    return {word: number for word, number in counts.items() if number}


def _named(amounts: Iterable[tuple[str, int]]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for word, number in amounts:
        if word in _WORDS:
            counts[_WORDS[word]] += number
    return counts
