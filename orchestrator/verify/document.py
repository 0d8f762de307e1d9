"""``docs/findings.md``, made from the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestrator.verify.rules import RULES

if TYPE_CHECKING:
    from orchestrator.verify.rule import Rule

_INTRODUCTION = """\
# Findings

What `orchestrate verify` looks for, made from `orchestrator/verify/rules/` by
`scripts/findings-doc`. A finding of severity `error` keeps a wheel out of the wheelhouse. A rule
can report a milder case with a lower severity than the one given here; what can't be checked for
want of facts is a `note`, never an error.

Codes start with `WHL` where every wheel is looked at, with `MAC` for macOS and with `LNX` for
Linux; what is the same for both has the same number.

| code | severity | the wheel should be so | why |
|---|---|---|---|
"""


def findings_document() -> str:
    """The whole page: one row per rule."""
    rules = sorted(RULES, key=lambda rule: rule.codes)
    return _INTRODUCTION + "".join(map(_row, rules)).replace("``", "`")


def _row(rule: Rule[Any]) -> str:
    cells = (", ".join(rule.codes), rule.severity, rule.title, " ".join(rule.why.split()))
    return f"| {' | '.join(cells)} |\n"
