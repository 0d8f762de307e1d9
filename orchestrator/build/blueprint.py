"""What a source says of its own build, and where it is kept once it was read."""

from __future__ import annotations

import contextlib
import hashlib
from typing import TYPE_CHECKING

import msgspec

from orchestrator.files import cache_directory, write_atomically
from orchestrator.model import Value, learn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.build.fetch import Progress
    from orchestrator.model import Patch, Source
    from orchestrator.resolve.configuration import IndexConfiguration

_FORMAT = 1


class Blueprint(Value):
    """What a source says of its own build.

    Attributes:
        buildable: Whether anything says how to build it (PEP 517, 518, or ``setup.py``).
        requires: Build requirements as stated, PEP 508.
        code: Bytes of what is compiled, by language: ``c``, ``c++``, ``cython``, ``fortran``,
            ``rust``.
        released: Year, month, day of the newest file in the archive; None: not known.
    """

    buildable: bool
    requires: tuple[str, ...]
    code: dict[str, int]
    released: tuple[int, int, int] | None = None


learn(Blueprint)


def blueprint_of(
    source: Source,
    patches: Sequence[Patch],
    configuration: IndexConfiguration,
    progress: Progress | None = None,
) -> Blueprint:
    """What a pinned source says, or said when it was read before.

    Args:
        source: Fetched where the cache lacks it.
        patches: Of the recipe: they may change what is stated.
        configuration: How to reach the network.
        progress: Called while downloading.

    Raises:
        OrchestratorError: Any of those about sources (SRC) and patches.
    """
    key = " ".join((str(_FORMAT), source.digest, *(patch.sha256 for patch in patches)))
    digest = hashlib.sha256(key.encode()).hexdigest()
    kept = cache_directory() / "blueprints" / f"{source.name[:60]}-{digest[:24]}.json"
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        return msgspec.json.decode(kept.read_bytes(), type=Blueprint)
    # Archives and git: a tenth of a second that is not needed again.
    from orchestrator.build.reading import read_blueprint  # noqa: PLC0415

    blueprint = read_blueprint(source, patches, configuration, progress)
    with contextlib.suppress(OSError):  # read again next time
        write_atomically(kept, msgspec.json.encode(blueprint))
    return blueprint
