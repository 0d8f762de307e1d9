"""All rules, in the order in which findings are listed."""

from __future__ import annotations

from orchestrator.verify.rules import loading, machine, modules, structure, symbols

RULES = (
    *structure.RULES,
    *machine.RULES,
    *loading.RULES,
    *modules.RULES,
    *symbols.RULES,
)
