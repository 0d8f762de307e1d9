"""All rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestrator.verify.rules import contents, linux, macos, modules, python, structure

if TYPE_CHECKING:
    from orchestrator.verify.rule import Rule

SHARED = (*contents.RULES, *modules.RULES, *python.RULES)
RULES: tuple[Rule[Any], ...] = (*structure.RULES, *SHARED, *macos.RULES, *linux.RULES)
