"""What a recipe's substitute comes to, as a sentence for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.model import Substitute


def advice_of(substitute: Substitute, name: str, version: str) -> str:
    """What to do about a version that has no wheel, in one to three sentences.

    Args:
        substitute: Of the recipe.
        name: Of the project that has no wheel.
        version: Of it.
    """
    match substitute.kind:
        case "redirect":
            said = (
                f"{substitute.name} {version} is the same thing: `orchestrate build "
                f"{name}=={version}` makes a wheel that requires it."
            )
        case "upgrade":
            said = f"Of {name} {substitute.versions} there are wheels: take one of those."
        case "advice":
            said = f"Take {substitute.name} instead." if substitute.name else ""
    return f"{said} {substitute.advice}".strip()
