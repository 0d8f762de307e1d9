"""The digest of everything that can change what a step makes.

Up to date means: a wheel of this fingerprint is in the wheelhouse. So whatever can change a
wheel's bytes, or whether it may be published, is in here; where files happen to lie on this
machine is not, or two people could not share a wheelhouse.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

from orchestrator.registry.select import digest_of

if TYPE_CHECKING:
    from orchestrator.model import BuildSettings, Source, Target, ToolchainIdentity

# Raised when orchestrator itself makes another wheel from the same inputs.
FORMAT = 3


def fingerprint(
    source: Source,
    settings: BuildSettings,
    target: Target,
    toolchain: ToolchainIdentity,
    python: str,
) -> str:
    """Digests one step.

    Args:
        source: Pinned; its digest stands for its content, so its place and kind do not count.
        settings: Of the recipes; files' names and explanations do not count.
        target: What is built for.
        toolchain: What compiles.
        python: Full version of the host interpreter.

    Returns:
        64 hex digits.

    Raises:
        ValueError: The source has no digest: two sources would look the same.
    """
    if not source.digest:
        raise ValueError(f"{source.name}=={source.version}: a source without digest can't be built")
    parts = {
        "format": FORMAT,
        "source": [source.name, source.version, source.digest],
        "settings": digest_of(settings),
        "target": target,
        "toolchain": toolchain,
        "python": python,
    }
    return hashlib.sha256(msgspec.json.encode(parts, order="deterministic")).hexdigest()
