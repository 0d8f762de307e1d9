"""From a built wheel to a repaired one: grafted where needed, and always canonical."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.binary.wheelfile import read_wheel
from orchestrator.files import ZIP_EPOCH
from orchestrator.model import BuiltWheel, RepairedWheel
from orchestrator.repair.canonical import canonical_zip
from orchestrator.repair.macos import graft
from orchestrator.repair.paths import clean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def source_date_epoch(environ: Mapping[str, str]) -> int:
    """``SOURCE_DATE_EPOCH`` (reproducible-builds.org), or the default where it is not a number."""
    text = environ.get("SOURCE_DATE_EPOCH", "")
    return int(text) if text.isdecimal() else ZIP_EPOCH


def repair_file(
    wheel: Path, into: Path, library_roots: Sequence[Path]
) -> tuple[Path, tuple[str, ...]]:
    """Repairs a wheel file of any origin into a folder.

    Returns:
        The repaired wheel, and the names of the libraries copied into it.

    Raises:
        RepairError: A library was not found, or the tool failed.
        NotAWheelError: The file is not a wheel.
    """
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into) as scratch:
        facts = read_wheel(wheel)
        whole, grafted = graft(wheel, facts, Path(scratch) / "grafted", library_roots)
        facts = read_wheel(whole) if grafted else facts
        cleaned = clean(whole, facts, Path(scratch) / "cleaned")
        canonical = Path(scratch) / wheel.name
        canonical_zip(cleaned, canonical, source_date_epoch(os.environ))
        path = canonical.replace(into / wheel.name)
    return path, grafted


def repair(built: BuiltWheel, into: Path, library_roots: Sequence[Path]) -> RepairedWheel:
    """Repairs what a build made; see ``repair_file``."""
    path, grafted = repair_file(built.path, into, library_roots)
    return RepairedWheel(built=built, path=path, grafted=grafted)
