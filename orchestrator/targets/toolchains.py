"""The toolchains there are, in the order of preference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.targets.gcc import GccToolchain
from orchestrator.targets.xcode import XcodeToolchain
from orchestrator.targets.zig import ZigToolchain

if TYPE_CHECKING:
    from orchestrator.targets.toolchain import Host, Toolchain


def toolchains(host: Host) -> tuple[Toolchain, ...]:
    """Every toolchain; each says itself what it builds for on this host."""
    return (XcodeToolchain(host), GccToolchain(host), ZigToolchain(host))
