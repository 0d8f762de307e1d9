"""Rules about what macOS's loader does with a wheel's Mach-O files."""

from __future__ import annotations

from orchestrator.verify.rules.macos import loading, machine, symbols

RULES = (*machine.RULES, *loading.RULES, *symbols.RULES)
