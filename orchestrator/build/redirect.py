"""Writes redirect wheels: no backend, no compiler, nothing but text."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

from orchestrator.binary.redirect import members
from orchestrator.model import BuiltWheel
from orchestrator.plan.redirects import redirect_of

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.model import Step


def build_redirect(step: Step, into: Path) -> BuiltWheel:
    """Writes the wheel of a redirect step into a folder."""
    redirect = redirect_of(step)
    path = into / redirect.filename
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members(redirect).items():
            archive.writestr(name, text)
    return BuiltWheel(step=step, path=path)
