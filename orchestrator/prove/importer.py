"""Imports modules, telling of each before it does: run by the target's Python, never imported.

Usage: importer.py SECONDS MODULE...

Exit status 1 if one can't be imported. When the seconds are up, it prints the Python frames of all
threads and ends.
"""

import faulthandler
import importlib
import sys
import traceback
from types import TracebackType
from typing import Optional

_IMPORT_SYSTEM = (
    __file__,
    "importlib/__init__.py",
    "<frozen importlib._bootstrap>",
    "<frozen importlib._bootstrap_external>",
)


def main(seconds: str, names: list[str]) -> int:
    """Imports the modules; 1 if one of them can't be."""
    faulthandler.enable()
    faulthandler.dump_traceback_later(float(seconds), exit=True)
    failed = []
    for name in names:
        print("orchestrate: importing " + name, flush=True)  # noqa: T201
        try:
            importlib.import_module(name)
        except BaseException as error:  # noqa: BLE001 (a module that exits can't be imported either)
            traceback.print_exception(type(error), error, _own_frames(error.__traceback__))
            failed.append(f"{name}: {type(error).__name__}: {error}")
    for line in failed:
        print("orchestrate: failed " + line.partition("\n")[0], flush=True)  # noqa: T201
    if not failed:
        print("orchestrate: imported all", flush=True)  # noqa: T201
    return int(bool(failed))


def _own_frames(trace: Optional[TracebackType]) -> Optional[TracebackType]:  # noqa: UP045 (3.9)
    """The trace without the frames of this file and of the import system, which come first."""
    while trace and trace.tb_frame.f_code.co_filename.endswith(_IMPORT_SYSTEM):
        trace = trace.tb_next
    return trace


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
