"""``docs/findings.md``, made from the rules."""

from __future__ import annotations

from orchestrator.verify.rules import RULES

_INTRODUCTION = """\
# Findings

What `orchestrate verify` looks for, made from `orchestrator/verify/rules/` by
`scripts/findings-doc`. A finding of severity `error` keeps a wheel out of the wheelhouse. A rule
can report a milder case with a lower severity than the one given here; what can't be checked for
want of facts is a `note`, never an error.

| code | severity | the wheel should be so | why |
|---|---|---|---|
"""


def findings_document() -> str:
    """The whole page: one row per rule."""
    rows = (
        f"| {rule.code} | {rule.severity} | {rule.title} | {' '.join(rule.why.split())} |\n"
        for rule in RULES
    )
    return _INTRODUCTION + "".join(rows).replace("``", "`")
