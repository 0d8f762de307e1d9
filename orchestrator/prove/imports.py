"""Imports what is installed in some folder, by whatever runs its Python here."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.build.frontend import inherited
from orchestrator.errors import BuildTimeoutError
from orchestrator.prove.ending import Ending, ending_of_imports
from orchestrator.prove.modules import top_level_modules

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orchestrator.process import Processes

_IMPORTER = Path(__file__).with_name("importer.py")


def installed_modules(site_packages: Path, names: Iterable[str]) -> tuple[str, ...]:
    """The top-level modules that projects installed, as their RECORDs list them (PEP 376).

    Args:
        site_packages: Folder of the ``.dist-info`` folders.
        names: Normalized names of the projects.
    """
    wanted = {name.replace("-", "_") for name in names}
    modules: set[str] = set()
    for record in site_packages.glob("*.dist-info/RECORD"):
        project = record.parent.name.partition("-")[0].lower().replace(".", "_").replace("-", "_")
        if project in wanted:
            with record.open(encoding="utf-8", newline="") as file:
                modules.update(top_level_modules(row[0] for row in csv.reader(file) if row))
    return tuple(sorted(modules))


def import_all(
    python: Path,
    modules: Iterable[str],
    processes: Processes,
    folder: Path,
    *,
    search: Path | None = None,
    seconds: float,
) -> Ending:
    """Imports modules, one after the other, in one process.

    Args:
        python: Runs them; may be an emulated one.
        modules: Names.
        processes: Runs it.
        folder: For the log; also the working directory.
        search: Where the modules are, if not in the interpreter's own environment.
        seconds: How long it may take.
    """
    lines: list[str] = []
    env = {**inherited(os.environ), "PYTHONNOUSERSITE": "1", "PYTHONSAFEPATH": "1"}
    if search:
        env["PYTHONPATH"] = str(search)
    try:
        status: int | None = processes.run(
            [str(python), str(_IMPORTER), str(seconds), *modules],
            cwd=folder,
            env={**env, "PYTHONFAULTHANDLER": "1", "HOME": str(folder)},
            log=folder / "imports.log",
            on_line=lines.append,
            seconds=seconds,
        )
    except BuildTimeoutError:
        status = None
    return ending_of_imports(status, lines)
