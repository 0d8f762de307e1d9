"""Stylesheet, script and icon: named by their digests, so that they may be kept for ever."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources

from orchestrator.model import Value

_TYPES = {
    "style.css": "text/css; charset=utf-8",
    "script.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


class Asset(Value):
    """One of them.

    Attributes:
        name: With its digest: ``style.1a2b3c4d5e6f.css``.
        kind: Its content type.
    """

    name: str
    kind: str
    content: bytes


@cache
def assets() -> dict[str, Asset]:
    """All, by their names without digests."""
    folder = resources.files("orchestrator.index.ui") / "assets"
    return {name: _asset(name, (folder / name).read_bytes()) for name in _TYPES}


def asset_names() -> dict[str, str]:
    """Names with digests, by names without: what pages link to."""
    return {name: asset.name for name, asset in assets().items()}


def _asset(name: str, content: bytes) -> Asset:
    stem, _, suffix = name.rpartition(".")
    digest = hashlib.sha256(content).hexdigest()[:12]
    return Asset(name=f"{stem}.{digest}.{suffix}", kind=_TYPES[name], content=content)
