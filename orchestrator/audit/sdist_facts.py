"""What an sdist says of its build: read once for each archive and each version of the rules."""

from __future__ import annotations

import contextlib
import hashlib
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from orchestrator.audit.facts import SdistFacts
from orchestrator.audit.glimpse import glimpse_archive, glimpse_folder
from orchestrator.audit.sdist import read_sources
from orchestrator.build.fetch import fetch
from orchestrator.files import cache_directory, write_atomically
from orchestrator.model import learn

if TYPE_CHECKING:
    from orchestrator.model import Source
    from orchestrator.resolve.configuration import IndexConfiguration

learn(SdistFacts)


def sdist_facts(source: Source, configuration: IndexConfiguration) -> SdistFacts | None:
    """Reads an archive or a folder, or remembers what was read; None for a git commit.

    Args:
        source: Pinned; an archive without a digest is read anew each time.
        configuration: How to reach the network, where the cache lacks the archive.

    Raises:
        OrchestratorError: Any of those about sources (SRC).
    """
    if source.kind == "git":
        return None  # to fetch a repository takes longer than to build most of them
    if source.kind == "directory":
        return read_sources(glimpse_folder(Path(source.location)))
    kept = _kept(source.digest)
    if source.digest:
        with contextlib.suppress(OSError, msgspec.MsgspecError):
            return msgspec.json.decode(kept.read_bytes(), type=SdistFacts)
    facts = read_sources(glimpse_archive(fetch(source, configuration)))
    if source.digest:
        # What can't be kept is read again.
        with contextlib.suppress(OSError):
            write_atomically(kept, msgspec.json.encode(facts))
    return facts


def _kept(digest: str) -> Path:
    name = hashlib.sha256(f"{_rules()} {digest}".encode()).hexdigest()
    return cache_directory() / "facts" / f"{name}.json"


@cache
def _rules() -> str:
    """The digest of the rules by which sdists are read: other rules, other facts."""
    top = resources.files("orchestrator.audit")
    digest = hashlib.sha256()
    for folder in (top, top / "data"):
        for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
            if file.name.endswith((".py", ".toml")):
                digest.update(file.read_bytes())
    return digest.hexdigest()
