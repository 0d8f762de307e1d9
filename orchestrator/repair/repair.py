"""From a built wheel to a repaired one: libraries in it, tagged as asked for, always canonical."""

from __future__ import annotations

import os
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.binary.wheelfile import WheelFacts, read_wheel
from orchestrator.files import ZIP_EPOCH
from orchestrator.model import BuiltWheel, RepairedWheel
from orchestrator.repair import linux, macos
from orchestrator.repair.bench import Bench
from orchestrator.repair.canonical import canonical_zip
from orchestrator.repair.mended import Mended
from orchestrator.repair.tags import linux_arch, platforms_of, renamed, retagged

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.model import Platform
    from orchestrator.process import Processes


def source_date_epoch(environ: Mapping[str, str]) -> int:
    """``SOURCE_DATE_EPOCH`` (reproducible-builds.org), or the default where it is not a number."""
    text = environ.get("SOURCE_DATE_EPOCH", "")
    return int(text) if text.isdecimal() else ZIP_EPOCH


def repair_file(
    wheel: Path,
    into: Path,
    library_roots: Sequence[Path],
    *,
    platform: Platform | None = None,
    licences: Path | None = None,
    processes: Processes | None = None,
    log: Path | None = None,
) -> tuple[Path, tuple[str, ...]]:
    """Repairs a wheel file of any origin into a folder.

    Args:
        wheel: As built.
        into: Folder for the repaired wheel. Nothing else is left in it, and nothing at all after
            an error.
        library_roots: Folders below which the libraries are looked for that the wheel needs.
        platform: What the wheel was built for; None: what its own tags say.
        licences: Folder of licence files of libraries in it, which it gets; None: there are none.
        processes: Runs the repair tools.
        log: File that gets what they print.

    Returns:
        The repaired wheel, and the names of the libraries copied into it.

    Raises:
        RepairError: A library was not found, or the tool failed.
        PlatformTooOldError: The code needs a newer platform than the wheel is for.
        NotAWheelError: The file is not a wheel.
    """
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into.absolute()) as scratch:
        bench = Bench(Path(scratch), processes, log)
        facts = read_wheel(wheel)
        mended = _mend(wheel.absolute(), facts, library_roots, bench, platform)
        name = wheel.name
        edits = {**mended.edits, **_licence_files(facts, licences)}
        if mended.platforms:
            name = renamed(name, mended.platforms)
            edits |= _retag(mended, facts, bench)
        made = bench.folder("canonical") / name
        canonical_zip(mended.path, made, source_date_epoch(os.environ), edits)
        path = made.replace(into / name)
    return path, mended.grafted


def repair(
    built: BuiltWheel,
    into: Path,
    library_roots: Sequence[Path],
    *,
    licences: Path | None = None,
    processes: Processes,
    log: Path,
) -> RepairedWheel:
    """Repairs what a build made; see ``repair_file``."""
    path, grafted = repair_file(
        built.path,
        into,
        library_roots,
        platform=built.step.target.platform,
        licences=licences,
        processes=processes,
        log=log,
    )
    return RepairedWheel(built=built, path=path, grafted=grafted)


def canonical(built: BuiltWheel, into: Path) -> RepairedWheel:
    """A wheel without code, in canonical form: there is nothing in it to repair.

    Args:
        built: The wheel.
        into: Folder for the canonical one, another than its own.

    Raises:
        NotAWheelError: The file is not a wheel.
    """
    into.mkdir(parents=True, exist_ok=True)
    path = into / built.path.name
    canonical_zip(built.path, path, source_date_epoch(os.environ))
    return RepairedWheel(built=built, path=path)


def _mend(
    wheel: Path,
    facts: WheelFacts,
    library_roots: Sequence[Path],
    bench: Bench,
    platform: Platform | None,
) -> Mended:
    """The wheel mended as its tags ask for; one for every platform has nothing to mend."""
    tags = platforms_of(facts.tags)
    if any(tag.startswith("macosx_") for tag in tags):
        return macos.mend(wheel, facts, library_roots, bench)
    if any(linux_arch(tag) for tag in tags):
        return linux.mend(wheel, facts, library_roots, bench, platform)
    return Mended(path=wheel, edits={})


def _licence_files(facts: WheelFacts, folder: Path | None) -> dict[str, Path]:
    """Licence files as members of the wheel, in the folder that is for them (PEP 639)."""
    if folder is None or not folder.is_dir():
        return {}
    files = (path for path in folder.rglob("*") if path.is_file())
    return {
        f"{facts.dist_info}/licenses/{path.relative_to(folder).as_posix()}": path for path in files
    }


def _retag(mended: Mended, facts: WheelFacts, bench: Bench) -> dict[str, Path]:
    """The WHEEL file with the tags that the wheel is to have."""
    name = f"{facts.dist_info}/WHEEL"
    with zipfile.ZipFile(mended.path) as archive:
        text = archive.read(name).decode("utf-8")
    file = bench.folder("tags") / "WHEEL"
    file.write_text(retagged(text, mended.platforms), encoding="utf-8")
    return {name: file}
