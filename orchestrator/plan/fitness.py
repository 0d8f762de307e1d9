"""Whether this machine has what a step needs, asked before it is built."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import msgspec

from orchestrator.errors import MissingSDKError, MissingToolError, ToolchainBrokenError

if TYPE_CHECKING:
    from orchestrator.model import Needs, Platform
    from orchestrator.targets.toolchain import Toolchain


def check_toolchain(toolchain: Toolchain, platform: Platform, needs: Needs, label: str) -> None:
    """Looks at all that a toolchain needs to build a step.

    Args:
        toolchain: That compiles.
        platform: That it compiles for.
        needs: Of the recipe.
        label: Of the step.

    Raises:
        ToolchainBrokenError: The toolchain lacks something.
        MissingSDKError: Its SDK lacks frameworks.
        MissingToolError: A program is not on PATH.
    """
    tools = msgspec.structs.replace(needs, frameworks=())
    # What is missing with frameworks only is the SDK's, not the toolchain's fault.
    for asked, kind in ((tools, ToolchainBrokenError), (needs, MissingSDKError)):
        checks = toolchain.checks(platform, asked)
        missing = [check for check in checks if check.status == "missing"]
        if missing:
            raise kind(
                f"{toolchain.name} can't build {label}: "
                + "; ".join(f"{check.name}: {check.found}" for check in missing),
                hint="; ".join(check.fix for check in missing if check.fix),
            )
    for tool in needs.tools:
        if shutil.which(tool) is None:
            raise MissingToolError(
                f"{label} needs {tool}, which is not on PATH.", hint=f"Install {tool}."
            )
