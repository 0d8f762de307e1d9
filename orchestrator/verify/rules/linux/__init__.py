"""Rules about what Linux's loader does with a wheel's ELF files."""

from __future__ import annotations

from orchestrator.verify.rules.linux import loading, machine, mapping, symbols

RULES = (*machine.RULES, *mapping.RULES, *loading.RULES, *symbols.RULES)
