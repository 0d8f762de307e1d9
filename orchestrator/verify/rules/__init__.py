"""All rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestrator.verify.rules import contents, linux, macos, modules, python, redirects, structure

if TYPE_CHECKING:
    from orchestrator.verify.rule import Rule

OF_WHEELS = (*structure.RULES, *redirects.RULES)
SHARED = (*contents.RULES, *modules.RULES, *python.RULES)
RULES: tuple[Rule[Any], ...] = (*OF_WHEELS, *SHARED, *macos.RULES, *linux.RULES)
